"""Stash's site behind sockets: requests under way are awaited, clients that go away are seen."""

from __future__ import annotations

import select
import socket
import threading

from simulators.http_server import HttpServer, KeepAliveHandler
from simulators.stash.control import Control
from simulators.stash.process import Cancel
from simulators.stash.reply import Reply
from simulators.stash.web import DropConnection, Incoming, Site


class Traffic:
    """The site, and how many of its requests are under way; refuses more while it closes."""

    def __init__(self, site: Site, control: Control) -> None:
        self.site = site
        self.control = control
        self._quiet = threading.Condition()
        self._busy = 0

    def answer(self, incoming: Incoming) -> Reply:
        """Raises DropConnection while the server goes down."""
        with self._quiet:
            if self.site.closing.is_set():
                raise DropConnection
            self._busy += 1
        try:
            if incoming.path.startswith("/_control/"):
                return self.control.answer(incoming)
            return self.site.answer(incoming)
        finally:
            with self._quiet:
                self._busy -= 1
                self._quiet.notify_all()

    def drain(self, patience: float) -> None:
        """Wait for requests under way, at most ``patience`` seconds."""
        self.site.closing.set()
        with self._quiet:
            self._quiet.wait_for(lambda: self._busy == 0, patience)


class StashHandler(KeepAliveHandler):
    """One connection. ``traffic`` is set by the subclass that `listen` makes."""

    timeout = 86_400  # Stash keeps idle connections
    traffic: Traffic

    def do_GET(self) -> None:
        """Every method is the site's to judge."""
        cancel = Cancel()
        incoming = Incoming(self.command, self.path, self.headers, self.body(), cancel)
        watch = _Watch(self.connection, cancel)
        try:
            reply = self.traffic.answer(incoming)
        except DropConnection:
            self.hang_up()
            return
        finally:
            watch.end()
        always = {"Vary": "Origin", "X-Content-Type-Options": "nosniff"}
        dated = {**reply.headers, **always, "Date": self.date_time_string()}
        self.answer(reply.status, dated, reply.body)

    def do_POST(self) -> None:
        self.do_GET()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()


def server_for(traffic: Traffic, host: str, port: int) -> HttpServer:
    """A server of one site; not started yet."""
    handler = type("Handler", (StashHandler,), {"traffic": traffic})
    return HttpServer(handler, host, port)


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
        """Stop looking; the connection is the next request's."""
        if self._bell and self._thread:
            self._bell.close()
            self._thread.join()
