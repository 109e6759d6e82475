"""Check Set-up, the servers' half: settings, Stash, Plex, path rules tried on sample scenes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from plex.client import PlexClient
from plex.edit_plan import EditPlan
from plex.exceptions import PlexPermanentError, PlexSetupError
from plex.items import PlexSection
from stash.client import StashClient
from stash.exceptions import StashTooOld, check_version
from sync_queue.snapshot import Snapshot
from tasks.findings import Finding, failed, fine, look, wrong
from validation.addresses import is_public
from validation.metadata import SyncMetadata
from validation.paths import PathRule, is_below, propose_rules, same_path
from validation.setting_types import describe_secret
from worker.assess import Assessment, assess
from worker.batch import Batch, make_batch, read_scenes
from worker.servers import Servers, SettingsRead

OUR_TASK = "Process Queue"
OLD_SETTINGS = frozenset({"plexToken", "plexHost", "plexPort"})
SAMPLES = 100  # scenes against which the rules are held
TRIED = 8  # of these are looked for in Plex


def check_settings(raw: Mapping[str, object], read: SettingsRead) -> Iterator[Finding]:
    """The findings about the stored data and its problems."""
    if read.setup_problem:
        yield wrong(read.setup_problem, "Then run Check Set-up again.")
    elif read.signed_in:
        yield fine(f"Signed in with Plex: {read.signed_in.name} at {read.signed_in.uri}.")
    else:
        token = describe_secret(read.config.plex_token)
        yield fine(f"plex_url is {read.config.plex_url}; plex_token: {token}.")
    for sentence in read.problems:
        yield look(sentence, "Then run Check Set-up again.")
    if read.config.paused:
        yield wrong("The setting Pause is on.", "Switch Pause off to sync edits.")
    if OLD_SETTINGS & raw.keys():
        yield look(
            "Settings of another plugin with the id PlexSync are stored (plexToken, plexHost).",
            "PlexSync does not use them. If that plugin is still installed, remove it: Stash loads"
            " only one of the two.",
        )


def check_guard(read: SettingsRead) -> Iterator[Finding]:
    """Whether the token of the settings travels unencrypted to a public address."""
    parts = urlsplit(read.config.plex_url)
    if read.signed_in or parts.scheme != "http" or not is_public(parts.hostname or ""):
        return
    yield look(
        f"The token goes unencrypted to a public address ({parts.hostname}).",
        "Use an address with https, for example the one under plex.direct.",
    )


def check_stash(stash: StashClient) -> Iterator[Finding]:
    """Stash's version, and that it has loaded this plugin and not its namesake."""
    about = stash.about()
    yield fine(f"Stash {about.version} answers.")
    try:
        check_version(about.version)
    except StashTooOld as error:
        yield failed(error, "Update Stash. Edits wait until then.")
    if about.loaded and OUR_TASK not in about.tasks:
        yield wrong(
            "Stash has loaded another plugin with the id PlexSync instead of this one.",
            "Remove the other one and reload plugins.",
        )
    elif not about.loaded:
        yield look(
            "Stash has not loaded the plugin PlexSync.",
            "PlexSync does not see edits. Install it in Stash's plugins folder and reload plugins.",
        )


def check_plex(
    plex: PlexClient, sections: Sequence[PlexSection], chosen: Sequence[PlexSection]
) -> Iterator[Finding]:
    """Plex's version, and the libraries that the settings choose."""
    yield fine(f"Plex {plex.version} answers.")
    named = "; ".join(f"{one.title} ({', '.join(one.locations)})" for one in chosen)
    yield fine(f"{len(chosen)} of Plex's {len(sections)} libraries are synced: {named}.")


def check_rules(
    memory: Snapshot, servers: Servers, sections: tuple[PlexSection, ...]
) -> Iterator[Finding]:
    """The path rules, held against sample scenes and the libraries' folders."""
    scenes = sample_scenes(servers)
    if not scenes:
        yield look("Stash has no scene to test the path rules with.", "Scan files in Stash.")
    batch = make_batch(memory, servers, scenes, time.time)
    found = list(tried(memory, batch))
    paths = [str(file["path"]) for raw in scenes.values() for file in list_of(raw.get("files"))[:1]]
    folders = [place for section in sections for place in section.locations]
    for rule in batch.config.path_rules.rules:
        yield from check_rule(rule, paths, folders)
    yield from map(told, found)
    pairs = [pair for one in found if (pair := one.unmapped_pair())]
    for proposal in propose_rules(pairs):
        yield look(
            f"Suggested path rule: {proposal}.", "Add it to the setting Path rules (path_map)."
        )


def check_rule(rule: PathRule, paths: list[str], folders: list[str]) -> Iterator[Finding]:
    """Whether a rule leads from Stash's files to Plex's libraries."""
    if paths and not any(is_below(path, rule.stash) for path in paths):
        yield look(
            f"The path rule “{rule}” matches none of {len(paths)} sample files of Stash, for"
            f" example {paths[0]}.",
            "Correct its first half, unless it is meant for a few files only.",
        )
    leads = any(
        same_path(rule.plex, place) or is_below(rule.plex, place) or is_below(place, rule.plex)
        for place in folders
    )
    if not leads:
        yield wrong(
            f"The path rule “{rule}” leads to no Plex library. Folders of the libraries:"
            f" {', '.join(folders[:3]) or 'none'}.",
            "Correct its second half.",
        )


def sample_scenes(servers: Servers) -> Mapping[int, Mapping[str, object]]:
    """Scenes from the beginning and the middle of Stash, in three requests."""
    stash, size = servers.stash(), SAMPLES // 2
    total, first = stash.page(1, size)
    middle = stash.page(max(1, total // size // 2 + 1), size)[1]
    ids = dict.fromkeys(scene_id for scene_id, _ in (*first, *middle))
    return read_scenes(servers, ids)[0] if ids else {}


def tried(memory: Snapshot, batch: Batch) -> Iterator[Assessment]:
    """Some of the scenes, evenly, as a sync would assess them."""
    step = max(1, len(batch.parsed) // TRIED)
    for scene in list(batch.parsed.values())[::step][:TRIED]:
        if isinstance(scene, SyncMetadata):
            yield assess(memory, batch, scene, {})


def told(one: Assessment) -> Finding:
    """Both servers' paths of one scene side by side."""
    path = one.scene.files[0].path if one.scene.files else "no file"
    if one.match is None:
        return fine(f"Scene {one.scene.scene_id}: {path} was not searched for ({one.reason}).")
    best = one.match.candidates[0] if one.match.candidates else None
    plex_path = best.plex_file if best else "nothing"
    if one.reason is None:
        return fine(f"Scene {one.scene.scene_id}: Stash {path}, Plex {plex_path}: found.")
    return look(
        f"Scene {one.scene.scene_id}: Stash {path}, Plex {plex_path}: {one.reason}.",
        f"The preview of scene {one.scene.scene_id} shows the evidence.",
    )


def probe(plex: PlexClient, sections: tuple[PlexSection, ...]) -> Finding:
    """Write one item's title as it is: may this token edit?"""
    for section in sections:
        for row in plex.index_page(section, 0, 1).rows:
            item = plex.read(row.rating_key)
            locks = {"title": "title" in item.locked}
            try:
                plex.write(
                    EditPlan(
                        item.rating_key,
                        item.section_id,
                        item.kind,
                        values={"title": item.title},
                        locks=locks,
                    )
                )
            except (PlexSetupError, PlexPermanentError) as error:
                return wrong(f"Plex refused an edit: {error}", "Use the server owner's token.")
            return fine("The token may edit (one item's title was written unchanged).")
    return look(
        "Plex has no item to test an edit with.",
        "Let Plex scan these libraries, or choose others (plex_library).",
    )


def list_of(value: object) -> list[dict[str, object]]:
    """A list as Stash sends it."""
    return value if isinstance(value, list) else []
