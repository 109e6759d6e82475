"""Stash's HTTP face: authentication, GraphQL, login page, and images with their traps."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from simulators.faults import Fault, Faults, Kind
from simulators.request_log import Request, RequestLog
from simulators.stash import mutations, queries
from simulators.stash.library import Library
from simulators.stash.pictures import SCENE_PLACEHOLDER, content_type
from simulators.stash.runs import Origin, PluginRun
from simulators.stash.schema import Engine
from simulators.stash.sessions import Identity, Unauthorized
from simulators.stash.state import Call, Stash


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(status: int, body: Any) -> Reply:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Reply(status, text.encode(), {"Content-Type": "application/json"})


def html_reply(status: int, title: str) -> Reply:
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>"
    return Reply(status, page.encode(), {"Content-Type": "text/html"})


_ROUTE = re.compile(r"/scene/(\d+)/screenshot")
_NOT_FOUND = Reply(404, b"Not Found\n", {"Content-Type": "text/plain; charset=utf-8"})


def image_reply(
    library: Library, path: str, query: Mapping[str, str], known_etag: str
) -> Reply | None:
    """The answer to the path of a scene's cover, None for another path."""
    if not (route := _ROUTE.fullmatch(path)):
        return None
    scene = library.scenes.get(int(route[1]))
    if scene is None:
        return _NOT_FOUND
    return _serve(scene.cover or SCENE_PLACEHOLDER, "t" in query, known_etag)


def _serve(data: bytes, versioned: bool, known_etag: str) -> Reply:
    etag = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable" if versioned else "no-cache",
        "Content-Type": content_type(data),
        "Etag": etag,
    }
    if known_etag == etag:
        return Reply(304, b"", headers)
    return Reply(200, data, headers)


@functools.cache
def engine() -> Engine:
    """The engine; it holds no library, so every simulator of a process shares it."""
    return Engine({**queries.RESOLVERS, **mutations.RESOLVERS})


_UNAUTHORIZED = Reply(401, b"", {"WWW-Authenticate": "FormBased"})


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request as it came; header names in any case."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def api_key(self) -> str:
        return self.headers.get("ApiKey") or self.query.get("apikey", "")

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


class DropConnection(Exception):
    """End the connection without an answer."""


class Site:
    """Answers requests for one Stash; knows nothing of sockets."""

    def __init__(self, stash: Stash) -> None:
        self.stash = stash
        self.faults = Faults()
        self.requests = RequestLog[Request]()
        self.closing = threading.Event()

    def answer(self, incoming: Incoming) -> Reply:
        """Raises DropConnection where a fault says so."""
        fields = self._fields(incoming)
        reply = _UNAUTHORIZED
        try:
            reply = self._answer(incoming)
            return reply
        finally:
            self.requests.add(
                Request(
                    incoming.method,
                    incoming.path,
                    urlsplit(incoming.target).query,
                    reply.status,
                    self.stash.clock.now(),
                    len(incoming.body),
                    auth=_auth_kind(incoming),
                    fields=fields,
                )
            )

    def _fields(self, incoming: Incoming) -> tuple[str, ...]:
        if incoming.path != "/graphql":
            return ()
        asked = _graphql_request(incoming.body)
        return engine().prepare(asked["query"]).fields if asked else ()

    def _answer(self, incoming: Incoming) -> Reply:
        if incoming.path == "/healthz":
            return Reply(200, b".", {"Content-Type": "text/plain"})
        text = incoming.body.decode("utf-8", "replace")
        fault = self.faults.meet(incoming.method, incoming.target, text)
        if fault and (fate := self._fate(fault)):
            return fate
        try:
            identity = self.stash.sessions.identify(
                incoming.headers.get("Cookie", ""), incoming.api_key
            )
        except Unauthorized:
            return _UNAUTHORIZED
        reply = self._route(incoming, identity)
        if fault and fault.kind is Kind.CLOSE_AFTER:
            raise DropConnection
        if fault and fault.kind is Kind.ERROR and reply.status == 200:
            reply = json_reply(200, _with_error(json.loads(reply.body), fault))
        if identity.fresh_cookie and reply.status != 401:
            cookie = self.stash.sessions.set_cookie_header(identity.fresh_cookie)
            reply = Reply(reply.status, reply.body, {**reply.headers, "Set-Cookie": cookie})
        return reply

    def _fate(self, fault: Fault) -> Reply | None:
        """The answer of a fault that keeps the request from being carried out."""
        match fault.kind:
            case Kind.DELAY:
                fault.delay(self.closing)
                return None
            case Kind.CLOSE_BEFORE:
                raise DropConnection
            case Kind.GARBAGE:
                return Reply(200, b'{"data":{"findSc', {"Content-Type": "application/json"})
            case Kind.HTML:
                return html_reply(fault.status, "Be right back")
            case Kind.STATUS:
                return Reply(fault.status)
            case Kind.ERROR | Kind.CLOSE_AFTER:
                return None
            case _:
                raise ValueError(f"a Stash does not know the fault {fault.kind}")

    def _route(self, incoming: Incoming, identity: Identity) -> Reply:
        path = incoming.path
        if path == "/login":
            return html_reply(200, "Login | Stash")
        if not self.stash.sessions.allows(identity):
            if path == "/graphql" or "." in path.rsplit("/", 1)[-1]:
                return _UNAUTHORIZED
            return Reply(302, b"", {"Location": f"/login?returnURL={quote(incoming.target, '')}"})
        if path == "/graphql":
            return self._graphql(incoming, identity)
        known = incoming.headers.get("If-None-Match", "")
        image = image_reply(self.stash.library, path, incoming.query, known)
        return image or html_reply(200, "Stash")

    def _graphql(self, incoming: Incoming, identity: Identity) -> Reply:
        asked = _graphql_request(incoming.body)
        if incoming.method != "POST" or asked is None:
            message = "json request body could not be decoded"
            return json_reply(400, {"errors": [{"message": message}], "data": None})
        base = f"http://{incoming.headers.get('Host', '')}"
        call = Call(self.stash, base, Origin(identity.user, identity.visited))
        status, body = engine().run(asked["query"], asked.get("variables"), call)
        return json_reply(status, body)

    def user_origin(self) -> Origin:
        return Origin(self.stash.sessions.user)

    def run_as_user(self, query: str, variables: dict[str, Any], base: str) -> Answer:
        """A user's own request, without HTTP: the data, and the plugin runs it led to."""
        origin = self.user_origin()
        status, body = engine().run(query, variables, Call(self.stash, base, origin))
        if status != 200 or "errors" in body:
            raise ValueError(f"Stash refused: {body['errors']}")
        return Answer(body["data"], origin.runs)


@dataclass(frozen=True, slots=True)
class Answer:
    data: dict[str, Any]
    runs: list[PluginRun]


def _graphql_request(body: bytes) -> dict[str, Any] | None:
    try:
        asked = json.loads(body)
    except ValueError:
        return None
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        return None
    return asked


def _auth_kind(incoming: Incoming) -> str:
    if incoming.api_key:
        return "key"
    return "cookie" if "session=" in incoming.headers.get("Cookie", "") else "none"


def _with_error(answer: dict[str, Any], fault: Fault) -> dict[str, Any]:
    """A GraphQL answer that went wrong: the error, and null where it struck."""
    data = answer.get("data")
    where: Sequence[str] = fault.null_at or tuple(data or ())[:1]
    if where and data:
        data = _nulled(data, where)
    return {"errors": [{"message": fault.error, "path": list(where)}], "data": data}


def _nulled(value: Any, where: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_nulled(entry, where) for entry in value]
    if not isinstance(value, dict) or where[0] not in value:
        return value
    rest = where[1:]
    return value | {where[0]: _nulled(value[where[0]], rest) if rest else None}
