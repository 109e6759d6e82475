"""Stash's HTTP face: authentication, GraphQL, images, login page."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from simulators.stash.faults import Fault, Faults, Request, RequestLog, with_error
from simulators.stash.images import image_reply
from simulators.stash.process import Cancel
from simulators.stash.reply import Reply, html_reply, json_reply
from simulators.stash.resolvers import engine
from simulators.stash.runs import Origin, PluginRun
from simulators.stash.sessions import Identity, Unauthorized
from simulators.stash.state import Call, Stash

_UNAUTHORIZED = Reply(401, b"", {"WWW-Authenticate": "FormBased"})


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request as it came; header names in any case."""

    method: str
    target: str
    headers: Message
    body: bytes
    cancel: Cancel

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
        self.requests = RequestLog()
        self.closing = threading.Event()

    def answer(self, incoming: Incoming) -> Reply:
        """Raises DropConnection where a fault says so."""
        started = time.monotonic()
        fields = self._fields(incoming)
        reply = _UNAUTHORIZED
        try:
            reply = self._answer(incoming)
            return reply
        finally:
            self.requests.note(
                Request(
                    incoming.method,
                    incoming.path,
                    fields,
                    reply.status,
                    time.monotonic() - started,
                    _auth_kind(incoming),
                    len(reply.body),
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
        fault = self.faults.for_request(incoming.method, incoming.target, text)
        if fault and (fate := self._fate(fault)):
            return fate
        try:
            identity = self.stash.sessions.identify(
                incoming.headers.get("Cookie", ""), incoming.api_key
            )
        except Unauthorized:
            return _UNAUTHORIZED
        reply = self._route(incoming, identity)
        if fault and fault.error and reply.status == 200:
            reply = json_reply(200, with_error(json.loads(reply.body), fault))
        if identity.fresh_cookie and reply.status != 401:
            cookie = self.stash.sessions.set_cookie_header(identity.fresh_cookie)
            reply = Reply(reply.status, reply.body, {**reply.headers, "Set-Cookie": cookie})
        return reply

    def _fate(self, fault: Fault) -> Reply | None:
        if fault.delay:
            self.closing.wait(fault.delay)
        if fault.close:
            raise DropConnection
        if fault.garbage:
            return Reply(200, b'{"data":{"findSc', {"Content-Type": "application/json"})
        if fault.html:
            return html_reply(fault.status or 200, "Be right back")
        return Reply(fault.status) if fault.status else None

    def _route(self, incoming: Incoming, identity: Identity) -> Reply:
        path = incoming.path
        if path == "/login":
            return self._login(incoming)
        if not self.stash.sessions.allows(identity):
            if path == "/graphql" or "." in path.rsplit("/", 1)[-1]:
                return _UNAUTHORIZED
            return Reply(302, b"", {"Location": f"/login?returnURL={quote(incoming.target, '')}"})
        if path == "/graphql":
            return self._graphql(incoming, identity)
        known = incoming.headers.get("If-None-Match", "")
        image = image_reply(self.stash.library, path, incoming.query, known)
        return image or html_reply(200, "Stash")

    def _login(self, incoming: Incoming) -> Reply:
        if incoming.method != "POST":
            return html_reply(200, "Login | Stash")
        form = dict(parse_qsl(incoming.body.decode("utf-8", "replace")))
        sessions = self.stash.sessions
        if (form.get("username"), form.get("password")) != sessions.credentials:
            return Reply(401, b"Username or password is invalid\n", {"Content-Type": "text/plain"})
        cookie = sessions.set_cookie_header(sessions.make_cookie(sessions.user))
        return Reply(200, b"", {"Set-Cookie": cookie})

    def _graphql(self, incoming: Incoming, identity: Identity) -> Reply:
        asked = _graphql_request(incoming.body)
        if incoming.method != "POST" or asked is None:
            message = "json request body could not be decoded"
            return json_reply(400, {"errors": [{"message": message}], "data": None})
        host = incoming.headers.get("Host", "")
        base = self.stash.external_host or f"http://{host}"
        call = Call(self.stash, base, Origin(identity.user, identity.visited, incoming.cancel))
        status, body = engine().run(asked["query"], asked.get("variables"), call)
        return json_reply(status, body)

    def user_origin(self) -> Origin:
        return Origin(self.stash.sessions.user)

    def run_as_user(self, query: str, variables: dict[str, Any], base: str) -> Answer:
        """A person's own request, without HTTP: the data, and the plugin runs it led to."""
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
