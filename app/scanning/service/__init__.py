"""Scans: started, carried out, cancelled; and the look inside files that follows them."""

from app.scanning.service.deletion import Deletion as Deletion
from app.scanning.service.facts import Facts as Facts
from app.scanning.service.facts import import_lock as import_lock
from app.scanning.service.identifying import identifiers_of as identifiers_of
from app.scanning.service.news import tell as tell
from app.scanning.service.probes import Probing as Probing
from app.scanning.service.purging import Purging as Purging
from app.scanning.service.records import Scanning as Scanning
from app.scanning.service.rehoming import Rehoming as Rehoming
from app.scanning.service.scan import Scanner as Scanner
from app.scanning.service.walk import Walk as Walk
from app.scanning.service.walk import kind_of as kind_of
from app.scanning.service.watching import Watching as Watching
