"""The result of probing one file: what is in it, or why that could not be found out."""

from enum import StrEnum

from msgspec import Struct

from app.media.domain.info import MediaInfo


class FailureReason(StrEnum):
    MISSING = "missing"
    VANISHED = "vanished"
    NOT_A_FILE = "not_a_file"
    DENIED = "denied"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    NOT_MEDIA = "not_media"
    TRUNCATED = "truncated"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASHED = "crashed"
    UNAVAILABLE = "unavailable"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    FailureReason.MISSING: "There is no file of this name.",
    FailureReason.VANISHED: "The file disappeared while it was read.",
    FailureReason.NOT_A_FILE: "This is a directory, a pipe or a device, not a file.",
    FailureReason.DENIED: "The server may not read this file.",
    FailureReason.UNREADABLE: "The file system failed while the file was read.",
    FailureReason.EMPTY: "The file is empty.",
    FailureReason.NOT_MEDIA: "The file holds neither video nor audio that is known here.",
    FailureReason.TRUNCATED: "The file begins like media but is incomplete or damaged.",
    FailureReason.TIMEOUT: "Reading the file took too long.",
    FailureReason.MEMORY: "Reading the file needs more memory than is allowed.",
    FailureReason.CRASHED: "The file makes the media library crash.",
    FailureReason.UNAVAILABLE: "No probing process could be started.",
}


class Probed(Struct, frozen=True, kw_only=True, tag="probed"):
    """A readable file. `content_hash` is the partial hash for move detection (16 bytes); `size` and
    `mtime_ns` are the file's when it had been read.
    """

    info: MediaInfo
    content_hash: bytes
    size: int
    mtime_ns: int


class ProbeFailure(Struct, frozen=True, kw_only=True, tag="failure"):
    """Why a file could not be probed; `detail` is a bounded technical word, never a path."""

    reason: FailureReason
    detail: str | None = None

    @property
    def sentence(self) -> str:
        return self.reason.sentence


class Still(Struct, frozen=True, kw_only=True, tag="still"):
    """A picture out of a file, in whatever format it is."""

    data: bytes


Probe = Probed | ProbeFailure
