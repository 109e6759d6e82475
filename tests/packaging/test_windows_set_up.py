"""How ``make test-windows`` gets its Windows Python, and what it says where it cannot."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import windows

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.posix


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_one_line_names_what_a_system_lacks(tmp_path: Path) -> None:
    words = [str(shutil.which("make")), "--no-print-directory", "test-windows", "SHELL=/bin/sh"]
    done = subprocess.run(
        words, cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert "mvn" in line
    assert "x86_64-w64-mingw32-gcc" in line
    assert "wine" in line
    assert line.endswith("skipped.")


def test_a_python_with_another_checksum_is_deleted_and_refused(tmp_path: Path) -> None:
    content = b"another Python"
    release = windows.Release("1.2.3", hashlib.sha256(content).hexdigest())
    jar = tmp_path / "cpython-1.2.3-windows-x86_64.jar"
    jar.write_bytes(content)
    assert windows.fetch(release, tmp_path) == jar
    jar.write_bytes(b"a third one")
    with pytest.raises(windows.SetUpFailed, match="checksum"):
        windows.fetch(release, tmp_path)
    assert not jar.exists()


def test_a_prefix_is_made_again_for_other_packages_and_another_python() -> None:
    contents = [windows.contents_of(python) for python in windows.RELEASES]
    assert len(set(contents)) == len(contents)
    assert contents == [windows.contents_of(python) for python in windows.RELEASES]
