"""Stages for what is said of files by hand."""

from tests.movies.conftest import prober, stage

__all__ = ["prober", "stage"]
