"""Who asks, watched: whether what is read depends on more of them than what they may see.

An answer, or a part of one, is kept for everybody of the same class: the same scope, downloads and
managed libraries included, and the same language. What looks at anything else of the viewer, such
as the account or its permissions, is not kept.
"""

from typing import Any, Final

from app.core.access import Access, Scope, Viewer
from app.core.recording import Recording

# What may be looked at freely.
FREE: Final = frozenset({"scope", "language", "require", "noted", "granted", "__class__"})


def class_of(scope: Scope) -> tuple[Any, ...]:
    """What viewers have in common for whom the same answer is right."""
    return scope.key, scope.downloads, scope.manages


class Watched(Viewer, frozen=True, kw_only=True):
    """The viewer, telling the recording when it is asked for more than its scope.

    `granted` is what may be required without a note: what answers are kept with, and asked of
    everybody anew. It is all the viewer's own.
    """

    noted: Recording
    granted: frozenset[Access]

    def __getattribute__(self, name: str) -> Any:
        if name not in FREE:
            object.__getattribute__(self, "noted").spoil()
        return object.__getattribute__(self, name)

    def require(self, access: Access) -> None:
        """Raise Unauthenticated or Forbidden where the access is not the viewer's."""
        if access not in self.granted:
            self.noted.spoil()
            super().require(access)


def watched(viewer: Viewer, recording: Recording, granted: frozenset[Access]) -> Watched:
    """The viewer, whose use is noted."""
    own = {name: getattr(viewer, name) for name in Viewer.__struct_fields__}
    return Watched(**own, noted=recording, granted=granted)


class Noted:
    """The context of an operation, for root fields whose answer may be kept."""

    def __init__(self, context: Any, recording: Recording, granted: frozenset[Access]) -> None:
        self._context, self._recording = context, recording
        self.app, self.nodes = context.app, context.nodes
        viewer = context.viewer
        self.viewer = watched(viewer, recording, frozenset(filter(viewer.has, granted)))

    def __getattr__(self, name: str) -> Any:
        self._recording.spoil()
        return getattr(self._context, name)
