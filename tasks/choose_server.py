"""Operations ``servers`` and ``use_server``: the account's servers, their addresses tested from
here, and the choice of one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from plex.addresses import Address
from plex.device_identity import client_identifier, headers
from plex.exceptions import PlexSetupError
from plex.plextv import PlexTv, SignInAgain
from plex.probing import Probed, Question, best_of, probe, probe_all
from plex.resources import PlexServerListed, parse_resources
from sync_queue import credentials, launch
from sync_queue.credentials import ChosenServer, SignIn
from tasks.context import Progress, TaskRequest, TaskResult
from tasks.desk import Desk
from validation.errors import PlexSyncError, SetupError
from validation.setting_types import server_url
from validation.words import count
from worker.observed import note_settings
from worker.servers import CA_BUNDLE, Servers

LONGEST_ADDRESS = 500
NO_SIGN_IN = (
    "The account's servers can be listed for 30 minutes after signing in, until one is chosen."
    " Sign in with Plex."
)
NONE_AT_ALL = (
    "This Plex account has no server. Sign in with the account that owns the server, or claim the"
    " server in Plex: Settings > General."
)
SHARED_ONLY = (
    "Only servers of other users are shared with this account. Sign in as their owner: Plex lets"
    " no other user edit items."
)
NOT_OWNED = "It is shared by {owner}. Only its owner's account may edit items."
NONE_ANSWERS = (
    "None of its addresses works from this machine. Type the address at which this machine, or"
    " this container, reaches Plex."
)
RELAY_ONLY = "It is reachable through Plex's relay only, which is slow. Type a better address."


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """List the servers of the account, their addresses tested from this machine."""
    progress(0.0)
    data_dir = request.locate()
    servers = listed_servers(request, data_dir)
    chosen = credentials.read(data_dir, time.time()).server
    questions = [
        question_of(request, one, address, data_dir)
        for one in servers
        if one.owned
        for address in one.addresses
    ]
    probed: dict[str, list[Probed]] = {}
    for question, result in zip(questions, probe_all(questions), strict=True):
        probed.setdefault(question.machine, []).append(result)
    docs = [server_doc(one, probed.get(one.machine, []), chosen) for one in servers]
    sentence = "" if any(one.owned for one in servers) else NONE_AT_ALL
    if servers and sentence:
        sentence = SHARED_ONLY
    lines = [line for doc in docs for line in described(doc)]
    return TaskResult(
        done=len(docs),
        lines=(*([sentence] if sentence else []), *lines),
        output={"servers": docs, "sentence": sentence},
        exit_code=2 if sentence else 0,
    )


def listed_servers(request: TaskRequest, data_dir: str) -> tuple[PlexServerListed, ...]:
    """The account's servers as plex.tv has them now. Raises ``SetupError`` without a sign-in; a
    token that plex.tv refuses is thrown away."""
    now = time.time()
    stored = credentials.read(data_dir, now)
    if stored.account is None:
        raise SetupError(NO_SIGN_IN)
    plex_tv = PlexTv(request.environ, client_identifier(data_dir))
    try:
        return parse_resources(plex_tv.resources(stored.account.token))
    except SignInAgain:
        credentials.write(data_dir, SignIn(stored.pin, None, stored.server))
        raise


def question_of(
    request: TaskRequest,
    server: PlexServerListed,
    address: Address,
    data_dir: str,
    *,
    insecure_tls: bool = False,
) -> Question:
    """The test of one address of a server, with the server's own token."""
    known = frozenset(one.uri for one in server.addresses)
    sent = headers(client_identifier(data_dir))
    bundle = request.environ.get(CA_BUNDLE, "").strip()
    return Question(address, server.machine, server.token, sent, known, insecure_tls, bundle)


def server_doc(
    server: PlexServerListed, probed: list[Probed], chosen: ChosenServer | None
) -> dict[str, object]:
    """One server for a page. ``best`` is the address to choose, "" for none."""
    best, relayed = best_of(probed), best_of(probed, relay=True)
    sentence = ""
    if not server.owned:
        sentence = NOT_OWNED.format(owner=server.shared_by or "another user")
    elif best is None:
        sentence = RELAY_ONLY if relayed else NONE_ANSWERS
    in_use = chosen is not None and chosen.machine == server.machine
    return {
        "name": server.name,
        "machine": server.machine,
        "owned": server.owned,
        "version": server.version,
        "best": best.address.uri if best else "",
        "chosen": chosen.uri if chosen and in_use else "",
        "sentence": sentence,
        "addresses": [address_doc(one) for one in probed],
    }


def address_doc(probed: Probed) -> dict[str, object]:
    """One tested address for a page."""
    address = probed.address
    return {
        "uri": address.uri,
        "local": address.local,
        "relay": address.relay,
        "secure": address.is_secure,
        "ok": probed.ok,
        "milliseconds": probed.milliseconds,
        "why": probed.why,
    }


def described(doc: Mapping[str, object]) -> list[str]:
    """One server for a terminal."""
    addresses = doc["addresses"]
    said = [f"{doc['name']} ({doc['machine']}), Plex {doc['version']} {doc['sentence']}".rstrip()]
    for one in addresses if isinstance(addresses, list) else []:
        where = "relay" if one["relay"] else "local" if one["local"] else "remote"
        state = f"answers in {one['milliseconds']} ms" if one["ok"] else one["why"]
        best = " (best)" if one["uri"] == doc["best"] else ""
        said.append(f"  {one['uri']} ({where}): {state}{best}")
    return said


def use(desk: Desk) -> TaskResult:
    """Test a server's address, and use the server from now on; the account's token is forgotten."""
    request, data_dir = desk.request, desk.manager.data_dir
    machine, uri = request.text("machine"), typed_address(request.text("uri"))
    if not machine:
        raise SetupError("use_server needs machine, as the operation servers names it.")
    server = server_to_use(request, data_dir, machine)
    address = next((one for one in server.addresses if one.uri == uri), Address(uri, typed=True))
    servers = Servers(desk.manager, request.environ, time.time, time.sleep)
    read_if_possible(servers)
    insecure = servers.settings.config.insecure_tls
    probed = probe(question_of(request, server, address, data_dir, insecure_tls=insecure))
    if not probed.ok:
        raise PlexSetupError(f"{uri} cannot be used: {probed.why}")
    listed = tuple((one.uri, one.local, one.relay) for one in server.addresses)
    chosen = ChosenServer(server.machine, server.name, uri, server.token, listed)
    credentials.write(data_dir, SignIn(None, None, chosen))
    read_if_possible(servers)
    if servers.settings.read_at:
        note_settings(desk.manager, servers.settings)
    if request.lets_worker_in:
        launch.ensure_worker(request.plugin_dir, data_dir, asked=True)
    return TaskResult(
        done=1,
        lines=(used_sentence(servers, chosen),),
        output={
            "name": server.name,
            "machine": machine,
            "uri": uri,
            "milliseconds": probed.milliseconds,
            "source": servers.settings.source,
            "sentence": used_sentence(servers, chosen),
        },
    )


def server_to_use(request: TaskRequest, data_dir: str, machine: str) -> PlexServerListed:
    """The server to choose: from the account's list, or the chosen one for another address."""
    stored = credentials.read(data_dir, time.time())
    if stored.account is None and stored.server and stored.server.machine == machine:
        known = stored.server
        listed = tuple(Address(uri, local, relay) for uri, local, relay in known.addresses)
        return PlexServerListed(known.name, machine, "", True, "", known.token, listed)
    found = {one.machine: one for one in listed_servers(request, data_dir)}
    server = found.get(machine)
    if server is None:
        raise SetupError(
            f"The account has {count(len(found), 'server', 'servers')}, but no {machine}."
        )
    if not server.owned:
        raise SetupError(f"{server.name}: {NOT_OWNED.format(owner=server.shared_by or 'a user')}")
    if not server.token:
        raise SetupError(f"plex.tv gives no token for {server.name}. Sign in again.")
    return server


def typed_address(text: str) -> str:
    """An address as a user may type it, with Plex's own port where none is given."""
    try:
        uri = server_url(text)
    except ValueError as error:
        raise SetupError(f"uri must {error}.") from None
    if not uri:
        raise SetupError("use_server needs uri, an address of the server.")
    parts = urlsplit(uri)
    if parts.port is None and parts.scheme == "http" and not parts.path:
        return f"{uri}:32400"
    return uri


def read_if_possible(servers: Servers) -> None:
    """Read the settings where Stash answers: the choice does not depend on it."""
    try:
        servers.read_settings()
    except PlexSyncError:
        servers.settings = replace(servers.settings, read_at=0.0)


def used_sentence(servers: Servers, chosen: ChosenServer) -> str:
    """Which Plex is in use now."""
    if servers.settings.read_at and servers.settings.signed_in is None:
        return (
            f"{chosen.name} is stored, but the settings plex_url and plex_token are filled in and"
            " win. Empty both to use the sign-in."
        )
    return f"{chosen.name} at {chosen.uri} is used from now on."
