"""Which directory is whose, and who may read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_queue import datadir
from tests.installed_plugin import InstalledPlugin


def permissions(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.mark.posix
def test_the_data_directory_lies_in_the_plugin(tmp_path: Path) -> None:
    found = datadir.resolve(str(tmp_path / "plugin"), str(tmp_path / "stash"), {})
    assert found == str(tmp_path / "plugin" / "data")
    assert permissions(found) == permissions(os.path.join(found, "queue")) == 0o700


def test_the_variable_names_the_directory_itself(tmp_path: Path) -> None:
    environ = {"STASH_PLUGIN_DATA": str(tmp_path / "elsewhere" / "deep")}
    found = datadir.resolve(str(tmp_path / "plugin"), str(tmp_path / "stash"), environ)
    assert found == environ["STASH_PLUGIN_DATA"]
    assert not (tmp_path / "plugin").exists()


@pytest.mark.posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_every_new_directory_is_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        found = datadir.resolve(str(tmp_path / "a" / "b"), str(tmp_path), {})
    finally:
        os.umask(before)
    made = [tmp_path / "a", tmp_path / "a" / "b", Path(found), Path(found) / "queue"]
    assert [permissions(str(path)) for path in made] == [0o700] * 4
    assert permissions(os.path.join(found, datadir.IDENTITY)) == 0o600


def test_relative_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert datadir.resolve("plugins/PlexSync", "", {}) == str(tmp_path / "plugins/PlexSync/data")
    assert datadir.resolve("p", "", {"STASH_PLUGIN_DATA": "x/../y"}) == str(tmp_path / "y")


def test_another_stash_gets_a_directory_of_its_own(tmp_path: Path) -> None:
    plugin = str(tmp_path / "plugin")
    first = datadir.resolve(plugin, "/root/.stash", {})
    other = datadir.resolve(plugin, "/config/stash", {})
    third = datadir.resolve(plugin, "/config/stash 2", {})
    assert len({first, other, third}) == 3
    assert other.startswith(first + os.sep)
    for stash_dir, found in (("/root/.stash", first), ("/config/stash", other)):
        assert datadir.resolve(plugin, stash_dir, {}) == found
        assert datadir.resolve(plugin, stash_dir + "/", {}) == found
    assert datadir.resolve(plugin, "", {}) == first  # a shell takes it as it is


def test_two_stashes_whose_names_look_alike_share_nothing(tmp_path: Path) -> None:
    plugin = str(tmp_path / "plugin")
    homes = ["/srv/first", "/srv/ä", "/srv/ö", "/srv/é/x", "/srv/" + "映" * 200]
    found = [datadir.resolve(plugin, home, {}) for home in homes]
    assert len(set(found)) == len(homes)
    assert [datadir.resolve(plugin, home, {}) for home in homes] == found


@given(st.text(max_size=300))
def test_any_name_of_a_stash_directory_makes_a_usable_file_name(name: str) -> None:
    base = "/nonexistent/data"
    assert datadir.identity_text(name).endswith(b'"}')
    assert len(os.path.basename(datadir.subdirectory(base, name)).encode()) < 100


def test_a_reader_finds_the_same_directory_and_creates_nothing(tmp_path: Path) -> None:
    plugin = str(tmp_path / "plugin")
    assert datadir.locate(plugin, "/root/.stash", {}) == os.path.join(plugin, "data")
    assert not os.path.exists(plugin)
    for home in ("/root/.stash", "/config/stash"):
        made = datadir.resolve(plugin, home, {})
        before = sorted(tmp_path.rglob("*"))
        assert datadir.locate(plugin, home, {}) == made
        assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.posix
def test_a_file_is_written_whole_and_private_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    datadir.write_private(str(path), b"one")
    datadir.write_private(str(path), b"two")
    assert path.read_bytes() == b"two"
    assert permissions(str(path)) == 0o600
    (tmp_path / "directory").mkdir()
    with pytest.raises(OSError):
        datadir.write_private(str(tmp_path / "directory"), b"three")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["directory", "file"]


def test_a_hook_of_another_stash_stores_its_event_apart(plugin: InstalledPlugin) -> None:
    with plugin.worker_lock():
        plugin.send(plugin.hook_stdin(1))
        first = plugin.spooled()
        stdin = plugin.hook_stdin(2)
        stdin["server_connection"]["Dir"] = "/config/of another/Stash"
        plugin.data_dir = Path(
            datadir.resolve(str(plugin.directory), "/config/of another/Stash", {})
        )
        with plugin.worker_lock():
            plugin.send(stdin)
        assert [event["job"]["job_key"] for event in first] == ["scene:1"]
        assert [event["job"]["job_key"] for event in plugin.spooled()] == ["scene:2"]
    plugin.data_dir = plugin.directory / "data"
