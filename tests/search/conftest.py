"""What tests of search begin with."""

from tests.search.typesense import typesense, typesense_process

__all__ = ["typesense", "typesense_process"]
