"""The token goes to Plex in one header and nowhere else; certificates; who we are."""

from __future__ import annotations

import json
import logging
import os
import ssl
import stat
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plex.client import PlexClient
from plex.device_identity import FILE_NAME, client_identifier
from plex.exceptions import PlexTemporaryError
from plex.isolation import BASE_HEADERS, configure
from simulators.faults import Kind
from simulators.http_server import HttpServer, KeepAliveHandler
from simulators.plex.server import PlexSimulator
from tests.plex.conftest import TOKEN, MakeClient, edits
from validation.errors import PlexSyncError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CERTIFICATE = os.path.join(ROOT, "tests", "data", "tls", "self_signed.pem")
IDENTITY = {
    "X-Plex-Product": "PlexSync",
    "X-Plex-Client-Identifier": "device-for-tests",
}


@pytest.fixture
def restored_headers() -> Iterator[None]:
    before = dict(BASE_HEADERS)
    yield
    BASE_HEADERS.clear()
    BASE_HEADERS.update(before)


# -- the token ---------------------------------------------------------------------------------


def everything_a_client_can_do(client: PlexClient, rating_key: int) -> Iterator[str]:
    """Yield what a person could get to read of each step that fails."""
    picture = b"\x89PNG\r\n\x1a\n"
    (section,) = client.sections()
    steps: list[Callable[[], object]] = [
        lambda: client.server,
        lambda: client.sections(fresh=True),
        lambda: client.find_by_file(section, "a.mp4"),
        lambda: client.index_page(section, 0, 10),
        lambda: client.read(rating_key),
        lambda: client.read_many([rating_key]),
        lambda: client.write(edits(rating_key, title="x")),
        lambda: client.rate(rating_key, 5),
        lambda: client.upload_image(rating_key, "poster", picture),
        lambda: client.shows_upload(rating_key, "poster", "0" * 40),
        lambda: client.scan_folder(section, "/data/movies/x"),
    ]
    for step in steps:
        try:
            step()
        except PlexSyncError as error:
            yield "".join(traceback.format_exception(error))
            yield f"{error!r} {error} {error.__dict__}"
    yield f"{client!r} {client} {client.identity()}"


def test_the_token_is_in_no_address_log_error_or_repr(
    plex: PlexSimulator, client: PlexClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("plexapi").setLevel(logging.DEBUG)
    movie = plex.add_movie(plex.library.sections[1], "/data/movies/a.mp4")
    shown = list(everything_a_client_can_do(client, movie.rating_key))
    for kind in (Kind.STATUS, Kind.CLOSE_BEFORE, Kind.HTML, Kind.GARBAGE, Kind.REDIRECT):
        client.sections()
        plex.faults.add(kind, path="^/(?!library/sections$)", times=None, location="http://x/")
        shown += everything_a_client_can_do(client, movie.rating_key)
        plex.faults.clear()
    logging.getLogger("plexapi").setLevel(logging.INFO)

    assert len(shown) > 60
    assert not [text for text in (*shown, caplog.text) if TOKEN in text]
    assert not [request for request in plex.requests if TOKEN in request.target]
    with_token = {request.path for request in plex.requests if TOKEN in request.headers.values()}
    assert "/library/sections" in with_token
    assert "/identity" not in with_token


def test_a_failed_edit_does_not_show_the_scene(plex: PlexSimulator, client: PlexClient) -> None:
    """What people read in logs names no titles: requests would put the whole edit there."""
    movie = plex.add_movie(plex.library.sections[1], "/data/movies/a.mp4")
    client.read(movie.rating_key)
    plex.stop()
    title = "-".join(("a", "private", "title"))

    with pytest.raises(PlexTemporaryError) as caught:
        client.write(edits(movie.rating_key, title=title))

    assert title not in "".join(traceback.format_exception(caught.value))


HOSTILE = """\
[auth]
server_token = token-of-the-config
server_baseurl = http://127.0.0.1:1
[header]
identifier = device-of-the-config
[log]
show_secrets = true
level = DEBUG
path = {log}
[plexapi]
timeout = 0
"""


@pytest.mark.parametrize("config", [HOSTILE, "this is no configuration file"])
def test_plexapis_configuration_of_the_machine_changes_nothing(
    plex: PlexSimulator, tmp_path: Path, config: str
) -> None:
    log = tmp_path / "plexapi.log"
    folder = tmp_path / ".config" / "plexapi"
    folder.mkdir(parents=True)
    (folder / "config.ini").write_text(config.format(log=log))
    code = (
        "from plex.client import PlexClient\n"
        f"client = PlexClient({plex.url!r}, {TOKEN!r}, identifier='ours')\n"
        "print(client.sections()[0].title)"
    )
    env = {
        **os.environ,
        "HOME": str(tmp_path),
        "USERPROFILE": str(tmp_path),
        "PYTHONPATH": ROOT,
        "PLEXAPI_LOG_SHOW_SECRETS": "true",
        "PLEXAPI_HEADER_IDENTIFIER": "device-of-the-environment",
        "PLEXAPI_AUTH_SERVER_TOKEN": "token-of-the-environment",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }

    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60
    )

    assert (done.stdout.strip(), done.stderr) == ("Movies", "")
    assert not log.exists()
    for request in plex.requests:
        assert request.headers["X-Plex-Token"] == TOKEN
        assert request.headers["X-Plex-Client-Identifier"] == "ours"
        assert TOKEN not in request.target


@pytest.mark.posix
def test_a_netrc_file_logs_in_nowhere(
    plex: PlexSimulator, make_client: MakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login anna password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    make_client().sections()

    assert not [r for r in plex.requests if any("uthorization" in name for name in r.headers)]


# -- certificates ------------------------------------------------------------------------------


class Secure(KeepAliveHandler):
    """A Plex with a certificate that nobody knows."""

    seen: list[str | None]

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

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("X-Plex-Token"))
        body = b'<MediaContainer machineIdentifier="m" version="1.43"/>'
        self.close_connection = True
        headers = {"Content-Type": "text/xml;charset=utf-8", "Connection": "close"}
        self.answer(200, headers, body)


@pytest.fixture
def secure() -> Iterator[HttpServer]:
    Secure.seen = []
    server = HttpServer(Secure).start()
    yield server
    server.stop()


def test_an_unknown_certificate_is_refused_and_the_token_stays_here(
    secure: HttpServer, make_client: MakeClient
) -> None:
    client = make_client(secure.url.replace("http:", "https:"))

    with pytest.raises(PlexTemporaryError, match="insecure_tls"):
        client.sections()

    assert Secure.seen == []


def test_an_unknown_certificate_is_accepted_if_the_setting_says_so(
    secure: HttpServer, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    client = make_client(secure.url.replace("http:", "https:"), insecure_tls=True)

    assert client.server == "m"
    assert Secure.seen == [TOKEN]


def test_a_certificate_of_a_named_authority_is_accepted(
    secure: HttpServer, make_client: MakeClient
) -> None:
    address = secure.url.replace("http:", "https:")

    assert make_client(address, ca_bundle=CERTIFICATE).server == "m"
    with pytest.raises(PlexTemporaryError, match="PLEXSYNC_CA_BUNDLE"):
        make_client(address.replace("127.0.0.1", "0.0.0.0"), ca_bundle=CERTIFICATE).sections()
    assert Secure.seen == [TOKEN]


# -- who we are --------------------------------------------------------------------------------


def test_the_identifier_is_kept_in_the_data_directory(tmp_path: Path) -> None:
    made = client_identifier(str(tmp_path))

    assert client_identifier(str(tmp_path)) == made
    stored = tmp_path / FILE_NAME
    assert json.loads(stored.read_text()) == {"version": 1, "identifier": made}
    if os.name == "posix":
        assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == [FILE_NAME]


def test_two_data_directories_are_two_devices(tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    one.mkdir()
    two.mkdir()

    assert client_identifier(str(one)) != client_identifier(str(two))


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"version": 1}', '{"version": 1, "identifier": 5}', "\x00", "[" * 9],
)
def test_a_damaged_identity_is_made_again_and_then_kept(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)

    made = client_identifier(str(tmp_path))

    assert len(made) == 36
    assert client_identifier(str(tmp_path)) == made


def test_an_identity_that_cannot_be_kept_is_said_and_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = client_identifier(str(tmp_path / "missing"))

    assert len(made) == 36
    assert "new device after each start" in caplog.text


@pytest.mark.usefixtures("restored_headers")
def test_every_request_says_who_we_are(plex: PlexSimulator, make_client: MakeClient) -> None:
    make_client(identifier="device-for-tests").sections()

    for request in plex.requests:
        assert IDENTITY.items() <= request.headers.items()


@pytest.mark.usefixtures("restored_headers")
@pytest.mark.parametrize("name", ["Büro-PC – links", "日本", "a\r\nX-Evil: 1", " padded "])
def test_any_name_becomes_a_header_that_http_can_carry(
    plex: PlexSimulator, make_client: MakeClient, name: str
) -> None:
    configure(name, version=name)

    make_client().sections()

    assert BASE_HEADERS["X-Plex-Client-Identifier"].isprintable()
    assert not [r for r in plex.requests if "X-Evil" in r.headers]


# -- what Plex says and keeps -------------------------------------------------------------------


class Talkative(KeepAliveHandler):
    """Repeats the token in every way, and wants a cookie kept with each answer."""

    cookies: list[str]
    words = ""
    location = ""

    def do_GET(self) -> None:
        self.cookies.append(self.headers.get("Cookie", ""))
        headers = {"Content-Type": "text/xml", "Set-Cookie": f"n{len(self.cookies)}={'x' * 3000}"}
        if self.path == "/":
            self.answer(200, headers, b"<MediaContainer machineIdentifier='m' version='1'/>")
            return
        status = 302 if self.location else 503
        headers |= {"Location": self.location} if self.location else {}
        self.answer(status, headers, f'<Response status="{self.words}"/>'.encode())


@pytest.fixture
def talkative() -> Iterator[HttpServer]:
    Talkative.cookies, Talkative.words, Talkative.location = [], "", ""
    server = HttpServer(Talkative).start()
    yield server
    server.stop()


def test_no_cookie_of_plex_is_kept_or_sent(talkative: HttpServer, make_client: MakeClient) -> None:
    client = make_client(talkative.url)
    for _ in range(3):
        with pytest.raises(PlexTemporaryError):
            client.sections(fresh=True)

    assert len(Talkative.cookies) > 5
    assert set(Talkative.cookies) == {""}


@pytest.mark.parametrize(
    "echo",
    [TOKEN, TOKEN.upper(), f"?X-Plex-Token={TOKEN}", "&#x9;".join(TOKEN), "x" * 190 + TOKEN],
)
def test_an_echoed_token_is_in_no_error(
    talkative: HttpServer, make_client: MakeClient, echo: str
) -> None:
    Talkative.words = f"No such path {echo}"

    with pytest.raises(PlexTemporaryError) as caught:
        make_client(talkative.url).sections()
    assert str(caught.value) == "Plex cannot answer now (HTTP 503)."


def test_a_redirect_that_names_the_token_is_not_shown(
    talkative: HttpServer, make_client: MakeClient
) -> None:
    Talkative.location = f"http://{TOKEN}.example.org/"

    with pytest.raises(PlexSyncError) as caught:
        make_client(talkative.url).sections()
    assert TOKEN not in str(caught.value)


def test_a_sentence_of_plex_is_one_line(talkative: HttpServer, make_client: MakeClient) -> None:
    Talkative.words = "Maintenance&#10;2026 ERROR \x9b2J" + "y" * 1000

    with pytest.raises(PlexTemporaryError) as caught:
        make_client(talkative.url).sections()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300
