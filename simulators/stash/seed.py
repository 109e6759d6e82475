"""Fills a library with many believable scenes, the same ones for the same arguments."""

from __future__ import annotations

import random

from simulators.stash.library import Library

_PLACES = ("Harbour", "Garden", "Station", "Attic", "Market", "Lighthouse", "Orchard", "Bridge")
_THINGS = ("Lights", "Stories", "Letters", "Shadows", "Seasons", "Echoes", "Maps", "Rain")


def seed(library: Library, scenes: int, *, folder: str = "/data/scenes", number: int = 1) -> None:
    """Add scenes with files, performers, a studio, tags, dates and ratings; no hook runs."""
    rng = random.Random(number)
    people = [f"Performer {n:03}" for n in range(max(10, scenes // 50))]
    tags = [f"Tag {n:02}" for n in range(60)]
    for n in range(1, scenes + 1):
        title = f"{rng.choice(_PLACES)} {rng.choice(_THINGS)} {n}"
        studio = f"Studio {rng.randrange(40):02}"
        date = f"20{rng.randrange(10, 26)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
        file = {
            "path": f"{folder}/{studio}/{date} {title}.mp4",
            "size": 1_000_000 + 977 * n,
            "duration": float(60 + n % 3600),
        }
        library.add_scene(
            title,
            files=[file],
            performers=rng.sample(people, rng.randrange(1, 4)),
            studio=studio,
            tags=rng.sample(tags, rng.randrange(0, 6)),
            groups=[f"Group {n % 25}"] if n % 5 == 0 else [],
            date=date,
            details=f"What happened at the {title}.\n\nA second paragraph.",
            rating100=rng.choice((None, 20, 60, 85)),
            organized=n % 2 == 0,
        )
