"""``make package``: the zip that users install, and the index from which Stash installs it.

``dist/PlexSync.zip`` holds the plugin's files at its root; ``dist/index.yml`` lies beside it on any
static host or in a folder, and its address is what Stash's *Add Source* asks for. Never shipped.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
# The rooms of the product, top to bottom. Coverage and tests/layers are compared with this list.
PACKAGES = ("hooks", "tasks", "worker", "sync_queue", "stash", "plex", "validation")
SCRIPTS = ("PlexSync.py", "process_queue.py")
MANIFEST = "PlexSync.yml"
OTHERS = (
    *(MANIFEST, "requirements.txt", "requirements.lock"),
    *("LICENSE", "README.md", "CHANGELOG.md"),
)
ZIP, INDEX = "PlexSync.zip", "index.yml"
# Only these endings ship: no caches, no editor's leftovers, no second *.yml.
ENDINGS = (".py", ".js", ".css", ".md", ".png")
# Stash's own format for the date of a package, in UTC.
DATE_FORMAT = "%Y-%m-%d %H:%M:%S"


def shipped_files() -> list[str]:
    """Every file that ships, relative to the checkout, with ``/``, sorted."""
    return sorted({*SCRIPTS, *OTHERS, *_files_of_rooms()})


def _files_of_rooms() -> Iterator[str]:
    for room in (*PACKAGES, "ui", "docs"):
        for file in (ROOT / room).rglob("*"):
            if file.suffix in ENDINGS and file.is_file():
                yield file.relative_to(ROOT).as_posix()


def build(target: Path, made: datetime) -> None:
    """Write zip and index into the folder ``target``; ``made`` is the release's time."""
    target.mkdir(parents=True, exist_ok=True)
    write_zip(target / ZIP, made)
    (target / INDEX).write_text(index_text((target / ZIP).read_bytes(), made), encoding="utf-8")


def write_zip(file: Path, made: datetime) -> None:
    """Write the same bytes for the same files and time.

    Another version of zlib may compress to other bytes, so a release is built in one place.
    """
    with zipfile.ZipFile(file, "w") as archive:
        for name in shipped_files():
            entry = zipfile.ZipInfo(name, made.timetuple()[:6])
            entry.create_system = 3  # Unix, whose permissions follow
            entry.external_attr = (0o100755 if name in SCRIPTS else 0o100644) << 16
            archive.writestr(
                entry, (ROOT / name).read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9
            )


def index_text(archive: bytes, made: datetime) -> str:
    """A source for Stash's plugin manager: one package, its path relative to the index.

    Stash offers an update when the date is later than the installed one's; it compares no versions.
    """
    manifest = yaml.safe_load((ROOT / MANIFEST).read_text(encoding="utf-8"))
    package = {
        "id": MANIFEST.removesuffix(".yml"),
        "name": manifest["name"],
        "metadata": {"description": manifest["description"]},
        "version": manifest["version"],
        "date": made.strftime(DATE_FORMAT),
        "path": ZIP,
        "sha256": hashlib.sha256(archive).hexdigest(),
    }
    return yaml.safe_dump([package], sort_keys=False, allow_unicode=True, width=1000)


def release_time() -> datetime:
    """``SOURCE_DATE_EPOCH`` where it is set (as release tools agree), else the commit's time, else
    the day of the newest release in the changelog. Raises ``ValueError``.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH") or commit_time()
    if given:
        return datetime.fromtimestamp(int(given), UTC)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    days = re.findall(r"^## \[[\d.]+\] - ([\d-]+)$", changelog, re.MULTILINE)
    return datetime.fromisoformat(days[0]).replace(tzinfo=UTC)


def commit_time() -> str:
    """Seconds since 1970; "" without git or its history, or where git does not trust the owner."""
    if not (ROOT / ".git").exists():  # a source archive, perhaps inside another checkout
        return ""
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def main(target: Path = ROOT / "dist") -> None:
    """Build into ``target`` and list the built files."""
    build(target, release_time())
    sys.stdout.write(f"{target / ZIP}\n{target / INDEX}\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
