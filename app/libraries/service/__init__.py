"""Use cases of libraries, what may be one of their folders, and when they are scanned."""

from app.libraries.service.folders import Disk as Disk
from app.libraries.service.folders import usable_folder as usable_folder
from app.libraries.service.languages import ServerLanguages as ServerLanguages
from app.libraries.service.libraries import Libraries as Libraries
from app.libraries.service.schedule import next_time as next_time
