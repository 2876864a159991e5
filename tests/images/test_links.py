"""Addresses of pictures over time."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.core.clock import SteppedClock, days
from app.core.ids import encode_id, new_id
from app.core.keys import Keyring, make_key
from app.core.pictures import PictureFormat
from app.images.domain import ImageNotFound
from app.images.service.links import Asked, ImageLinks

MONDAY = datetime(2026, 1, 1, tzinfo=UTC)  # a Thursday: weeks begin as 1970 did
WEEK = timedelta(days=7)


def read(links: ImageLinks, url: str) -> Asked:
    parts = urlsplit(url)
    _, _, name, size = parts.path.split("/")
    given = parse_qs(parts.query)
    return links.read(name, size, given["v"][0], given["s"][0])


def test_an_address_is_the_same_for_a_week_and_good_for_one_to_two() -> None:
    clock = SteppedClock(MONDAY)
    links, image = ImageLinks(Keyring(make_key()), clock), new_id()
    url = links.path(image, 300, PictureFormat.WEBP)
    for _ in range(6):
        clock.advance(days(1))
        assert links.path(image, 300, PictureFormat.WEBP) == url
    assert read(links, url) == Asked(image, 342, PictureFormat.WEBP, 8 * 86400)
    clock.advance(days(1))
    assert links.path(image, 300, PictureFormat.WEBP) != url
    clock.advance(timedelta(days=7, seconds=-1))
    assert read(links, url).lasts == 1, "what was answered a moment before the turn is good"
    clock.advance(timedelta(seconds=1))
    with pytest.raises(ImageNotFound):
        read(links, url)


def test_nobody_makes_one_for_the_future_or_with_another_key() -> None:
    clock = SteppedClock(MONDAY)
    keyring, image = Keyring(make_key()), new_id()
    ahead = ImageLinks(keyring, SteppedClock(MONDAY + 2 * WEEK)).path(image, 300, None)
    elsewhere = ImageLinks(Keyring(make_key()), clock).path(image, 300, None)
    for url in (ahead, elsewhere):
        with pytest.raises(ImageNotFound):
            read(ImageLinks(keyring, clock), url)


def test_each_part_is_signed() -> None:
    links, image = ImageLinks(Keyring(make_key()), SteppedClock(MONDAY)), new_id()
    made = {
        links.path(image, width, form).rpartition("=")[2]
        for width in (92, 154)
        for form in (None, *PictureFormat)
    }
    made.add(links.path(new_id(), 92, None).rpartition("=")[2])
    assert len(made) == 9
    assert encode_id("image", image) in links.path(image, 92, None)
