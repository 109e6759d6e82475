"""Images of the simulated Stash: real bytes, placeholders with status 200, and 404."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from simulators.stash.pictures import content_type, png
from simulators.stash.server import StashSimulator

RECORDED = json.loads(
    (Path(__file__).parents[1] / "data" / "stash" / "images.json").read_text("utf-8")
)
SCENES_ONLY = [entry for entry in RECORDED if entry["path"].startswith("/scene")]
JPEG, WEBP = b"\xff\xd8\xff\xe0picture", b"RIFF\x10\0\0\0WEBPpicture"


@pytest.fixture(scope="module")
def sim() -> Iterator[StashSimulator]:
    with StashSimulator() as sim:
        library = sim.library
        library.add_scene("jpeg", files=[{"path": "/1.mp4"}], cover=JPEG)
        library.add_scene("none", files=[{"path": "/2.mp4"}])
        library.add_scene("png", files=[{"path": "/3.mp4"}], cover=png())
        library.add_scene("webp", files=[{"path": "/4.mp4"}], cover=WEBP)
        yield sim


def get(sim: StashSimulator, path: str, **options: Any) -> requests.Response:
    return requests.get(sim.url + path, timeout=10, **options)


@pytest.mark.parametrize("recorded", SCENES_ONLY, ids=lambda entry: entry["path"])
def test_an_image_is_served_as_recorded(sim: StashSimulator, recorded: dict[str, Any]) -> None:
    answer = get(sim, recorded["path"])
    assert answer.status_code == recorded["status"]
    expected = dict(recorded["headers"])
    for name in ("Content-Length", "Etag", "Date", "Connection"):
        expected.pop(name, None)
    assert {name: answer.headers[name] for name in expected} == expected
    assert ("Etag" in answer.headers) == ("Etag" in recorded["headers"])
    if "starts_with" in recorded:
        assert answer.content[:4].hex() == recorded["starts_with"][:8]


def test_a_scene_without_a_cover_answers_200_with_an_svg(sim: StashSimulator) -> None:
    answer = get(sim, "/scene/2/screenshot")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml"


def test_a_known_etag_is_not_sent_again(sim: StashSimulator) -> None:
    etag = get(sim, "/scene/1/screenshot").headers["Etag"]
    again = get(sim, "/scene/1/screenshot", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_changed_cover_has_a_new_address(sim: StashSimulator) -> None:
    query = "{findScene(id:4){paths{screenshot}}}"
    assert "/scene/4/screenshot?t=" in sim.graphql(query).data["findScene"]["paths"]["screenshot"]


def test_a_made_picture_is_real() -> None:
    data = png(30, 17)
    assert content_type(data) == "image/png"
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert (image.size, image.format) == ((30, 17), "PNG")
