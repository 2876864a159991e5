"""Walks folders, finds what changed, and hands it to the importer of the library's kind."""
