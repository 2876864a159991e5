"""Technical facts about media files: entities, failures, pure rules about names and pictures."""

from app.media.domain.info import (
    Attachment as Attachment,
    AudioStream as AudioStream,
    Chapter as Chapter,
    DolbyVision as DolbyVision,
    DynamicRange as DynamicRange,
    EmbeddedTags as EmbeddedTags,
    MediaInfo as MediaInfo,
    SubtitleFormat as SubtitleFormat,
    SubtitleStream as SubtitleStream,
    VideoStream as VideoStream,
    dynamic_range_of as dynamic_range_of,
    resolution_label as resolution_label,
)
from app.media.domain.languages import normal_language as normal_language
from app.media.domain.probe import (
    FailureReason as FailureReason,
    Probe as Probe,
    Probed as Probed,
    ProbeFailure as ProbeFailure,
)
from app.media.domain.sidecar import (
    ExternalSubtitle as ExternalSubtitle,
    sidecar_of as sidecar_of,
)
