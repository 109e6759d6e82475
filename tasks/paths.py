"""Operation ``paths``: how many files of Stash are where Plex has them, and rules that find more.

Works on a sample of Stash's files, and says so. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from plex.items import PlexSection
from stash.client import StashClient
from stash.exceptions import StashQueryFailed
from sync_queue.snapshot import Snapshot
from tasks.context import Progress, TaskRequest, TaskResult
from tasks.desk import ready_servers
from tasks.plex_files import Listed, look_up, remembered
from validation.metadata import SceneFile
from validation.path_survey import FolderSurvey, count_by_rule, survey
from validation.paths import PathRules
from validation.words import count

SAMPLE_PAGES, SAMPLE_SIZE = 20, 100
LONGEST_RULES = 10_000


@dataclass(frozen=True, slots=True)
class Sample:
    """Files of Stash, and how many ``scenes`` there are in all."""

    files: tuple[SceneFile, ...]
    scenes: int
    is_whole: bool


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Hold a sample of Stash's files against Plex's, under the rules given or the stored ones."""
    progress(0.0)
    text = request.text("rules", LONGEST_RULES)
    with Snapshot(request.locate(), request.connection) as memory:
        servers = ready_servers(request, memory)
        config = servers.settings.config
        stored = config.path_map
        rules, problems = PathRules.parse(text if "rules" in request.arguments else stored)
        stash, plex = servers.stash(), servers.plex(config)
        sections = servers.file_index(plex).sections(config.libraries)
        sample = sample_of(stash, progress)
        progress(0.5)
        listed = remembered(memory, plex, sections) or look_up(plex, sections, sample.files)
        if listed.asked is not None:
            sample = replace(sample, files=listed.asked, is_whole=False)
        folders = stash.folders()
        found = survey(folders, sample.files, listed.files, rules)
        by_rule = rule_docs(sample, listed, rules)
        counts = exact_counts(stash, folders, found, sample)
    docs = [folder_doc(one, number) for one, number in zip(found, counts, strict=True)]
    sentence = summary(found, sample, listed)
    return TaskResult(
        done=sum(one.looked_at for one in found),
        lines=(sentence, *problems, *(line for one in found for line in described(one))),
        output={
            "folders": docs,
            "plex": plex_folders(sections, listed),
            "rules": "; ".join(map(str, rules.rules)),
            "rule_problems": list(problems),
            "by_rule": by_rule,
            "scenes": sample.scenes,
            "looked_at": sum(one.looked_at for one in found),
            "found": sum(one.found for one in found),
            "sample": not sample.is_whole,
            "complete": listed.is_whole,
            "sentence": sentence,
        },
    )


def sample_of(stash: StashClient, progress: Progress) -> Sample:
    """Files of scenes from all over Stash, in at most ``SAMPLE_PAGES`` requests."""
    first = stash.files(1, SAMPLE_SIZE)
    pages = -(-first.scenes // SAMPLE_SIZE)
    step = max(1.0, pages / SAMPLE_PAGES)
    files = list(first.files)
    wanted = sorted({round(1 + number * step) for number in range(1, SAMPLE_PAGES)})
    for page in wanted:
        if page <= pages:
            files += stash.files(page, SAMPLE_SIZE).files
            progress(0.4 * page / pages)
    unique = {file.path: file for file in files}
    return Sample(tuple(unique.values()), first.scenes, pages <= SAMPLE_PAGES)


def exact_counts(
    stash: StashClient, folders: Sequence[str], found: Sequence[FolderSurvey], sample: Sample
) -> list[int]:
    """How many scenes lie below each folder; estimated where Stash cannot count them."""
    looked_at = sum(one.looked_at for one in found)
    estimates = [
        one.looked_at if sample.is_whole else round(sample.scenes * one.looked_at / looked_at)
        for one in found
    ]
    if sample.is_whole or not folders:
        return estimates
    try:
        counted = dict(zip(folders, stash.count_below(folders), strict=True))
    except StashQueryFailed:
        return estimates
    return [
        counted.get(one.folder, estimate) for one, estimate in zip(found, estimates, strict=True)
    ]


def rule_docs(sample: Sample, listed: Listed, rules: PathRules) -> list[dict[str, object]]:
    """Each rule with the files below its Stash path, and how many of them are found."""
    return [
        {"rule": str(rule), "looked_at": below, "found": held}
        for rule, below, held in count_by_rule(sample.files, listed.files, rules)
    ]


def folder_doc(one: FolderSurvey, files: int) -> dict[str, object]:
    """One folder of Stash for a page."""
    return {
        "folder": one.folder,
        "files": files,
        "looked_at": one.looked_at,
        "found": one.found,
        "proposals": [{"rule": str(each.rule), "finds": each.finds} for each in one.proposals],
        "missing": [{"stash": mine, "plex": theirs} for mine, theirs in one.missing],
    }


def plex_folders(sections: Sequence[PlexSection], listed: Listed) -> list[dict[str, object]]:
    """Plex's folders, each with its library and number of files; ``None`` where only the library's
    is known."""
    places = [place for one in sections for place in one.locations]
    counted = listed.files.below(places) if listed.asked is None else {}
    return [
        {
            "library": one.title,
            "key": one.section_id,
            "folder": place,
            "files": counted.get(place, sole(listed.sizes.get(one.section_id), one)),
        }
        for one in sections
        for place in one.locations
    ]


def sole(size: int | None, section: PlexSection) -> int | None:
    """The size of a library that has one folder."""
    return size if len(section.locations) == 1 else None


def summary(found: Sequence[FolderSurvey], sample: Sample, listed: Listed) -> str:
    """The result in one sentence."""
    looked_at = sum(one.looked_at for one in found)
    said = f"{sum(one.found for one in found)} of {count(looked_at, 'file', 'files')}"
    said += f" of Stash{'' if sample.is_whole else ', a sample,'} are found in Plex by their path."
    if not listed.is_whole:
        said += f" Only {len(listed.files)} of Plex's files were looked at, so it may be more."
    return said


def described(one: FolderSurvey) -> Iterator[str]:
    """One folder for a terminal."""
    yield f"{one.folder or 'Elsewhere'}: {one.found} of {one.looked_at} are found."
    for each in one.proposals:
        yield f"  Suggested path rule: {each.rule} (finds {each.finds} more)"
    for mine, theirs in one.missing:
        yield f"  Not found: {mine}; in Plex: {theirs or 'no such file'}"
