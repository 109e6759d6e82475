"""No answer of Plex or Stash costs more than 300 MB, however it is made."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from PIL import Image

from simulators.http_server import HttpServer, KeepAliveHandler

MOST_MEGABYTES = 300
MEGABYTE = 1024 * 1024
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for its memory")


class Big(KeepAliveHandler):
    """Answers everything with one body, packed, after saying well who it is."""

    content: ClassVar[bytes] = b""
    kind: ClassVar[str] = "text/xml"
    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        packed = {"Content-Type": self.kind, "Content-Encoding": "gzip"}
        self.answer(self.status, packed, self.content)

    def do_POST(self) -> None:
        self.body()
        self.do_GET()


@pytest.fixture
def big() -> Iterator[Callable[..., float]]:
    """``big(what, body)``: the megabytes that such an answer costs."""
    server = HttpServer(Big).start()

    def cost(what: str, body: bytes, kind: str = "text/xml", status: int = 200) -> float:
        Big.content, Big.kind, Big.status = gzip.compress(body, 1), kind, status
        script = Path(__file__).with_name("costs.py")
        child = subprocess.run(
            [sys.executable, str(script), what, server.url], capture_output=True, timeout=100
        )
        assert child.returncode == 0, child.stderr.decode()
        return float(child.stdout)

    yield cost
    server.stop()


def entities() -> bytes:
    """As many as expat lets pass."""
    text = "x" * 20_000
    return f'<!DOCTYPE M [<!ENTITY a "{text}">]><M b="{"&a;" * 90}"/>'.encode()


EMOJI = "🎬".encode()
XML: dict[str, Callable[[], bytes]] = {
    "entities": entities,
    "empty elements": lambda: b"<M>" + b"<a/>" * (15 * MEGABYTE) + b"</M>",
    "as many elements as pass": lambda: b"<M>" + b"<a/>" * 399_000 + b"</M>",
    "valid": lambda: (
        b"<MediaContainer>"
        + b"<Video ratingKey='1' type='movie' title='A title of some length'/>" * 900_000
        + b"</MediaContainer>"
    ),
    "attributes": lambda: (
        b"<M>" + b"".join(b'<a b%x=""/>' % number for number in range(199_000)) + b"</M>"
    ),
    "one long text": lambda: b"<M a='" + EMOJI + b"x" * (12 * MEGABYTE - 100) + b"'/>",
    "deep": lambda: b"<a>" * 99_000 + b"</a>" * 99_000,
    "utf-16": lambda: ("<M>" + "<a/>" * (4 * MEGABYTE) + "</M>").encode("utf-16"),
    "not XML": lambda: EMOJI + b"x" * (12 * MEGABYTE - 100),
    "references that pass": lambda: b"<M a='" + b"&#1;" * 99_000 + b"'/>",
    "references": lambda: b"<M a='" + b"&#10;" * (2 * MEGABYTE) + b"'/>",
}


@pytest.mark.parametrize("shape", XML)
def test_xml_of_any_shape_costs_little(big: Callable[..., float], shape: str) -> None:
    assert big("plex", XML[shape]()) < MOST_MEGABYTES


def test_an_error_and_an_identity_of_any_shape_cost_little(big: Callable[..., float]) -> None:
    for shape in ("empty elements", "attributes"):
        assert big("plex", XML[shape](), status=503) < MOST_MEGABYTES
        assert big("identity", XML[shape]()) < MOST_MEGABYTES


JSON: dict[str, Callable[[], bytes]] = {
    "empty objects": lambda: b"[" + b"{}," * (16 * MEGABYTE) + b"{}]",
    "objects that pass": lambda: b"[" + b",".join([b'{"a":1}'] * 333_000) + b"]",
    "keys": lambda: b"[" + b",".join(b'{"k%x":0}' % number for number in range(333_000)) + b"]",
    "strings": lambda: b"[" + b",".join(b'"%x"' % number for number in range(999_000)) + b"]",
    "one long text": lambda: b'{"a":"' + EMOJI + b"x" * (12 * MEGABYTE - 100) + b'"}',
    "halves of pairs": lambda: b'{"a":"\\ud800' + EMOJI + b"x" * (12 * MEGABYTE - 100) + b'"}',
    "deep": lambda: b"[" * (900_000),
    "deep objects": lambda: b'{"a":' * 300_000,
}


@pytest.mark.parametrize("shape", JSON)
def test_json_of_any_shape_costs_little(big: Callable[..., float], shape: str) -> None:
    assert big("stash", JSON[shape](), "application/json") < MOST_MEGABYTES


def picture(form: str, mode: str, megapixels: float, **how: object) -> bytes:
    """A picture of one colour."""
    side = int((megapixels * 1e6) ** 0.5)
    out = io.BytesIO()
    Image.new(mode, (side, side)).save(out, form, **how)
    return out.getvalue()


PICTURES: dict[str, Callable[[], bytes]] = {
    "png of 80 megapixels": lambda: picture("PNG", "L", 80),
    "png that passes": lambda: picture("PNG", "RGBA", 19.9),
    "palette that passes": lambda: picture("PNG", "P", 19.9),
    "jpeg that passes": lambda: picture("JPEG", "RGB", 79),
    "progressive jpeg that passes": lambda: picture("JPEG", "CMYK", 19.9, progressive=True),
    "webp that passes": lambda: picture("WEBP", "RGB", 7.9),
    "too long": lambda: b"\xff\xd8\xff" + bytes(60 * MEGABYTE),
}


@pytest.mark.parametrize("shape", PICTURES)
def test_a_cover_of_any_shape_costs_little(big: Callable[..., float], shape: str) -> None:
    assert big("image", PICTURES[shape](), "image/png") < MOST_MEGABYTES
