"""Posters: recognised by their bytes, made to fit, uploaded once."""

from __future__ import annotations

import io
import random
import zlib
from dataclasses import replace

import pytest
from PIL import Image

from plex import images
from plex.client import PlexClient
from plex.exceptions import ImageTooBig, PlexTemporaryError, UnusableImage
from plex.images import (
    MAX_BYTES,
    fit_for_plex,
    image_kind,
    is_mark_of,
    mark_of,
    sent_sha1,
    sha1_of,
)
from simulators.faults import Kind
from simulators.plex.items import Item
from simulators.plex.server import PlexSimulator
from simulators.stash.pictures import SCENE_PLACEHOLDER, png
from validation.reasons import Reason

RED = png(4, 4, (200, 0, 0))
BLUE = png(4, 4, (0, 0, 200))


def picture(kind: str, size: tuple[int, int] = (8, 8)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (1, 2, 3)).save(out, kind)
    return out.getvalue()


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    data = random.Random(1).randbytes(width * height * len(mode))
    return Image.frombytes(mode, (width, height), data)


# -- what is an image --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif", "webp"])
def test_raster_images_are_known_by_their_bytes(kind: str) -> None:
    assert image_kind(picture(kind)) == kind
    assert fit_for_plex(picture(kind)) == picture(kind)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\x89PNG",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"<!DOCTYPE html><html>login</html>",
        SCENE_PLACEHOLDER,
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"\x00\x00\x00\x1cftypavif",
    ],
)
def test_nothing_else_is_an_image(data: bytes) -> None:
    assert image_kind(data) is None
    with pytest.raises(UnusableImage) as caught:
        fit_for_plex(data)
    assert caught.value.reason is Reason.IMAGE_UNUSABLE


# -- making it fit -----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_big_image_is_scaled_below_the_limit_and_always_to_the_same_bytes() -> None:
    out = io.BytesIO()
    noise(2000, 1800).save(out, "PNG")
    assert len(out.getvalue()) > MAX_BYTES

    fitted = fit_for_plex(out.getvalue())

    assert len(fitted) <= MAX_BYTES
    assert image_kind(fitted) == "jpeg"
    assert Image.open(io.BytesIO(fitted)).size[0] >= 1280
    assert fit_for_plex(out.getvalue()) == fitted


def test_a_scaled_image_keeps_its_shape_and_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    out = io.BytesIO()
    noise(3000, 2000).save(out, "JPEG", quality=100, subsampling=0, exif=exif)
    padded = out.getvalue() + b"\x00" * MAX_BYTES

    width, height = Image.open(io.BytesIO(fit_for_plex(padded))).size

    assert height / width == pytest.approx(1.5, abs=0.01)


def test_without_pillow_a_big_image_is_too_big(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "Image", None)  # as when it is not installed

    with pytest.raises(ImageTooBig, match="Pillow") as caught:
        fit_for_plex(RED + b"\x00" * MAX_BYTES)
    assert caught.value.reason is Reason.IMAGE_TOO_BIG
    assert fit_for_plex(RED) == RED


def test_a_small_file_that_unpacks_to_gigabytes_is_never_unpacked() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return len(data).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)

    header = (60_000).to_bytes(4) + (60_000).to_bytes(4) + bytes([8, 2, 0, 0, 0])
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b""))

    with pytest.raises(ImageTooBig, match="pixels"):
        fit_for_plex(bomb + b"\x00" * MAX_BYTES)


@pytest.mark.parametrize("data", [RED[:30], b"RIFF\x00\x00\x00\x00WEBP"], ids=repr)
def test_a_damaged_big_image_is_refused(data: bytes) -> None:
    with pytest.raises(UnusableImage):
        fit_for_plex(data + b"\xaa" * MAX_BYTES)


def test_a_picture_of_another_kind_is_converted_when_pillow_can_read_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "AVIF")
    converted = fit_for_plex(out.getvalue())
    assert image_kind(converted) == "jpeg"
    assert fit_for_plex(out.getvalue()) == converted
    monkeypatch.setattr(images, "Image", None)  # as when it is not installed
    with pytest.raises(UnusableImage, match="install Pillow") as caught:
        fit_for_plex(out.getvalue())
    assert caught.value.reason is Reason.IMAGE_UNUSABLE


@pytest.mark.parametrize("sent", [RED, BLUE])
def test_an_upload_is_known_by_stashs_bytes_and_by_those_that_were_sent(sent: bytes) -> None:
    mark = mark_of(RED, sent)
    assert is_mark_of(mark, RED)
    assert not is_mark_of(mark, BLUE)
    assert sent_sha1(mark) == sha1_of(sent)


# -- uploading ---------------------------------------------------------------------------------


@pytest.fixture
def movie(plex: PlexSimulator) -> Item:
    return plex.add_movie(plex.library.sections[1], "/data/movies/a.mp4")


@pytest.mark.parametrize(
    ("slot", "lock", "path"), [("poster", "thumb", "posters"), ("background", "art", "arts")]
)
def test_an_upload_is_one_request_and_selects(
    plex: PlexSimulator, client: PlexClient, movie: Item, slot: str, lock: str, path: str
) -> None:
    client.server  # noqa: B018 - connects
    plex.requests.clear()

    client.upload_image(movie.rating_key, slot, RED)  # type: ignore[arg-type]

    assert [(r.method, r.path) for r in plex.requests] == [
        ("POST", f"/library/metadata/{movie.rating_key}/{path}")
    ]
    assert movie.locked == {lock}
    assert client.shows_upload(movie.rating_key, slot, sha1_of(RED))  # type: ignore[arg-type]
    assert not client.shows_upload(movie.rating_key, slot, sha1_of(BLUE))  # type: ignore[arg-type]


def test_the_same_bytes_make_no_second_image(client: PlexClient, movie: Item) -> None:
    for _ in range(2):
        client.upload_image(movie.rating_key, "poster", RED)
    client.upload_image(movie.rating_key, "poster", BLUE)

    assert len(movie.posters) == 2
    assert client.shows_upload(movie.rating_key, "poster", sha1_of(BLUE))


def test_an_upload_whose_reply_is_lost_is_repeated_without_harm(
    plex: PlexSimulator, client: PlexClient, movie: Item
) -> None:
    plex.faults.add(Kind.CLOSE_AFTER, method="POST")

    client.upload_image(movie.rating_key, "poster", RED)

    assert client.shows_upload(movie.rating_key, "poster", sha1_of(RED))
    assert len(movie.posters) == 1


def test_a_login_page_for_an_answer_is_no_success(
    plex: PlexSimulator, client: PlexClient, movie: Item
) -> None:
    plex.faults.add(Kind.HTML, method="POST", times=None)

    with pytest.raises(PlexTemporaryError):
        client.upload_image(movie.rating_key, "poster", RED)


@pytest.mark.parametrize("data", [b"", SCENE_PLACEHOLDER, b"<html>login</html>"])
def test_a_placeholder_or_page_is_never_uploaded(
    plex: PlexSimulator, client: PlexClient, movie: Item, data: bytes
) -> None:
    with pytest.raises(ValueError, match="raster"):
        client.upload_image(movie.rating_key, "poster", data)

    assert len(plex.requests) == 0


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("upload://posters/{}", True),
        ("upload://seasons/1/episodes/8/posters/{}", True),
        ("metadata://posters/tv.plex_{}", False),
        ("", False),
    ],
)
def test_an_upload_is_known_by_the_end_of_its_name(
    client: PlexClient, movie: Item, key: str, shown: bool
) -> None:
    client.upload_image(movie.rating_key, "poster", RED)
    shelf = movie.poster_shelf
    picture = shelf.pictures.pop(shelf.selected)
    shelf.selected = key.format(sha1_of(RED))
    shelf.pictures[shelf.selected] = replace(picture, key=shelf.selected)
    assert client.shows_upload(movie.rating_key, "poster", sha1_of(RED)) is shown
