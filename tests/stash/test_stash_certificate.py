"""Stash with its own certificate: believed on this machine, nowhere else."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator

import pytest

from simulators.http_server import HttpServer, KeepAliveHandler
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import StashUnavailable

CERTIFICATE = os.path.join(os.path.dirname(__file__), "..", "data", "tls", "self_signed.pem")
ANSWER = b"""{"data": {"version": {"version": "v0.30.1", "hash": "x", "build_time": ""},
"configuration": {"general": {"apiKey": ""}, "plugins": {}}, "plugins": []}}"""


class Secure(KeepAliveHandler):
    """Answers every question in one way, behind a certificate that nobody knows."""

    def setup(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        try:
            self.request = context.wrap_socket(self.request, server_side=True)
        except ssl.SSLError:  # the client hung up over the certificate
            self.request.close()
            raise ConnectionAbortedError from None
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def do_POST(self) -> None:
        self.body()
        self.close_connection = True
        headers = {"Content-Type": "application/json", "Connection": "close"}
        self.answer(200, headers, ANSWER)


@pytest.fixture
def secure() -> Iterator[HttpServer]:
    server = HttpServer(Secure).start()
    yield server
    server.stop()


def test_stashs_own_certificate_needs_no_check_on_this_machine(secure: HttpServer) -> None:
    connection = StashConnection("https", "127.0.0.1", secure.port)

    assert StashClient(connection).read_settings() == ({}, True)


def test_an_unknown_certificate_elsewhere_is_refused(secure: HttpServer) -> None:
    """0.0.0.0 stands for an address that is not known to be this machine."""
    connection = StashConnection("https", "0.0.0.0", secure.port)
    assert not connection.is_local

    with pytest.raises(StashUnavailable, match="certificate"):
        StashClient(connection).read_settings()
