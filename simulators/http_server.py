"""A small HTTP/1.1 server on loopback that can be stopped and started again on its port."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Self

Address = tuple[str, int]
# How long a restarted server waits for its port.
PORT_SECONDS = 30.0
# No system gives these ports to clients, and each process begins at another: a port of a stopped
# server is not given to another.
_PORTS = cycle(random.SystemRandom().sample(range(10_000, 32_000), 22_000))
_TAKEN = frozenset({errno.EADDRINUSE, errno.EACCES})


class KeepAliveHandler(BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive, one packet per answer, and no line on stderr per request."""

    protocol_version = "HTTP/1.1"
    # Unbuffered writes send headers and body as two packets; with Nagle's algorithm and delayed
    # acknowledgement that costs 30 ms for each request.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 20  # Plex closes an idle connection after 20 s

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the simulators keep their own request log."""

    def body(self) -> bytes:
        """The request's body; empty when the client declares none."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send a whole answer with its exact Content-Length."""
        self.send_response_only(status, self.responses.get(status, ("Unknown", ""))[0])
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def hang_up(self) -> None:
        """Close the connection without another byte; what was buffered is thrown away."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = os.name != "nt"  # Windows lets two servers listen at one address

    def __init__(self, address: Address, handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, handler)

    def server_bind(self) -> None:
        # HTTPServer.server_bind asks the resolver for the host's name, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name = str(self.server_address[0])
        self.server_port = self.server_address[1]

    def process_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: object) -> None:
        assert isinstance(request, socket.socket)
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent when a client went away; anything else is our own bug and is shown."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def hang_up_all(self) -> None:
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class HttpServer:
    """Serves ``handler`` on ``host:port``; port 0 picks a free one, which later starts keep.

    While stopped, connections are refused and the ones that were open are closed.
    """

    def __init__(
        self, handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.host = host
        self.port = port
        self._handler = handler
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address without a trailing slash; its port is known after the first start."""
        return f"http://{self.host}:{self.port}"

    @property
    def running(self) -> bool:
        return self._server is not None

    def _listen(self) -> _Server:
        """A server at our port, or at the next free one."""
        deadline = time.monotonic() + PORT_SECONDS
        while True:
            try:
                return _Server((self.host, self.port or next(_PORTS)), self._handler)
            except OSError as error:
                if error.errno not in _TAKEN or time.monotonic() > deadline:
                    raise
            time.sleep(0.05 if self.port else 0.0)

    def start(self) -> Self:
        """Listen and serve in a background thread."""
        if self._server is None:
            self._server = self._listen()
            self.port = self._server.server_port
            self._thread = threading.Thread(
                target=self._server.serve_forever,
                kwargs={"poll_interval": 0.02},
                name=f"http-{self.port}",
                daemon=True,
            )
            self._thread.start()
        return self

    def stop(self) -> None:
        """Close the listening socket and every open connection."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up_all()
        self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
