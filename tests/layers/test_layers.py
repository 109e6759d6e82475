"""The rooms of the architecture, held by reading every import with ``ast``."""

from __future__ import annotations

import ast
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from tools import package
from worker.bytecode import HOOK_ROOMS

ROOT = Path(__file__).resolve().parents[2]

# What each room may import of ours: only rooms below it, never a sibling.
ALL = frozenset(package.PACKAGES)
ROOMS: Mapping[str, frozenset[str]] = {
    "PlexSync.py": ALL,
    "process_queue.py": ALL,
    "hooks": frozenset({"sync_queue"}),
    "tasks": ALL - {"tasks"},
    "worker": frozenset({"sync_queue", "stash", "plex", "validation"}),
    "sync_queue": frozenset({"validation"}),
    "stash": frozenset({"validation"}),
    "plex": frozenset({"validation"}),
    "validation": frozenset(),
    "simulators": frozenset(),
}
# The only rooms that import a foreign library. stashapi and PlexAPI hand requests' sessions and
# errors through, so their rooms know requests and its transport too.
FOREIGN: Mapping[str, frozenset[str]] = {
    "persistqueue": frozenset({"sync_queue"}),
    "sqlite3": frozenset({"sync_queue", "hooks"}),  # the hook reads its input with SQLite's JSON
    "stashapi": frozenset({"stash"}),
    "plexapi": frozenset({"plex"}),
    "tenacity": frozenset({"plex"}),
    "PIL": frozenset({"plex"}),
    "requests": frozenset({"stash", "plex", "validation"}),
    "pydantic": frozenset({"validation"}),
    "pydantic_core": frozenset({"validation"}),
    "annotated_types": frozenset({"validation"}),  # pydantic's own words for bounds
    "graphql": frozenset({"simulators"}),
    "yaml": frozenset({"simulators"}),
}
# What runs inside a person's save: nothing but the standard library, down to the last module.
HOOK_ENTRY = "hooks.handlers"

# Imports inside functions, each with its reason.
LATE_IMPORTS: Mapping[tuple[str, str], str] = {
    ("process_queue.py", "tasks.command_line"): "the libraries have to be there first",
    ("process_queue.py", "tasks.looks"): "only the modes that look need it",
    ("tasks/status.py", "site"): "only until a worker has noted which packages there are",
    ("tasks/status.py", "worker.dependencies"): "only until a worker has noted it",
    ("tasks/looks.py", "tasks.sign_in"): "http costs Status as much as all the rest",
    ("tasks/start.py", "tasks.entry"): "the libraries have to be there first",
    ("tasks/start.py", "worker.resident"): "the libraries have to be there first",
    ("hooks/handlers.py", "sync_queue.datadir"): "a filtered hook would pay for it",
    ("hooks/handlers.py", "sync_queue.launch"): "a filtered hook would pay for it",
    ("hooks/handlers.py", "sync_queue.producer"): "a filtered hook would pay for it",
    ("sync_queue/launch.py", "subprocess"): "Windows and old systems; a hook would pay for it",
}
POSIX_ONLY = frozenset({"fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "syslog"})
WINDOWS_ONLY = frozenset({"msvcrt", "winreg", "winsound", "_winapi"})

LONGEST_FILE = 400
LONGEST_FUNCTION = 40


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module in one file; ``guards`` are the conditions around it, as source."""

    path: str
    line: int
    module: str
    in_function: bool
    guards: tuple[str, ...]

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    @property
    def room(self) -> str:
        return self.path.partition("/")[0]

    def __str__(self) -> str:
        return f"{self.path}:{self.line} imports {self.module}"


def product_files() -> list[str]:
    """Every Python file of the rooms, relative to the checkout, with ``/``."""
    found = []
    for room in ROOMS:
        place = ROOT / room
        files = [place] if place.is_file() else sorted(place.rglob("*.py"))
        found += [file.relative_to(ROOT).as_posix() for file in files]
    return found


@cache
def parse(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


@cache
def imports_of(path: str) -> tuple[Import, ...]:
    return tuple(walk(path, parse(path), False, ()))


def walk(path: str, node: ast.AST, in_function: bool, guards: tuple[str, ...]) -> Iterator[Import]:
    """The imports below ``node``, but those only for type checkers."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(path, node.lineno, alias.name, in_function, guards)
    elif isinstance(node, ast.ImportFrom):
        assert not node.level, f"{path}:{node.lineno} imports relatively"
        for module in sorted(imported_modules(node)):
            yield Import(path, node.lineno, module, in_function, guards)
    elif isinstance(node, ast.If):
        test = ast.unparse(node.test)
        if test != "TYPE_CHECKING":
            for statement in node.body:
                yield from walk(path, statement, in_function, (*guards, test))
        for statement in node.orelse:
            yield from walk(path, statement, in_function, (*guards, f"not {test}"))
    else:
        inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.iter_child_nodes(node):
            yield from walk(path, child, inside, guards)


def imported_modules(node: ast.ImportFrom) -> set[str]:
    """``from a import b``: module ``a.b`` where ``b`` is a module of ours, else ``a``."""
    package = node.module or ""
    return {
        f"{package}.{alias.name}" if module_file(f"{package}.{alias.name}") else package
        for alias in node.names
    }


def module_file(module: str) -> str | None:
    """The file of a module of ours."""
    path = module.replace(".", "/")
    return next(
        (name for name in (f"{path}.py", f"{path}/__init__.py") if (ROOT / name).is_file()), None
    )


def all_imports() -> list[Import]:
    return [found for path in product_files() for found in imports_of(path)]


def listed(offenders: list[str]) -> str:
    return "\n".join(["", *offenders])


def test_the_table_has_every_room_of_the_package_and_coverage_measures_them() -> None:
    assert set(package.PACKAGES) < set(ROOMS)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    scripts = [name.removesuffix(".py") for name in package.SCRIPTS]
    measured = project["tool"]["coverage"]["run"]["source_pkgs"]
    assert measured == [*scripts, *package.PACKAGES]


def test_imports_point_down_and_never_to_a_sibling() -> None:
    offenders = [
        str(found)
        for found in all_imports()
        if found.top in ROOMS and found.top != found.room and found.top not in ROOMS[found.room]
    ]
    assert not offenders, listed(offenders)


def test_the_table_of_rooms_has_no_cycle() -> None:
    for room, below in ROOMS.items():
        assert not any(room in ROOMS[other] for other in below), room


def test_each_foreign_library_is_imported_by_its_own_room_only() -> None:
    offenders = [
        str(found)
        for found in all_imports()
        if found.top in FOREIGN and found.room not in FOREIGN[found.top]
    ]
    assert not offenders, listed(offenders)


def test_no_other_foreign_library_is_imported() -> None:
    known = {*sys.stdlib_module_names, *ROOMS, *FOREIGN, *WINDOWS_ONLY}
    offenders = [str(found) for found in all_imports() if found.top not in known]
    assert not offenders, listed(offenders)


def test_a_hook_imports_the_standard_library_only_down_to_the_last_module() -> None:
    seen, waiting = set(), [HOOK_ENTRY]
    while waiting:
        path = module_file(waiting.pop())
        if path is None or path in seen:
            continue
        seen.add(path)
        for found in imports_of(path):
            assert found.top in sys.stdlib_module_names or found.top in ROOMS, str(found)
            waiting.append(found.module)
    assert "sync_queue/producer.py" in seen  # the walk really follows imports
    assert {path.partition("/")[0] for path in seen} == set(HOOK_ROOMS)


def test_the_lowest_rooms_hold_no_input_or_output_libraries() -> None:
    forbidden = {"socket", "subprocess", "http", "sqlite3", "logging", "threading", "requests"}
    # The bounds of an answer are one mechanism for Stash and Plex, which import nothing else alike.
    shared = "validation/transport.py"
    offenders = [
        str(found)
        for found in all_imports()
        if found.room == "validation" and found.path != shared and found.top in forbidden
    ]
    assert not offenders, listed(offenders)


def test_imports_stand_at_the_top_of_a_file() -> None:
    inside = {(found.path, found.module): found for found in all_imports() if found.in_function}
    offenders = [str(found) for key, found in inside.items() if key not in LATE_IMPORTS]
    assert not offenders, listed(offenders)
    assert not LATE_IMPORTS.keys() - inside.keys(), "an exception that nothing needs any more"


def test_modules_of_one_system_are_imported_behind_a_guard() -> None:
    offenders = [
        str(found)
        for found in all_imports()
        if found.top in POSIX_ONLY | WINDOWS_ONLY
        and not any("sys.platform" in guard for guard in found.guards)
    ]
    assert not offenders, listed(offenders)


def test_signals_are_one_module_s_business() -> None:
    """Their names differ between systems: the Windows branch is tried in one place."""
    users = {found.path for found in all_imports() if found.top == "signal" and found.room in ALL}
    assert users == {"worker/stop_signals.py"}


def test_packages_hold_one_docstring_and_no_code() -> None:
    for path in product_files():
        if os.path.basename(path) == "__init__.py":
            body = parse(path).body
            assert len(body) == 1, path
            assert ast.get_docstring(parse(path)), path


def test_no_module_hides_one_of_the_standard_library() -> None:
    """Stash puts the plugin's folder on ``sys.path``: ``queue`` would break every library."""
    rooms = [name.removesuffix(".py") for name in ROOMS]
    assert not set(rooms) & sys.stdlib_module_names
    offenders = [path for path in product_files() if os.path.basename(path) == "queue.py"]
    assert not offenders, listed(offenders)


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_says_what_it_is(room: str) -> None:
    for path in product_files():
        if path.partition("/")[0] == room:
            assert ast.get_docstring(parse(path)), path


def test_files_are_short() -> None:
    lines = {
        path: (ROOT / path).read_text(encoding="utf-8").count("\n") for path in product_files()
    }
    offenders = [f"{path}: {n} lines" for path, n in lines.items() if n >= LONGEST_FILE]
    assert not offenders, listed(offenders)


def test_functions_are_short() -> None:
    offenders = [
        f"{path}:{node.lineno} {node.name}: {code_lines(node)} lines"
        for path in product_files()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and code_lines(node) >= LONGEST_FUNCTION
    ]
    assert not offenders, listed(offenders)


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its docstring: explaining is not punished."""
    text = node.body[0] if ast.get_docstring(node) else None
    explained = (text.end_lineno or 0) - text.lineno + 1 if text else 0
    return (node.end_lineno or 0) - node.lineno + 1 - explained


def test_rooms_do_not_import_each_other_in_a_circle() -> None:
    """Module by module: a circle inside a room is as hard to read as one between rooms."""
    graph = {
        path: {target for found in imports_of(path) if (target := module_file(found.module))}
        for path in product_files()
    }
    circles = [" -> ".join(circle) for circle in find_circles(graph)]
    assert not circles, listed(circles)


def find_circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Each circle of a graph once, as the path that closes it."""
    done: set[str] = set()
    found: list[list[str]] = []

    def visit(node: str, trail: list[str]) -> None:
        if node in trail:
            found.append([*trail[trail.index(node) :], node])
        elif node not in done:
            for below in sorted(graph.get(node, ())):
                visit(below, [*trail, node])
            done.add(node)

    for node in sorted(graph):
        visit(node, [])
    return [circle for circle, _ in groupby(found)]
