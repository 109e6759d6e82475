"""Mode ``setup``, for a shell: sign in with Plex, choose a server and its address, step by step.

With ``--json`` each step is one line, and nothing is asked: the best address of the only server is
taken, or what ``--machine`` and ``--uri`` name.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tasks import choose_server, sign_in
from tasks.context import Progress, TaskRequest, TaskResult
from tasks.desk import open_desk
from validation.errors import SetupError
from validation.texts import one_line, one_lines

POLL_SECONDS = 2.0
NEXT = "Next: process_queue.py libraries, paths, preview --dry-run and sync-all."
SEVERAL = "The account has several servers; name one with --machine: {machines}."


class Conversation:
    """The user at a terminal, or a script that reads one JSON object a line."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.asks = not as_json and sys.stdin is not None and sys.stdin.isatty()

    def step(self, name: str, output: Mapping[str, Any], lines: tuple[str, ...]) -> None:
        """Show what a step found."""
        said = [json.dumps(one_lines({"step": name, **output}))]
        if not self.as_json:
            said = [one_line(line) for line in lines]
        for line in said:
            sys.stdout.buffer.write(f"{line}\n".encode(sys.stdout.encoding, "backslashreplace"))
        sys.stdout.flush()

    def answer(self, question: str, default: str) -> str:
        """The user's answer, or the default where nobody can be asked."""
        if not self.asks:
            return default
        sys.stdout.write(f"{question} [{default}] ")
        sys.stdout.flush()
        return sys.stdin.readline().strip() or default


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Set up the connection to Plex. Raises ``SetupError`` where a step leads nowhere."""
    if request.connection:
        raise SetupError("setup is for a shell. A page uses sign_in, servers and use_server.")
    talk = Conversation(as_json=request.flag("json"))
    data_dir = request.resolve()
    wait_for_sign_in(request, data_dir, talk)
    listed = choose_server.run(request, progress)
    talk.step("servers", listed.output, listed.lines)
    server = server_of(request, listed.output, talk)
    uri = request.text("uri") or talk.answer("Which address?", str(server["best"]))
    if not uri:
        raise SetupError(f"{server['sentence']} Name an address with --uri.")
    arguments = {"machine": server["machine"], "uri": uri}
    asked = replace(request, mode="use_server", arguments=arguments)
    with open_desk(asked, progress) as desk:
        used = choose_server.use(desk)
    return TaskResult(done=1, lines=(*used.lines, NEXT), output=used.output)


def wait_for_sign_in(request: TaskRequest, data_dir: str, talk: Conversation) -> None:
    """Sign in, unless that was done a moment ago. Raises ``SetupError`` once the code expired."""
    if state_before(request, data_dir) == sign_in.EXPIRED:
        begun = sign_in.begin(request, data_dir, time.time())
        talk.step("sign_in", begun.output, tuple(begun.terminal))
    while True:
        found = sign_in.state(request, data_dir, time.time())
        if found.output["state"] == sign_in.SIGNED_IN:
            talk.step("sign_in_state", found.output, (f"Signed in as {found.output['account']}.",))
            return
        if found.output["state"] == sign_in.EXPIRED:
            raise SetupError(str(found.output["sentence"]))
        time.sleep(POLL_SECONDS)


def state_before(request: TaskRequest, data_dir: str) -> object:
    """The state of a sign-in from before; one that cannot be read is begun again."""
    try:
        return sign_in.state(request, data_dir, time.time()).output["state"]
    except SetupError:
        return sign_in.EXPIRED


def server_of(
    request: TaskRequest, output: Mapping[str, Any], talk: Conversation
) -> Mapping[str, Any]:
    """The server to use: the one that is named, the only one, or the user's choice."""
    owned = [one for one in output["servers"] if one["owned"]]
    if not owned:
        raise SetupError(str(output["sentence"]))
    machines: dict[str, Mapping[str, Any]] = {str(one["machine"]): one for one in owned}
    default = str(owned[0]["machine"]) if len(owned) == 1 or talk.asks else ""
    named = request.text("machine") or default
    if len(owned) > 1 and not request.text("machine"):
        named = talk.answer("Which server?", named)
    if named not in machines:
        raise SetupError(SEVERAL.format(machines=", ".join(machines)))
    return machines[named]
