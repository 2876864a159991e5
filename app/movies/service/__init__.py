"""Movies out of files."""

from app.movies.service.finding import FilmFinder as FilmFinder
from app.movies.service.identifying import MovieIdentifier as MovieIdentifier
from app.movies.service.importer import MovieImporter as MovieImporter
from app.movies.service.proposals import Proposals as Proposals
