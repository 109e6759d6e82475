"""Every pinned package has a wheel for each platform that the documents promise.

pip resolves the lock file and installs nothing. Needs the package index; without it the tests are
skipped.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# What pip takes on such a machine: Alpine's C library accepts wheels for older ones too.
ALPINE = {
    machine: (f"musllinux_1_2_{machine}", f"musllinux_1_1_{machine}")
    for machine in ("x86_64", "aarch64", "armv7l")
}
OTHERS = {
    **{
        f"Linux {machine}": (
            f"manylinux_2_28_{machine}",
            f"manylinux_2_17_{machine}",
            f"manylinux2014_{machine}",
            *((f"manylinux_2_31_{machine}",) if machine == "armv7l" else ()),
        )
        for machine in ("x86_64", "aarch64", "armv7l")
    },
    "Windows x86_64": ("win_amd64",),
    "Windows on Arm": ("win_arm64",),
    "macOS, Apple": ("macosx_11_0_arm64",),
    "macOS, Intel": ("macosx_10_12_x86_64", "macosx_10_9_x86_64", "macosx_10_13_x86_64"),
}


def resolve(target: Path, *options: str) -> str:
    """What pip says against an installation of the lock file; "" if all of it is to be had."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-input"),
            *("--ignore-installed", "--disable-pip-version-check", "--no-deps"),
            *("--only-binary", ":all:", "--require-hashes", "--requirement", str(LOCK)),
            *("--target", str(target), *options),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else ""


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The package index answers for this machine itself."""
    if resolve(tmp_path_factory.mktemp("index") / "nowhere"):
        pytest.skip("the package index is not reachable")


def assert_wheels(target: Path, python: str, platforms: tuple[str, ...]) -> None:
    """pip finds each wheel, and makes nothing."""
    tags = [word for platform in platforms for word in ("--platform", platform)]
    assert resolve(target, *tags, "--python-version", python, "--implementation", "cp") == ""
    assert not target.exists()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("machine", ALPINE)
def test_alpine_has_a_wheel_of_every_package(
    index: None, tmp_path: Path, machine: str, python: str
) -> None:
    assert_wheels(tmp_path / "nowhere", python, ALPINE[machine])


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", OTHERS)
def test_every_other_system_has_a_wheel_of_every_package(
    index: None, tmp_path: Path, system: str, python: str
) -> None:
    assert_wheels(tmp_path / "nowhere", python, OTHERS[system])
