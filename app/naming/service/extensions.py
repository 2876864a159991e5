"""File name extensions."""

from app.naming.service.wordlist import words

VIDEO_EXTENSIONS = words(
    "3g2 3gp asf avi divx dvr-ms f4v flv m1v m2t m2ts m2v m4v mk3d mkv mov mp2v mp4 mp4v mpe mpeg "
    "mpg mpv mts mxf nuv ogm ogv qt rm rmvb tp trp ts vfw vob webm wm wmv wtv"
)
SUBTITLE_EXTENSIONS = words(
    "ass dfxp idx mks mpl pgs psb sami sbv smi srt ssa sub sup ttml txtsub usf vtt"
)
OTHER_EXTENSIONS = words(
    "iso img nfo jpg jpeg png gif bmp tbn webp rar zip 7z tar gz bz2 tgz ace arj cbr cbz cb7 "
    "txt nzb torrent par2 sfv srr xml json url exe m3u mp3 flac bif trickplay"
)
KNOWN_EXTENSIONS = VIDEO_EXTENSIONS | SUBTITLE_EXTENSIONS | OTHER_EXTENSIONS
ARCHIVE_PART_DIGITS = 2


def split_extension(name: str) -> tuple[str, str]:
    """Name and lower-case extension; only known ones count, "Mr. Nobody" has none."""
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem:
        return name, ""
    extension = extension.strip().lower()
    if extension in KNOWN_EXTENSIONS or _is_archive_part(extension):
        return stem, extension
    return name, ""


def _is_archive_part(extension: str) -> bool:
    """A volume of a RAR archive, as in ".r00"."""
    return (
        len(extension) == ARCHIVE_PART_DIGITS + 1
        and extension[0] == "r"
        and extension[1:].isdecimal()
    )


def is_video(name: str) -> bool:
    return split_extension(name)[1] in VIDEO_EXTENSIONS


def is_subtitle(name: str) -> bool:
    return split_extension(name)[1] in SUBTITLE_EXTENSIONS
