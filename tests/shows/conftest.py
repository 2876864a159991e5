"""Stages for scans of shows, as they are for movies."""

from tests.movies.conftest import prober, stage

__all__ = ["prober", "stage"]
