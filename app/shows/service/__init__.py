"""Shows out of files."""

from app.shows.service.identifying import ShowIdentifier as ShowIdentifier
from app.shows.service.importer import ShowImporter as ShowImporter
from app.shows.service.values import show_status as show_status
