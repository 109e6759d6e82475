"""What Check Set-up says of the Python packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tasks.check_machine import check_dependencies
from tasks.findings import Finding, Level


def warnings() -> list[Finding]:
    return [finding for finding in check_dependencies() if finding.level > Level.FINE]


def write_stashapp_tools(folder: Path) -> None:
    about = folder / "stashapp_tools-0.2.58.dist-info" / "METADATA"
    about.parent.mkdir(parents=True)
    about.write_text("Metadata-Version: 2.1\nName: stashapp-tools\nVersion: 0.2.58\n")


def test_stashapp_tools_in_a_folder_of_its_own_is_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stashapp_tools(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert warnings() == []


def test_stashapp_tools_beside_the_stashapi_that_is_used_gets_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stashapp_tools(tmp_path)
    (tmp_path / "stashapi").mkdir()
    (tmp_path / "stashapi" / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "stashapi", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (warning,) = warnings()
    assert "stashapp-tools is installed in the same folder" in warning.what


def test_a_missing_pillow_is_said_and_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert warnings() == []
    assert any("Pillow is not installed" in finding.what for finding in check_dependencies())
