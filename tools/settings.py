"""``make settings``: writes the settings into Stash's manifest and into the documents.

``validation/settings.py`` is the only place where their texts are typed. Never shipped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from validation.setting_types import Setting
from validation.settings import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
HEAD = ("| setting | on the page | default | what it does |", "|---|---|---|---|")


def manifest_text(text: str) -> str:
    """Return the manifest with the settings as its last block."""
    kept, head, _ = text.partition("\nsettings:\n")
    if not head:
        raise ValueError("PlexSync.yml has no block of settings.")
    return kept + head + "".join(map(manifest_entry, SETTINGS))


def manifest_entry(setting: Setting) -> str:
    """Return one setting as Stash reads it. A JSON string is a quoted YAML string."""
    return (
        f"  {setting.name}:\n"
        f"    displayName: {json.dumps(setting.display, ensure_ascii=False)}\n"
        f"    description: {json.dumps(setting.description, ensure_ascii=False)}\n"
        f"    type: {setting.kind}\n"
    )


def document_text(text: str) -> str:
    """Return the document with the table of settings in place of its first table."""
    lines = text.split("\n")
    first = lines.index(HEAD[0])
    after = next(n for n in range(first, len(lines)) if not lines[n].startswith("|"))
    return "\n".join([*lines[:first], *table(), *lines[after:]])


def table() -> list[str]:
    """Return head, ruler and one row per setting of the page."""
    return [*HEAD, *map(row, SETTINGS)]


def row(setting: Setting) -> str:
    """Return one setting as a row of the table."""
    return f"| `{setting.name}` | {setting.display} | {default(setting)} | {setting.description} |"


def default(setting: Setting) -> str:
    """Return the default as users read it."""
    if setting.kind == "BOOLEAN":
        return "on" if setting.default else "off"
    return str(setting.default) if setting.kind == "NUMBER" else str(setting.default) or "empty"


GENERATED: Mapping[str, Callable[[str], str]] = {
    "PlexSync.yml": manifest_text,
    "docs/config.md": document_text,
}


def stale_files() -> dict[str, str]:
    """Return the files that differ from the settings, with the text that they should have."""
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in GENERATED}
    wanted = {name: make(texts[name]) for name, make in GENERATED.items()}
    return {name: text for name, text in wanted.items() if text != texts[name]}


def main() -> None:
    """Write every file that is stale."""
    for name, text in stale_files().items():
        (ROOT / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
