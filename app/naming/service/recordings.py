"""What programs add to names when they rip discs or record television."""

import re

RIPPED = re.compile(r"(?:(?:^|[-_ ])[A-G]\d{1,2})?_t\d{2,3}$", re.IGNORECASE)
"""MakeMKV numbers the titles of a disc: "VERTIGO_t00", "Vertigo-B1_t00"."""
RECEIVED = re.compile(r"^(?:19|20)\d{6} \d{4} - [^-]{1,40} - (?=\S)")
"""Satellite receivers begin with day, time and station: "20221105 2015 - ARD - Film"."""
DOWNLOADED = re.compile(r"_\d\d\.\d\d\.\d\d_\d\d-\d\d_[A-Za-z0-9]{1,20}_\d{1,3}_TVOON_DE.*$")
"""OnlineTVRecorder ends with the same: "Film_22.11.05_20-15_ard_120_TVOON_DE.mpg.HQ"."""


def without_recorder(text: str) -> str:
    """The name as a person would have written it."""
    if text[:1] in {"1", "2"}:
        text = RECEIVED.sub("", text)
    if "_t" in text[-6:].lower():
        text = RIPPED.sub("", text)
    if "_TVOON_" in text:
        text = DOWNLOADED.sub("", text)
    return text
