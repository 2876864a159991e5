"""Search on a Typesense server."""

from app.search.service.typesense.backend import TypesenseBackend as TypesenseBackend
from app.search.service.typesense.filling import Filling as Filling
from app.search.service.typesense.server import Place as Place
from app.search.service.typesense.server import TypesenseServer as TypesenseServer
