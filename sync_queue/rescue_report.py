"""What a rescue tells people: one sentence, and the rows of each table."""

from __future__ import annotations

from dataclasses import dataclass

from sync_queue import schema
from sync_queue.salvage import Saved

# The name under which the last rescue is kept among the worker's small facts.
STATE = "rescue"

WORDS = {
    schema.JOBS: "waiting edits",
    "dead_letters": "dead letters",
    "ledger": "Plex items of the ledger",
    "scenes": "scenes' outcomes and pins",
}


@dataclass(frozen=True, slots=True)
class Rescue:
    """What was wrong (``cause``), under which name the damaged file is ``kept`` ("" = there is
    none), what was ``saved`` of it, and what was ``filled`` up from the copy of ``copied_on``.
    """

    cause: str
    kept: str
    saved: tuple[Saved, ...]
    filled: tuple[Saved, ...]
    copied_on: str

    @property
    def gaps(self) -> list[str]:
        """The tables that could not be read whole."""
        return [each.table for each in self.saved if not each.whole]

    def sentence(self) -> str:
        """For a person: what happened, what is left, what to do."""
        counts = {each.table: each.rows for each in self.saved}
        kept = ", ".join(f"{counts.get(table, 0)} {words}" for table, words in WORDS.items())
        said = [f"PlexSync's database {self.cause} and was rebuilt. Saved: {kept}."]
        if self.gaps:
            added = sum(each.rows for each in self.filled)
            said.append(
                f"Some rows could not be read; {added} came from the copy of {self.copied_on}."
                if self.copied_on
                else "Some rows could not be read, and there is no weekly copy yet."
            )
            said.append("Run Sync Changed Scenes.")
        if self.kept:
            said.append(f"The damaged file is kept as {self.kept}: check the disk for errors.")
        elif self.copied_on:
            said.append("To start from nothing, delete the copy data.db.weekly as well.")
        return " ".join(said)

    def details(self) -> str:
        """For the log: every table."""
        filled = {each.table: each.rows for each in self.filled}
        return "Rows by table: " + ", ".join(
            f"{each.table} {each.rows} saved"
            + ("" if each.whole else f" (not all), {filled.get(each.table, 0)} from the copy")
            for each in self.saved
        )

    def as_doc(self) -> dict[str, object]:
        """For the database, where Status reads it."""
        return {
            "sentence": self.sentence(),
            "saved": {each.table: each.rows for each in self.saved},
            "filled": {each.table: each.rows for each in self.filled},
            "gaps": self.gaps,
        }
