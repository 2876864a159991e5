"""SQL of libraries, their files and scans."""

from app.libraries.repository.files import FileRepository as FileRepository
from app.libraries.repository.files import NewFile as NewFile
from app.libraries.repository.files import Unprobed as Unprobed
from app.libraries.repository.files import feature_files as feature_files
from app.libraries.repository.files import is_missing as is_missing
from app.libraries.repository.known import KnownFile as KnownFile
from app.libraries.repository.known import KnownFiles as KnownFiles
from app.libraries.repository.known import Suspect as Suspect
from app.libraries.repository.libraries import HIDDEN as HIDDEN
from app.libraries.repository.libraries import LibraryRepository as LibraryRepository
from app.libraries.repository.libraries import in_scope as in_scope
from app.libraries.repository.libraries import language_of as language_of
from app.libraries.repository.libraries import not_hidden as not_hidden
from app.libraries.repository.scans import ScanRepository as ScanRepository
