"""Technical facts about media files: entities, failures, pure rules about pictures."""

from app.media.domain.info import (
    Attachment as Attachment,
)
from app.media.domain.info import (
    AudioStream as AudioStream,
)
from app.media.domain.info import (
    Chapter as Chapter,
)
from app.media.domain.info import (
    DolbyVision as DolbyVision,
)
from app.media.domain.info import (
    DynamicRange as DynamicRange,
)
from app.media.domain.info import (
    EmbeddedTags as EmbeddedTags,
)
from app.media.domain.info import (
    ExternalSubtitle as ExternalSubtitle,
)
from app.media.domain.info import (
    MediaInfo as MediaInfo,
)
from app.media.domain.info import (
    SubtitleFormat as SubtitleFormat,
)
from app.media.domain.info import (
    SubtitleStream as SubtitleStream,
)
from app.media.domain.info import (
    VideoStream as VideoStream,
)
from app.media.domain.info import (
    dynamic_range_of as dynamic_range_of,
)
from app.media.domain.info import (
    resolution_label as resolution_label,
)
from app.media.domain.probe import (
    FailureReason as FailureReason,
)
from app.media.domain.probe import (
    Probe as Probe,
)
from app.media.domain.probe import (
    Probed as Probed,
)
from app.media.domain.probe import (
    ProbeFailure as ProbeFailure,
)
from app.media.domain.probe import (
    Still as Still,
)
from app.media.domain.text import clean_text as clean_text
