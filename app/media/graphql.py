"""What is inside media files, as the API shows it."""

from app.gql.enums import expose
from app.gql.scalars import BigInt
from app.gql.view import field, view
from app.media.domain import (
    Attachment,
    AudioStream,
    Chapter,
    DolbyVision,
    DynamicRange,
    ExternalSubtitle,
    MediaInfo,
    SubtitleFormat,
    SubtitleStream,
    VideoStream,
)

expose(
    DynamicRange,
    "Which range of brightness a picture has.",
    {
        DynamicRange.SDR: "The standard range.",
        DynamicRange.HDR: "A high range that names no standard.",
        DynamicRange.HDR10: "HDR10: one set of brightness data for the whole film.",
        DynamicRange.HDR10_PLUS: "HDR10+: brightness data for every scene.",
        DynamicRange.HLG: "Hybrid log-gamma, as broadcasters use it.",
        DynamicRange.DOLBY_VISION: "Dolby Vision; see `dolbyVision`.",
    },
)
expose(
    SubtitleFormat,
    "Whether subtitles are texts or pictures.",
    {
        SubtitleFormat.TEXT: "Texts, which every player can show.",
        SubtitleFormat.BITMAP: "Pictures of texts, as discs have them.",
    },
)


@view(DolbyVision)
class DolbyVisionView:
    """The Dolby Vision record of a video stream."""

    profile: int | None = field("The profile, such as 5, 7 or 8.")
    level: int | None = field("The level.")
    compatibility_id: int | None = field("What the base layer is compatible with.")
    enhancement_layer: bool = field("Whether there is a second layer.")
    fallback: DynamicRange | None = field("What a player without Dolby Vision shows.")


@view(VideoStream)
class VideoStreamView:
    """A moving picture."""

    index: int = field("Its number in the file.")
    codec: str = field("The codec, such as h264 or hevc.")
    codec_name: str | None = field("The codec in words.")
    codec_string: str | None = field("The codec as browsers want it (RFC 6381).")
    profile: str | None = field("The codec's profile.")
    level: str | None = field("The codec's level.")
    width: int = field("Width in pixels, before rotation.")
    height: int = field("Height in pixels, before rotation.")
    resolution: str = field("The size's usual name, such as 1080p.")
    sample_aspect_ratio: str | None = field("How wide a pixel is to its height.")
    display_aspect_ratio: str | None = field("How wide the picture is to its height.")
    rotation: int = field("Degrees to turn it clockwise.")
    frame_rate: float | None = field("Pictures per second.")
    bitrate: BigInt | None = field("Bits per second.")
    pixel_format: str | None = field("How pixels are stored.")
    bit_depth: int | None = field("Bits per colour.")
    colour_space: str | None = field("The colour space.")
    colour_primaries: str | None = field("The colour primaries.")
    colour_transfer: str | None = field("The transfer function.")
    colour_range: str | None = field("`tv` (limited) or `pc` (full).")
    dynamic_range: DynamicRange = field("SDR, or which kind of HDR.")
    dolby_vision: DolbyVisionView | None = field("The Dolby Vision record, if there is one.")
    interlaced: bool = field("Whether it is interlaced.")
    language: str | None = field("Its language.")
    title: str | None = field("Its title.")
    default: bool = field("Whether players choose it by default.")


@view(AudioStream)
class AudioStreamView:
    """A sound track."""

    index: int = field("Its number in the file.")
    codec: str = field("The codec, such as aac or eac3.")
    codec_name: str | None = field("The codec in words.")
    codec_string: str | None = field("The codec as browsers want it (RFC 6381).")
    profile: str | None = field("The codec's profile, such as DTS-HD MA.")
    channels: int = field("How many channels.")
    layout: str | None = field("The layout, such as 5.1.")
    sample_rate: int | None = field("Samples per second.")
    bit_depth: int | None = field("Bits per sample.")
    bitrate: BigInt | None = field("Bits per second.")
    language: str | None = field("Its language.")
    title: str | None = field("Its title.")
    default: bool = field("Whether players choose it by default.")
    commentary: bool = field("Whether somebody talks about the film.")
    visual_impaired: bool = field("Whether it describes the picture.")
    original: bool = field("Whether it is the original language.")
    dub: bool = field("Whether it is dubbed.")


@view(SubtitleStream)
class SubtitleStreamView:
    """Subtitles inside the file."""

    index: int = field("Its number in the file.")
    codec: str = field("The codec, such as subrip.")
    format: SubtitleFormat | None = field("Texts or pictures, where that is known.")
    language: str | None = field("Its language.")
    title: str | None = field("Its title.")
    default: bool = field("Whether players choose it by default.")
    forced: bool = field("Whether it is only for foreign parts.")
    hearing_impaired: bool = field("Whether it describes sounds too.")


@view(ExternalSubtitle)
class ExternalSubtitleView:
    """A subtitle file beside the video."""

    suffix: str = field("The kind of file, such as srt.")
    format: SubtitleFormat | None = field("Texts or pictures, where that is known.")
    language: str | None = field("Its language, as its name says.")
    title: str | None = field("Its title, as its name says.")
    default: bool = field("Whether players choose it by default.")
    forced: bool = field("Whether it is only for foreign parts.")
    hearing_impaired: bool = field("Whether it describes sounds too.")


@view(Chapter)
class ChapterView:
    """A chapter."""

    title: str | None = field("Its title.")
    start: float = field("Where it begins, in seconds.")
    end: float = field("Where it ends, in seconds.")


@view(Attachment)
class AttachmentView:
    """A file inside the file, such as a font."""

    file_name: str | None = field("Its name.")
    mime_type: str | None = field("Its type.")
    size: BigInt | None = field("Its size in bytes.")


@view(MediaInfo)
class MediaInfoView:
    """What a look inside a media file has shown."""

    container: str = field("The kind of file, such as matroska or mp4.")
    duration: float | None = field("How long it is, in seconds.")
    bitrate: BigInt | None = field("Bits per second, altogether.")
    resolution: str | None = field("The size of the main picture, such as 1080p.")
    video: list[VideoStreamView] = field("Video streams.")
    audio: list[AudioStreamView] = field("Audio streams.")
    subtitles: list[SubtitleStreamView] = field("Subtitle streams.")
    chapters: list[ChapterView] = field("Chapters.")
    attachments: list[AttachmentView] = field("Attached files.")
