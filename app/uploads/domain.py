"""What was sent and waits to be used."""

from datetime import datetime
from typing import Final, NewType
from uuid import UUID

from msgspec import Struct

from app.core.blobs import BlobKey
from app.core.errors import NotFound, RateLimited
from app.core.ids import encode_id

UploadId = NewType("UploadId", UUID)
KIND: Final = "uploads"


class Upload(Struct, frozen=True, kw_only=True):
    """A file that its user sent. `size` in bytes; it can be used once, until it expires."""

    id: UploadId
    user_id: UUID
    size: int
    expires_at: datetime

    @property
    def key(self) -> BlobKey:
        """Where its bytes are."""
        return upload_key(self.id)


def upload_key(upload_id: UUID) -> BlobKey:
    """Where the bytes of an upload are: by the server's own id."""
    return BlobKey(KIND, upload_id)


class UploadNotFound(NotFound):
    """There is no such upload, it is somebody else's, it was used, or it has expired: all alike."""

    def __init__(self, upload_id: UUID) -> None:
        name = encode_id("upload", upload_id)
        super().__init__(f"There is no upload {name} that you can use.", field="uploadId")


class TooManyUploads(RateLimited):
    """So many files of one user wait to be used that no more are taken."""

    def __init__(self, waiting: int, retry_after: float) -> None:
        message = f"You have {waiting} uploads that were not used; use them, or wait for their end."
        super().__init__(message, retry_after=retry_after)
