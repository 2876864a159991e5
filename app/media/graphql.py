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
    "The dynamic range of a picture.",
    {
        DynamicRange.SDR: "Standard dynamic range.",
        DynamicRange.HDR: "HDR of an unspecified kind.",
        DynamicRange.HDR10: "HDR10 (static metadata).",
        DynamicRange.HDR10_PLUS: "HDR10+ (dynamic metadata).",
        DynamicRange.HLG: "Hybrid Log-Gamma.",
        DynamicRange.DOLBY_VISION: "Dolby Vision; details in `VideoStream.dolbyVision`.",
    },
)
expose(
    SubtitleFormat,
    "Whether subtitles are text or images.",
    {
        SubtitleFormat.TEXT: "Text.",
        SubtitleFormat.BITMAP: "Images, as on DVDs and Blu-ray discs.",
    },
)


@view(DolbyVision)
class DolbyVisionView:
    """Dolby Vision configuration of a video stream."""

    profile: int | None = field("Profile, such as 5, 7 or 8.")
    level: int | None = field("Level.")
    compatibility_id: int | None = field("Compatibility id of the base layer.")
    enhancement_layer: bool = field("Whether there is an enhancement layer.")
    fallback: DynamicRange | None = field("Dynamic range on players without Dolby Vision.")


@view(VideoStream)
class VideoStreamView:
    """A video stream."""

    index: int = field("Stream index in the file.")
    codec: str = field("Codec, such as h264 or hevc.")
    codec_name: str | None = field("Full name of the codec.")
    codec_string: str | None = field("Codec string for browsers (RFC 6381).")
    profile: str | None = field("Codec profile.")
    level: str | None = field("Codec level.")
    width: int = field("Width in pixels, before rotation.")
    height: int = field("Height in pixels, before rotation.")
    resolution: str = field("Resolution, such as 1080p.")
    sample_aspect_ratio: str | None = field("Sample aspect ratio.")
    display_aspect_ratio: str | None = field("Display aspect ratio.")
    rotation: int = field("Clockwise rotation for display, in degrees.")
    frame_rate: float | None = field("Frames per second.")
    bitrate: BigInt | None = field("Bitrate in bits per second.")
    pixel_format: str | None = field("Pixel format.")
    bit_depth: int | None = field("Bits per colour component.")
    colour_space: str | None = field("Colour space.")
    colour_primaries: str | None = field("Colour primaries.")
    colour_transfer: str | None = field("Transfer characteristics.")
    colour_range: str | None = field("Colour range: `tv` (limited) or `pc` (full).")
    dynamic_range: DynamicRange = field("SDR or the kind of HDR.")
    dolby_vision: DolbyVisionView | None = field(
        "Dolby Vision configuration; null without Dolby Vision."
    )
    interlaced: bool = field("Whether it is interlaced.")
    language: str | None = field("Language code.")
    title: str | None = field("Title.")
    default: bool = field("Whether it is marked as the default.")


@view(AudioStream)
class AudioStreamView:
    """An audio stream."""

    index: int = field("Stream index in the file.")
    codec: str = field("Codec, such as aac or eac3.")
    codec_name: str | None = field("Full name of the codec.")
    codec_string: str | None = field("Codec string for browsers (RFC 6381).")
    profile: str | None = field("Codec profile, such as DTS-HD MA.")
    channels: int = field("Number of channels.")
    layout: str | None = field("Channel layout, such as 5.1.")
    sample_rate: int | None = field("Sample rate in Hz.")
    bit_depth: int | None = field("Bits per sample.")
    bitrate: BigInt | None = field("Bitrate in bits per second.")
    language: str | None = field("Language code.")
    title: str | None = field("Title.")
    default: bool = field("Whether it is marked as the default.")
    commentary: bool = field("Whether it is an audio commentary.")
    visual_impaired: bool = field("Whether it is an audio description for the visually impaired.")
    original: bool = field("Whether it is in the original language.")
    dub: bool = field("Whether it is a dub.")


@view(SubtitleStream)
class SubtitleStreamView:
    """An embedded subtitle stream."""

    index: int = field("Stream index in the file.")
    codec: str = field("Codec, such as subrip.")
    format: SubtitleFormat | None = field("Text or images; null if unknown.")
    language: str | None = field("Language code.")
    title: str | None = field("Title.")
    default: bool = field("Whether it is marked as the default.")
    forced: bool = field("Whether it is forced: only for foreign-language parts.")
    hearing_impaired: bool = field("Whether it is for the deaf and hard of hearing (SDH).")


@view(ExternalSubtitle)
class ExternalSubtitleView:
    """An external subtitle file."""

    suffix: str = field("File type, such as srt.")
    format: SubtitleFormat | None = field("Text or images; null if unknown.")
    language: str | None = field("Language code, from the file name.")
    title: str | None = field("Title, from the file name.")
    default: bool = field("Whether it is marked as the default.")
    forced: bool = field("Whether it is forced: only for foreign-language parts.")
    hearing_impaired: bool = field("Whether it is for the deaf and hard of hearing (SDH).")


@view(Chapter)
class ChapterView:
    """A chapter."""

    title: str | None = field("Title.")
    start: float = field("Start in seconds.")
    end: float = field("End in seconds.")


@view(Attachment)
class AttachmentView:
    """An attached file, such as a font."""

    file_name: str | None = field("File name.")
    mime_type: str | None = field("MIME type.")
    size: BigInt | None = field("Size in bytes.")


@view(MediaInfo)
class MediaInfoView:
    """Technical details of a media file."""

    container: str = field("Container format, such as matroska or mp4.")
    duration: float | None = field("Duration in seconds.")
    bitrate: BigInt | None = field("Overall bitrate in bits per second.")
    resolution: str | None = field("Resolution of the main video stream, such as 1080p.")
    video: list[VideoStreamView] = field("Video streams.")
    audio: list[AudioStreamView] = field("Audio streams.")
    subtitles: list[SubtitleStreamView] = field("Subtitle streams.")
    chapters: list[ChapterView] = field("Chapters.")
    attachments: list[AttachmentView] = field("Attached files.")
