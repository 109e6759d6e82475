"""The table of settings as docs/config.md has to show it; run to print it anew."""

from __future__ import annotations

import sys

from validation.setting_types import Setting
from validation.settings import SETTINGS

HEAD = ("| setting | on the page | default | what it does |", "|---|---|---|---|")


def table() -> list[str]:
    """Head and one row per setting of the page, in its order."""
    return [*HEAD, *map(row, SETTINGS)]


def row(setting: Setting) -> str:
    """One setting."""
    return f"| `{setting.name}` | {setting.display} | {default(setting)} | {setting.description} |"


def default(setting: Setting) -> str:
    """What applies when nothing was set, as a person sees it."""
    if setting.kind == "BOOLEAN":
        return "on" if setting.default else "off"
    return str(setting.default) if setting.kind == "NUMBER" else setting.default or "empty"


if __name__ == "__main__":
    sys.stdout.write("\n".join(table()) + "\n")
