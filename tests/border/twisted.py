"""A server between us and a simulator, which changes one field of one thing in its answers."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from simulators.http_server import HttpServer, KeepAliveHandler

Path = tuple[str, ...]
HOP = frozenset({"connection", "content-length", "transfer-encoding", "host"})
# What Python writes in the place of a value, for bytes that no writer of XML or JSON would make.
MARK = "TWISTED-VALUE"


class Twister:
    """``victim``: the ratingKey or scene id whose field is changed, "" = wherever it is found.
    ``field``: its path of element or object names. ``value``: the raw text in its place, ``None``
    = left out. ``seen``: all paths that were met.
    """

    def __init__(self) -> None:
        self.victim = ""
        self.field: Path = ()
        self.value: str | None = None
        self.seen: set[Path] = set()
        self.hits = 0

    def twist(self, kind: str, body: bytes) -> bytes:
        """An answer as it is sent on."""
        if "xml" in kind:
            return self.xml(body)
        if "json" in kind:
            return self.json(body)
        return body

    def xml(self, body: bytes) -> bytes:
        root = ElementTree.fromstring(body)
        for path, element, of in self.elements(root, (), ""):
            for name in list(element.attrib):
                self.seen.add((*path, name))
                if (*path, name) == self.field and of == self.victim:
                    self.hits += 1
                    if self.value is None:
                        del element.attrib[name]
                    else:
                        element.set(name, MARK)
        text = ElementTree.tostring(root, "unicode")
        return text.replace(f'"{MARK}"', quote(self.value or "")).encode("utf-8", "surrogatepass")

    def elements(
        self, element: ElementTree.Element, path: Path, of: str
    ) -> Iterator[tuple[Path, ElementTree.Element, str]]:
        path, of = (*path, element.tag), element.get("ratingKey") or of
        yield path, element, of
        for child in element:
            yield from self.elements(child, path, of)

    def json(self, body: bytes) -> bytes:
        document = self.walk(json.loads(body), (), "")
        text = json.dumps(document).replace(f'"{MARK}"', self.value or "null")
        return text.encode("utf-8", "surrogatepass")

    def walk(self, thing: Any, path: Path, of: str) -> Any:
        if isinstance(thing, list):
            return [self.walk(one, path, of) for one in thing]
        if not isinstance(thing, dict):
            return thing
        if "files" in thing or "updated_at" in thing:
            of = str(thing.get("id"))
        made = {}
        for name, value in thing.items():
            here = (*path, re.sub(r"^s\d+$", "s*", name))
            self.seen.add(here)
            if here == self.field and of == self.victim:
                self.hits += 1
                if self.value is not None:
                    made[name] = MARK
                continue
            made[name] = self.walk(value, here, of)
        return made


def quote(text: str) -> str:
    """An attribute with character references for what XML cannot hold as it is."""
    return quoteattr(text)


def proxy(upstream: Callable[[], str], twister: Twister) -> HttpServer:
    """A started server that hands every request on to ``upstream()``, an address."""

    class Handler(KeepAliveHandler):
        passed: ClassVar[int] = 0

        def hand_on(self) -> None:
            address = upstream().removeprefix("http://")
            connection = http.client.HTTPConnection(address, timeout=30)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP}
            headers["Accept-Encoding"] = "identity"
            connection.request(self.command, self.path, self.body(), headers)
            answer = connection.getresponse()
            kind = answer.getheader("Content-Type") or ""
            body = answer.read()
            if body and answer.status == 200:
                body = twister.twist(kind, body)
            kept = {k: v for k, v in answer.getheaders() if k.lower() not in HOP}
            connection.close()
            self.answer(answer.status, kept, body)

        do_GET = do_PUT = do_POST = do_DELETE = hand_on  # noqa: N815 (the library's names)

    return HttpServer(Handler).start()
