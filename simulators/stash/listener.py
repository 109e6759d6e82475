"""Sockets and threads in front of a site: keep-alive, watching for clients that go away."""

from __future__ import annotations

import select
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from simulators.stash.process import Cancel
from simulators.stash.reply import Reply
from simulators.stash.web import DropConnection, Incoming, Site

POLL = 0.02


class Listener(ThreadingHTTPServer):
    """A listening server; ``close`` waits for requests under way, as Stash's shutdown does."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], site: Site, control: Any) -> None:
        self.site = site
        self.control = control
        self._quiet = threading.Condition()
        self._busy = 0
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(POLL,), daemon=True)
        self._thread.start()

    def close(self, patience: float = 30.0) -> None:
        """Refuse new connections, wait for requests under way (seconds), close the rest."""
        self.site.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._quiet:
            self._quiet.wait_for(lambda: self._busy == 0, patience)
            for connection in self._open:
                _hang_up(connection)

    def enter(self) -> None:
        with self._quiet:
            self._busy += 1

    def leave(self) -> None:
        with self._quiet:
            self._busy -= 1
            self._quiet.notify_all()

    def opened(self, connection: socket.socket) -> None:
        with self._quiet:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._quiet:
            self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Listener

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.enter()
        try:
            self._reply(body)
        except DropConnection:
            self.close_connection = True
            _hang_up(self.connection)
        finally:
            self.server.leave()

    def _reply(self, body: bytes) -> None:
        cancel = Cancel()
        incoming = Incoming(self.command, self.path, self.headers, body, cancel)
        if incoming.path.startswith("/_control/"):
            self._send(self.server.control.answer(incoming))
            return
        watch = _Watch(self.connection, cancel)
        try:
            reply = self.server.site.answer(incoming)
        finally:
            watch.end()
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Vary", "Origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """The request log is kept by the site."""


class _Watch:
    """Throws the cancel when the client closes its end while its answer is being made.

    Costs nothing until something can be cancelled: only then a thread looks at the socket.
    """

    def __init__(self, connection: socket.socket, cancel: Cancel) -> None:
        self._connection = connection
        self._cancel = cancel
        self._bell: socket.socket | None = None
        self._thread: threading.Thread | None = None
        cancel.before_first_use(self._begin)

    def _begin(self) -> None:
        self._bell, heard = socket.socketpair()
        self._thread = threading.Thread(target=self._look, args=(heard,), daemon=True)
        self._thread.start()

    def _look(self, heard: socket.socket) -> None:
        with heard:
            ready, _, _ = select.select([self._connection, heard], [], [])
            if heard in ready:
                return
            try:
                gone = not self._connection.recv(1, socket.MSG_PEEK)
            except OSError:
                gone = True
            if gone:
                self._cancel.throw()

    def end(self) -> None:
        if self._bell and self._thread:
            self._bell.close()
            self._thread.join()


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
