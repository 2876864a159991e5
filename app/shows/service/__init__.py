"""Shows out of files."""

from app.shows.service.importer import ShowImporter as ShowImporter
