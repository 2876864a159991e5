"""Libraries, files, scans and grants as the API shows them."""

from app.libraries.graphql.grants import GrantMutations as GrantMutations
from app.libraries.graphql.grants import GrantRoots as GrantRoots
from app.libraries.graphql.grants import GrantView as GrantView
from app.libraries.graphql.libraries import FileView as FileView
from app.libraries.graphql.libraries import LibraryMutations as LibraryMutations
from app.libraries.graphql.libraries import LibraryRef as LibraryRef
from app.libraries.graphql.libraries import LibraryRoots as LibraryRoots
from app.libraries.graphql.libraries import LibraryView as LibraryView
from app.libraries.graphql.libraries import ScanRef as ScanRef
from app.libraries.graphql.libraries import ScanView as ScanView
from app.libraries.graphql.libraries import file_by_id as file_by_id
from app.libraries.graphql.libraries import library_by_id as library_by_id
