"""Images of the simulated Stash: real bytes, placeholders with status 200, and 404."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from simulators.stash.pictures import content_type, jpeg, png, webp
from simulators.stash.server import StashSimulator

RECORDED = json.loads(
    (Path(__file__).parents[1] / "data" / "stash" / "images.json").read_text("utf-8")
)


@pytest.fixture(scope="module")
def sim() -> Iterator[StashSimulator]:
    with StashSimulator() as sim:
        library = sim.library
        library.add_scene("jpeg", files=[{"path": "/1.mp4"}], cover=jpeg())
        library.add_scene("none", files=[{"path": "/2.mp4"}])
        library.add_scene("png", files=[{"path": "/3.mp4"}], cover=png())
        library.add_scene("webp", files=[{"path": "/4.mp4"}], cover=webp())
        library.add_performer("Ada")
        library.add_performer("Zoë", image=png())
        library.add_studio("Lantern House")
        library.add_studio("Shown", image=png())
        library.add_tag("Noir")
        library.add_group("Trilogy", image=png(), back_image=jpeg())
        library.add_group("Bare")
        yield sim


def get(sim: StashSimulator, path: str, **options: Any) -> requests.Response:
    return requests.get(sim.url + path, timeout=10, **options)


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda entry: entry["path"])
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


def test_image_paths_say_which_image_is_only_the_default(sim: StashSimulator) -> None:
    query = (
        '{findPerformers(filter:{sort:"id"}){performers{image_path}}'
        ' findStudios(filter:{sort:"id"}){studios{image_path}} findTags{tags{image_path}}'
        ' findGroups(filter:{sort:"id"}){groups{front_image_path back_image_path}}}'
    )
    data = sim.graphql(query).data
    paths = [row["image_path"] for row in data["findPerformers"]["performers"]]
    paths += [row["image_path"] for row in data["findStudios"]["studios"]]
    paths += [row["image_path"] for row in data["findTags"]["tags"]]
    paths += [row["front_image_path"] for row in data["findGroups"]["groups"]]
    defaults = ["default=true" in path for path in paths]
    assert defaults == [True, False, True, False, True, False, True]
    kinds = [requests.get(path, timeout=10).headers["Content-Type"] for path in paths]
    png_kind, svg_kind = "image/png", "image/svg+xml"
    expected = [png_kind, png_kind, svg_kind, png_kind, svg_kind, png_kind, svg_kind]
    assert kinds == expected
    backs = [row["back_image_path"] for row in data["findGroups"]["groups"]]
    assert backs[1] is None
    assert requests.get(backs[0], timeout=10).content == jpeg()


def test_default_true_hides_a_real_image(sim: StashSimulator) -> None:
    assert get(sim, "/performer/2/image?default=true").content != png()
    assert get(sim, "/scene/3/screenshot?default=true").content == png()


def test_a_known_etag_is_not_sent_again(sim: StashSimulator) -> None:
    etag = get(sim, "/scene/1/screenshot").headers["Etag"]
    again = get(sim, "/scene/1/screenshot", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_changed_cover_has_a_new_address(sim: StashSimulator) -> None:
    query = "{findScene(id:4){paths{screenshot}}}"
    assert "/scene/4/screenshot?t=" in sim.graphql(query).data["findScene"]["paths"]["screenshot"]


def test_an_external_host_replaces_the_base_of_image_urls() -> None:
    with StashSimulator() as sim:
        scene = sim.library.add_scene("x")
        sim.stash.external_host = "https://stash.example.test"
        ask = {"query": "{findScene(id:%d){paths{screenshot stream}}}" % scene}
        answer = requests.post(f"{sim.url}/graphql", json=ask, timeout=10).json()
        shown = answer["data"]["findScene"]["paths"]
        assert shown["screenshot"].startswith("https://stash.example.test/scene/1/screenshot?t=")
        sim.set_api_key("secret")
        assert (
            sim.graphql(ask["query"])
            .data["findScene"]["paths"]["stream"]
            .endswith("/scene/1/stream?apikey=secret")
        )


@pytest.mark.parametrize(
    ("make", "kind"), [(png, "image/png"), (jpeg, "image/jpeg"), (webp, "image/webp")]
)
def test_pictures_are_real(make: Callable[[int, int], bytes], kind: str) -> None:
    data = make(30, 17)
    assert content_type(data) == kind
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.size == (30, 17)
        assert kind.endswith(str(image.format).lower())


@pytest.mark.parametrize("grey", [0, 1, 90, 127, 128, 129, 255])
def test_a_grey_jpeg_is_as_grey_as_asked(grey: int) -> None:
    with Image.open(io.BytesIO(jpeg(20, 20, grey))) as image:
        assert image.getpixel((19, 19)) == grey
