"""What syncs teach about path rules: which would fit, and which fit nothing. For Status."""

from __future__ import annotations

from collections import deque

from sync_queue.manager import QueueManager
from sync_queue.state import LibraryRun
from validation.paths import PathRule, PathRules, is_below, propose_rules, unused_rules
from worker.look import Look

# Pairs of paths from which rules are learnt: the newest say how things are.
PAIRS_KEPT = 60
PLEX_EXAMPLES = 3


class PathStudy:
    """Watches looks at scenes, and concludes when there is nothing else to do."""

    def __init__(self, manager: QueueManager) -> None:
        self.manager = manager
        self.pairs: deque[tuple[str, str]] = deque(maxlen=PAIRS_KEPT)
        self.learnt = False
        self.begin_library()

    def begin_library(self) -> None:
        """A whole library comes: only then can a rule be said to fit nothing."""
        self.looks = 0
        self.example = ""
        self.fits: dict[PathRule, str] = {}

    def note(self, look: Look, rules: PathRules, *, of_library: bool) -> None:
        """Watch one look. ``of_library``: it is one of a sync of the whole library."""
        pair = look.unmapped_pair()
        if pair is not None and pair not in self.pairs:
            self.pairs.append(pair)
            self.learnt = True
        if not of_library:
            return
        self.looks += 1
        for file in look.scene.files:
            self.example = self.example or file.path
            for rule in rules.rules:
                if rule not in self.fits and is_below(file.path, rule.stash):
                    self.fits[rule] = file.path

    def conclude(self, server: str, rules: PathRules) -> None:
        """Keep what was learnt, if it is anything new. ``server`` is Plex's machineIdentifier."""
        stored = self.manager.state.get("path_rules")
        found = dict(stored)
        if self.learnt:
            found["proposals"] = [str(rule) for rule in propose_rules(self.pairs)]
            self.learnt = False
        if self.looks and self.looks >= self.library_size():
            found["unused"] = list(self.unused(server, rules))
            self.begin_library()
        if found != stored:
            with self.manager.transaction():
                self.manager.state.put("path_rules", found)

    def library_size(self) -> float:
        """How many scenes the sync of the whole library has; infinite while it is not listed."""
        run = self.manager.state.load(LibraryRun)
        return run.planned if run.listed else float("inf")

    def unused(self, server: str, rules: PathRules) -> tuple[str, ...]:
        """A sentence for each rule that fits no file of one of the servers."""
        index = self.manager.index
        examples = [row.file for row in index.examples(server, PLEX_EXAMPLES)]
        below = [path for rule in rules.rules for path in index.first_below(server, rule.plex)]
        stash = [path for path in (self.example, *self.fits.values()) if path]
        return unused_rules(rules, stash, [*examples, *below])
