"""One table from cause to error, reached through the real stack: requests, plexapi, our client."""

from __future__ import annotations

import inspect
import random
import socket
import threading
import traceback
from collections.abc import Iterator
from types import ModuleType
from xml.etree.ElementTree import ParseError

import plexapi.exceptions
import pytest
import requests.exceptions

from plex.client import PlexClient
from plex.exceptions import (
    PlexNotFound,
    PlexPermanentError,
    PlexSetupError,
    PlexTemporaryError,
    WrongToken,
    error_for_status,
    translate_plex_exception,
)
from simulators.faults import Kind
from simulators.http_server import HttpServer, KeepAliveHandler
from simulators.plex.items import Item
from simulators.plex.server import PlexSimulator
from tests.plex.conftest import TOKEN, MakeClient, edits
from validation.errors import InvalidScene, PlexSyncError

SETUP = {401, 403}
NOT_FOUND = {404}
PERMANENT = {400, 409, 413, 414, 431}


def expected_for(status: int) -> type[PlexSyncError]:
    if status in SETUP:
        return WrongToken
    if status in NOT_FOUND:
        return PlexNotFound
    return PlexPermanentError if status in PERMANENT else PlexTemporaryError


@pytest.fixture
def movie(plex: PlexSimulator) -> Item:
    return plex.add_movie(plex.library.sections[1], "/data/movies/a.mp4")


def test_every_status_from_400_to_599_has_its_error(
    plex: PlexSimulator, client: PlexClient, movie: Item
) -> None:
    client.read(movie.rating_key)
    wrong = {}
    for status in range(400, 600):
        plex.faults.clear()
        plex.faults.add(Kind.STATUS, path="/library/metadata", times=None, status=status)
        with pytest.raises(PlexSyncError) as caught:
            client.read(movie.rating_key)
        if type(caught.value) is not expected_for(status) or str(status) not in str(caught.value):
            wrong[status] = caught.value
        if isinstance(caught.value, PlexPermanentError):
            assert caught.value.status == status

    assert wrong == {}


@pytest.mark.parametrize("status", sorted(SETUP | PERMANENT | {500, 503, 498, 520, 429}))
def test_a_refused_write_has_the_same_error_as_a_refused_read(
    plex: PlexSimulator, client: PlexClient, movie: Item, status: int
) -> None:
    plex.faults.add(Kind.STATUS, method="PUT", times=None, status=status)

    with pytest.raises(expected_for(status)):
        client.write(edits(movie.rating_key, title="x"))


@pytest.mark.parametrize("status", sorted(PERMANENT))
def test_a_server_that_refuses_even_the_first_question_is_not_plex(
    plex: PlexSimulator, client: PlexClient, movie: Item, status: int
) -> None:
    """As a proxy's TLS port answers 400 to plain http."""
    plex.faults.add(Kind.STATUS, times=None, status=status)

    with pytest.raises(PlexSetupError, match=f"plex_url.*{status}"):
        client.read(movie.rating_key)


@pytest.mark.parametrize("status", sorted(PERMANENT))
def test_a_refusal_counts_only_when_plex_itself_answers(
    plex: PlexSimulator, client: PlexClient, movie: Item, status: int
) -> None:
    client.read(movie.rating_key)
    plex.faults.add(Kind.STATUS, times=None, status=status)

    with pytest.raises(PlexTemporaryError, match="in Plex's place"):
        client.write(edits(movie.rating_key, title="x"))


@pytest.mark.parametrize("status", sorted(PERMANENT))
def test_a_refused_request_that_carries_nothing_of_one_scene_is_temporary(
    plex: PlexSimulator, client: PlexClient, movie: Item, status: int
) -> None:
    section = client.sections()[0]
    plex.faults.add(Kind.STATUS, path="/library", times=None, status=status)

    for ask in (
        lambda: client.sections(fresh=True),
        lambda: client.index_page(section, 0, 10),
        lambda: client.read_many([movie.rating_key, movie.rating_key + 1]),
    ):
        with pytest.raises(PlexTemporaryError):
            ask()
    with pytest.raises(PlexPermanentError):
        client.find_by_file(section, "a title")
    with pytest.raises(PlexPermanentError):
        client.read_many([movie.rating_key])


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 202, 206])
def test_other_answers_than_success_are_errors_too(
    plex: PlexSimulator, client: PlexClient, movie: Item, status: int
) -> None:
    client.read(movie.rating_key)
    plex.faults.add(Kind.STATUS, times=None, status=status)

    with pytest.raises(PlexSyncError):
        client.read(movie.rating_key)


@pytest.mark.parametrize(
    "kind",
    [
        Kind.MAINTENANCE,
        Kind.GARBAGE,
        Kind.HTML,
        Kind.EMPTY,
        Kind.CLOSE_BEFORE,
        Kind.CLOSE_AFTER,
        Kind.TRUNCATED,
        Kind.DROP_BODY,
    ],
)
@pytest.mark.parametrize("path", ["^/$", "/library/metadata"])
def test_every_damaged_answer_is_temporary_and_the_next_good_one_is_used(
    plex: PlexSimulator, client: PlexClient, movie: Item, kind: Kind, path: str
) -> None:
    plex.faults.add(kind, path=path, times=3)

    with pytest.raises(PlexTemporaryError):
        client.read(movie.rating_key)

    assert client.read(movie.rating_key).rating_key == movie.rating_key


class Tongues(KeepAliveHandler):
    """Answers XML in whatever encoding it declares, with ``status`` under every path."""

    encoding, status = "klingon", 200

    def do_GET(self) -> None:
        body = f'<?xml version="1.0" encoding="{self.encoding}"?><MediaContainer/>'.encode()
        self.answer(self.status, {"Content-Type": "text/xml;charset=utf-8"}, body)


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize("encoding", ["klingon", "base64", "utf-7", "utf-16"])
def test_xml_in_an_unknown_encoding_is_temporary(
    make_client: MakeClient, encoding: str, status: int
) -> None:
    tongue = type("Tongue", (Tongues,), {"encoding": encoding, "status": status})
    server = HttpServer(tongue).start()
    client = make_client(server.url)

    with pytest.raises(PlexTemporaryError):
        client.sections()
    assert not client.identity()
    server.stop()


def test_the_reason_of_plexs_maintenance_is_reported(
    plex: PlexSimulator, client: PlexClient
) -> None:
    plex.faults.add(Kind.MAINTENANCE, times=None)

    with pytest.raises(PlexTemporaryError, match="database migrations"):
        client.sections()


def test_a_slow_answer_is_not_waited_for_beyond_its_limit(
    plex: PlexSimulator, make_client: MakeClient
) -> None:
    plex.faults.add(Kind.DELAY, times=None, seconds=30)

    with pytest.raises(PlexTemporaryError, match="too long"):
        make_client(read_timeout=0.3, rng=lambda: 10.0).sections()


def test_an_answer_that_drips_is_given_up(
    plex: PlexSimulator, make_client: MakeClient, movie: Item
) -> None:
    """Each piece comes within the read timeout; the whole answer would take far longer."""
    movie.fields["summary"] = random.Random(1).randbytes(200_000).hex()
    make_client().read(movie.rating_key)
    plex.faults.add(Kind.DRIP, path="/library/metadata", times=None, seconds=0.25)

    with pytest.raises(PlexTemporaryError, match="took too long"):
        make_client(read_timeout=0.4, rng=lambda: 10.0).read(movie.rating_key)


def test_an_answer_without_charset_is_read_as_utf_8(
    plex: PlexSimulator, client: PlexClient, movie: Item
) -> None:
    movie.fields["title"] = "Café – “Noir” 🎬"
    plex.faults.add(Kind.NO_CHARSET, times=None)

    assert client.read(movie.rating_key).title == "Café – “Noir” 🎬"


def test_a_404_is_not_found_only_when_plex_itself_answers(
    plex: PlexSimulator, client: PlexClient
) -> None:
    with pytest.raises(PlexNotFound):
        client.read(99)
    plex.faults.add(Kind.STATUS, path="/identity", times=None, status=404)

    with pytest.raises(PlexTemporaryError):
        client.read(99)


def test_another_plex_at_the_address_is_no_witness_that_an_item_is_gone(
    plex: PlexSimulator, make_client: MakeClient, movie: Item
) -> None:
    client = make_client()
    before = client.server
    plex.stop()
    with PlexSimulator(token=TOKEN, port=int(plex.url.rpartition(":")[2])) as other:
        with pytest.raises(PlexTemporaryError):
            client.read(movie.rating_key)

        assert client.server == other.machine_identifier != before


def test_a_library_that_is_gone_says_nothing_about_an_item(
    plex: PlexSimulator, client: PlexClient
) -> None:
    section = client.sections()[0]
    del plex.library.sections[1]

    with pytest.raises(PlexTemporaryError, match="library"):
        client.find_by_file(section, "a.mp4")
    assert client.sections() == ()


def test_no_plex_at_all_is_temporary_at_once_and_named(make_client: MakeClient) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = make_client(f"http://127.0.0.1:{taken.getsockname()[1]}")

        with pytest.raises(PlexTemporaryError, match="not reachable"):
            client.sections()


def test_a_name_that_is_in_no_dns_is_temporary_and_named(make_client: MakeClient) -> None:
    client = make_client("http://plex.invalid:32400")

    with pytest.raises(PlexTemporaryError, match="not reachable"):
        client.sections()
    assert not client.identity()


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("", "t"),
        ("http://127.0.0.1:1", ""),
        ("127.0.0.1:32400", "t"),
        ("plex", "t"),
        ("ftp://127.0.0.1:1", "t"),
        ("http://", "t"),
        ("http://[::1", "t"),
        ("http://127.0.0.1:port", "t"),
        ("http://a..b:1", "t"),
        ("http://*bad:1", "t"),
        ("http://127.0.0.1:1", "to\nken"),
        ("http://127.0.0.1:1", "tök–en"),
    ],
)
def test_an_address_or_token_that_cannot_work_needs_the_user(
    make_client: MakeClient, url: str, token: str
) -> None:
    client = PlexClient(url, token, sleep=lambda _: None)

    with pytest.raises(PlexSetupError, match=r"plex_url|plex_token") as caught:
        client.sections()

    assert len(token) < 2 or token not in "".join(traceback.format_exception(caught.value))


def test_a_wrong_token_needs_the_user(make_client: MakeClient) -> None:
    with pytest.raises(PlexSetupError, match="plex_token"):
        make_client(token="wrong").sections()


# -- redirects ---------------------------------------------------------------------------------


class Elsewhere(KeepAliveHandler):
    """Another server. It must never hear from us."""

    heard: list[str]

    def do_GET(self) -> None:
        self.heard.append(f"{self.command} {self.headers.get('X-Plex-Token')}")
        self.answer(200, {}, b"<MediaContainer machineIdentifier='other'/>")

    do_PUT = do_POST = do_GET  # noqa: N815 (the library's names)


@pytest.fixture
def elsewhere() -> Iterator[HttpServer]:
    Elsewhere.heard = []
    server = HttpServer(Elsewhere).start()
    yield server
    server.stop()


def test_no_redirect_is_followed_and_no_token_travels(
    plex: PlexSimulator, client: PlexClient, movie: Item, elsewhere: HttpServer
) -> None:
    client.read(movie.rating_key)
    plex.faults.add(Kind.REDIRECT, times=None, location=f"{elsewhere.url}/library")

    with pytest.raises(PlexSetupError, match="plex_url"):
        client.read(movie.rating_key)
    with pytest.raises(PlexSetupError, match=elsewhere.host):
        client.write(edits(movie.rating_key, title="x"))
    with pytest.raises(PlexSetupError):
        client.upload_image(movie.rating_key, "poster", b"\xff\xd8\xff")

    assert Elsewhere.heard == []
    assert [request.method for request in plex.requests][-3:] == ["GET", "PUT", "POST"]
    assert movie.title == "a"


# -- retries -----------------------------------------------------------------------------------


def test_two_failures_are_ridden_out(
    plex: PlexSimulator, client: PlexClient, movie: Item, naps: list[float]
) -> None:
    client.read(movie.rating_key)
    plex.faults.add(Kind.STATUS, times=2, status=503)

    assert client.read(movie.rating_key).title == "a"
    assert naps == [0.5, 1.0]


def test_three_failures_are_one(
    plex: PlexSimulator, client: PlexClient, movie: Item, naps: list[float]
) -> None:
    client.read(movie.rating_key)
    plex.requests.clear()
    plex.faults.add(Kind.STATUS, times=None, status=500)

    with pytest.raises(PlexTemporaryError):
        client.read(movie.rating_key)

    assert len(plex.requests) == 3
    assert len(naps) == 2


def test_slow_failures_are_not_repeated_beyond_five_seconds(
    plex: PlexSimulator, make_client: MakeClient, movie: Item, naps: list[float]
) -> None:
    """A wait that would end after the fifth second is not begun."""
    client = make_client(rng=lambda: 5.1)
    client.read(movie.rating_key)
    plex.requests.clear()
    plex.faults.add(Kind.STATUS, times=None, status=500)

    with pytest.raises(PlexTemporaryError):
        client.read(movie.rating_key)

    assert len(plex.requests) == 1
    assert naps == []


@pytest.mark.parametrize("status", sorted(SETUP | NOT_FOUND | PERMANENT))
def test_an_error_that_no_retry_helps_is_not_retried(
    plex: PlexSimulator, client: PlexClient, movie: Item, naps: list[float], status: int
) -> None:
    client.read(movie.rating_key)
    plex.faults.add(Kind.STATUS, path="/library/metadata", times=None, status=status)

    with pytest.raises(PlexSyncError):
        client.read(movie.rating_key)

    assert naps == []


def test_a_write_whose_reply_is_lost_is_said_again(
    plex: PlexSimulator, client: PlexClient, movie: Item
) -> None:
    plex.faults.add(Kind.CLOSE_AFTER, method="PUT", times=1)

    client.write(edits(movie.rating_key, title="New"))

    assert movie.title == "New"


def test_a_connection_that_plex_closed_while_idle_is_opened_again(
    plex: PlexSimulator, client: PlexClient, movie: Item, naps: list[float]
) -> None:
    client.read(movie.rating_key)
    plex.restart()

    assert client.read(movie.rating_key).title == "a"
    assert naps == []


class Busy(KeepAliveHandler):
    """Says when to come back."""

    def do_GET(self) -> None:
        self.answer(503, {"Retry-After": "120"}, b"")


def test_a_server_that_says_when_to_come_back_is_not_asked_before(
    make_client: MakeClient, naps: list[float]
) -> None:
    server = HttpServer(Busy).start()

    with pytest.raises(PlexTemporaryError) as caught:
        make_client(server.url).sections()
    server.stop()

    assert caught.value.retry_after == 120
    assert naps == []


class Endless(KeepAliveHandler):
    """Never stops answering."""

    def do_GET(self) -> None:
        self.send_response_only(200)
        self.send_header("Content-Type", "text/xml;charset=utf-8")
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b"<x>" * 100_000)
        except OSError:
            Endless.gone.set()

    gone = threading.Event()


def test_an_answer_without_end_is_given_up(make_client: MakeClient) -> None:
    server = HttpServer(Endless).start()
    client = make_client(server.url, rng=lambda: 10.0)

    with pytest.raises(PlexTemporaryError, match="too long"):
        client.sections()

    assert Endless.gone.wait(10)
    server.stop()


# -- the table itself --------------------------------------------------------------------------


def classes_of(module: ModuleType) -> list[type[Exception]]:
    """The exceptions of a library itself, without those that it imports to translate them."""
    own = module.__name__.partition(".")[0]
    return [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception)
        and not issubclass(kind, Warning)
        and kind.__module__.startswith(own)
    ]


FOREIGN = [
    *classes_of(plexapi.exceptions),
    *classes_of(requests.exceptions),
    ParseError,
    TypeError,
    LookupError,
    UnicodeEncodeError,
    ConnectionResetError,
    TimeoutError,
]


def test_an_error_without_a_row_is_temporary_and_called_unexpected() -> None:
    assert "Unexpected" in str(translate_plex_exception(AttributeError("x")))


def test_a_new_exception_of_plexapi_would_be_noticed() -> None:
    assert {kind.__name__ for kind in classes_of(plexapi.exceptions)} == {
        "BadRequest",
        "NotFound",
        "PlexApiException",
        "TwoFactorRequired",
        "Unauthorized",
        "UnknownType",
        "Unsupported",
    }


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_foreign_exception_has_a_row(kind: type[Exception]) -> None:
    error = translate_plex_exception(kind.__new__(kind))

    assert isinstance(error, PlexTemporaryError | PlexNotFound | PlexSetupError)
    assert kind.__name__ in str(error)
    assert "Unexpected" not in str(error)


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        (plexapi.exceptions.BadRequest, PlexTemporaryError),
        (plexapi.exceptions.Unauthorized, WrongToken),
        (plexapi.exceptions.TwoFactorRequired, WrongToken),
        (plexapi.exceptions.NotFound, PlexNotFound),
        (requests.exceptions.SSLError, PlexTemporaryError),
        (requests.exceptions.InvalidHeader, PlexSetupError),
        (requests.exceptions.InvalidSchema, PlexSetupError),
        (requests.exceptions.InvalidURL, PlexSetupError),
        (requests.exceptions.MissingSchema, PlexSetupError),
        (UnicodeEncodeError, PlexSetupError),
        (ValueError, PlexTemporaryError),
        (KeyError, PlexTemporaryError),
    ],
)
def test_the_most_specific_row_decides(kind: type[Exception], ours: type[Exception]) -> None:
    assert type(translate_plex_exception(kind.__new__(kind))) is ours


def test_a_certificate_error_is_distinguished_from_no_connection() -> None:
    assert "insecure_tls" in str(translate_plex_exception(requests.exceptions.SSLError()))
    assert "insecure_tls" not in str(
        translate_plex_exception(requests.exceptions.ConnectionError())
    )


@pytest.mark.parametrize("status", range(300, 600))
def test_a_known_status_decides_before_the_type(status: int) -> None:
    error = translate_plex_exception(plexapi.exceptions.BadRequest("(200) ok"), status)

    expected = PlexSetupError if status < 400 else expected_for(status)
    assert type(error) is expected is type(error_for_status(status))


def test_an_error_of_ours_is_not_translated() -> None:
    error = InvalidScene("x")

    assert translate_plex_exception(error, 503) is error
