"""Artwork of items."""
