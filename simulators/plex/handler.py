"""The HTTP side: token, faults, compression, log; the endpoints do the rest."""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import unquote

from simulators.faults import Fault, Faults, Kind
from simulators.http_server import KeepAliveHandler
from simulators.plex import event_source
from simulators.plex.answers import HTML, Answer, Refused, error_page, write_xml
from simulators.plex.calls import Call, Server
from simulators.plex.endpoints import find_route
from simulators.plex.requests import Query, Request

_KEPT_HEADERS = ("user-agent", "accept", "content-type", "content-length")
_MAINTENANCE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Response code="503" title="Maintenance" '
    b'status="Plex Media Server is currently running database migrations."/>\n'
)
_LOGIN_PAGE = b"<!DOCTYPE html><html><body><form>Please log in</form><br></body></html>"


@dataclass(slots=True)
class Front:
    """The parts behind the HTTP side. ``max_target`` limits request lines, as proxies do."""

    server: Server
    faults: Faults
    token: str | None
    max_target: int | None = None
    stopping: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class _Reply:
    status: int
    headers: dict[str, str]
    body: bytes


class PlexHandler(KeepAliveHandler):
    """One connection. A subclass made per simulator carries its ``front``."""

    front: Front

    def do_GET(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        path = unquote(path)
        body = self.body()
        fault = self.front.faults.meet(self.command, path, query)
        if fault and fault.kind is Kind.CLOSE_BEFORE:
            self._log(path, query, 0, body, fault)
            self.hang_up()
            return
        if fault and fault.kind is Kind.DELAY:
            fault.delay(self.front.stopping)
        answer = _instead(fault) or self._answer(path, query, body, fault)
        reply = self._reply(answer, fault)
        status = 0 if fault and fault.kind is Kind.CLOSE_AFTER else reply.status
        self._log(path, query, status, body, fault)
        if answer is event_source.STREAM and status:
            self._tell(reply)
        else:
            self._send(reply, fault)

    def _tell(self, reply: _Reply) -> None:
        """Send events until one side hangs up."""
        self.close_connection = True
        server = self.front.server
        events = server.library.events
        way = {"Transfer-Encoding": "chunked"} if events.chunked else {"Connection": "close"}
        filters = Query.parse(self.path.partition("?")[2]).names("filters")
        with events.listen(filters, partial(event_source.is_gone, self.connection)) as listener:
            self.send_response_only(reply.status)
            for name, value in (reply.headers | way).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.flush()
            event_source.serve(
                self.wfile,
                events,
                listener,
                self.front.stopping,
                server.scanner.advance,
            )

    def _answer(self, path: str, query: str, body: bytes, fault: Fault | None) -> Answer:
        server = self.front.server
        if self.front.max_target and len(self.path) > self.front.max_target:
            return error_page(414)
        parsed = Query.parse(query)
        if path != "/identity" and not self._has_token(parsed):
            return error_page(401)
        if path == event_source.PATH and server.library.events.offered:
            return event_source.STREAM
        route = find_route(self.command, path)
        if route is None:
            return error_page(404)
        endpoint, groups = route
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(server, self.command, path, query, parsed, headers, body, groups)
        try:
            with server.library.lock:
                if fault and fault.kind is Kind.BUSY:
                    self.front.stopping.wait(fault.seconds)
                server.scanner.advance()
                return endpoint(call)
        except Refused as refusal:
            return error_page(refusal.status)

    def _has_token(self, query: Query) -> bool:
        expected = self.front.token
        return expected is None or expected in (
            self.headers.get("X-Plex-Token"),
            query.get("X-Plex-Token"),
        )

    def _reply(self, answer: Answer, fault: Fault | None) -> _Reply:
        """The answer as bytes, spoilt where the fault says so, compressed where asked."""
        body = answer.body if answer.root is None else write_xml(answer.root)
        content_type = answer.content_type
        if fault and fault.kind is Kind.TRUNCATED:
            body = body[: len(body) // 2]
        if fault and fault.kind is Kind.NO_CHARSET:
            content_type = content_type.partition(";")[0]
        headers = {
            "X-Plex-Protocol": "1.0",
            "Content-Type": content_type,
            "Cache-Control": "no-cache",
            "Connection": "Keep-Alive",
            "Keep-Alive": "timeout=20",
            "Date": self.date_time_string(),
            **answer.headers,
        }
        if body and answer.root is not None and "gzip" in self.headers.get("Accept-Encoding", ""):
            original = len(body)
            body = gzip.compress(body, 1, mtime=0)
            headers["Content-Encoding"] = "gzip"
            headers["X-Plex-Content-Original-Length"] = str(original)
            headers["X-Plex-Content-Compressed-Length"] = str(len(body))
        return _Reply(answer.status, headers, body)

    def _log(self, path: str, query: str, status: int, body: bytes, fault: Fault | None) -> None:
        server = self.front.server
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower().startswith("x-plex-") or name.lower() in _KEPT_HEADERS
        }
        server.requests.add(
            Request(
                method=self.command,
                path=path,
                query=query,
                status=status,
                at=server.library.clock(),
                body_size=len(body),
                headers=headers,
                fault=fault.kind.value if fault else "",
            )
        )

    def _send(self, reply: _Reply, fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        if kind is Kind.CLOSE_AFTER:
            self.hang_up()
        elif fault and kind in (Kind.DROP_BODY, Kind.DRIP):
            self._send_in_pieces(reply, fault)
        else:
            self.answer(reply.status, reply.headers, reply.body)

    def _send_in_pieces(self, reply: _Reply, fault: Fault) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        body = reply.body
        if fault.kind is Kind.DROP_BODY:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.hang_up()
            return
        step = max(1, len(body) // 10)
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self.wfile.flush()
            if self.front.stopping.wait(fault.seconds):
                self.hang_up()
                return


def _instead(fault: Fault | None) -> Answer | None:
    """The answer of a fault that keeps the request from being carried out."""
    if fault is None:
        return None
    match fault.kind:
        case Kind.STATUS:
            page = error_page(fault.status)
            if fault.retry_after:
                page.headers["Retry-After"] = str(fault.retry_after)
            return page
        case Kind.MAINTENANCE:
            return Answer(body=_MAINTENANCE, status=503, content_type="text/xml;charset=utf-8")
        case Kind.GARBAGE:
            return Answer(body=b"\x00\x01 this is not <XML", content_type="text/xml;charset=utf-8")
        case Kind.HTML:
            return Answer(body=_LOGIN_PAGE, content_type=HTML)
        case Kind.EMPTY:
            return Answer(content_type="text/xml;charset=utf-8")
        case Kind.REDIRECT:
            return Answer(status=302, headers={"Location": fault.location})
        case _:
            return None
