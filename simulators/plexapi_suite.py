"""``python -m simulators.plexapi_suite CHECKOUT``: a Plex for python-plexapi's own test-suite.

Serves the three libraries below until it is interrupted, and prints the command that runs the
suite of a checkout of python-plexapi. Nothing is fetched: the checkout and a Python with the
packages of its requirements_dev.txt are the caller's. The documented number was measured with the
snapshot named here.
"""

from __future__ import annotations

import argparse
import shlex
import signal
from pathlib import Path
from typing import Any

from simulators.plex import seed
from simulators.plex.server import PlexSimulator

SNAPSHOT = "4ffb295d (python-plexapi 4.18.3)"
# They need plex.tv, or leave items behind that the other tests trip over.
LEFT_OUT = ("test_sync.py", "test_myplex.py", "test_history.py")

_FILMS = {
    "Elephants Dream": 2006,
    "Sita Sings the Blues": 2008,
    "Big Buck Bunny": 2008,
    "Sintel": 2010,
}
_SHOWS = {"Game of Thrones": (10, 10), "The 100": (13, 16)}
_FIRST_EPISODE = "Winter Is Coming"


def document() -> dict[str, Any]:
    """The seed: the films and series of python-plexapi's own bootstrap, and a library without an
    agent."""
    return {
        "sections": [
            _section("Movies", "movie", _films()),
            _section("TV Shows", "show", _episodes()),
            _section("Other Videos", "movie", [{"path": "/data/Other Videos/a.mp4"}], "none"),
        ]
    }


def _films() -> list[dict[str, Any]]:
    return [
        {
            "path": f"/data/Movies/{title} ({year}).mp4",
            "guid": f"plex://movie/{number:024x}",
            "guids": [f"imdb://tt{number:07}", f"tmdb://{number}", f"tvdb://{number}"],
            "tags": {
                "genre": ["Animation", "Short", "Drama"],
                "country": ["Netherlands"],
                "director": ["Somebody Who Directs"],
                "writer": ["Somebody Who Writes"],
                "producer": ["Somebody Who Produces"],
                "actor": [("Cas Jansen", "Emo"), ("Tygo Gernandt", "Proog")],
            },
            "title": title,
            "year": year,
            "studio": "Blender Foundation",
            "summary": f"The film {title}.",
            "contentRating": "Not Rated",
            "originallyAvailableAt": f"{year}-03-24",
            "audienceRating": "7.3",
            "rating": "6.9",
        }
        for number, (title, year) in enumerate(_FILMS.items(), 1)
    ]


def _episodes() -> list[dict[str, Any]]:
    return [
        {
            "path": f"/data/TV Shows/{show}/S{season:02}E{index:02}.mp4",
            "show": show,
            "season": season,
            "index": index,
            "title": _FIRST_EPISODE if (season, index) == (1, 1) else f"Episode {index}",
            "guid": f"plex://episode/{show}/{season}/{index}",
            "originallyAvailableAt": f"201{season}-04-{index:02}",
            "year": 2010 + season,
        }
        for show, seasons in _SHOWS.items()
        for season, count in enumerate(seasons, 1)
        for index in range(1, count + 1)
    ]


def _section(
    title: str, kind: str, items: list[dict[str, Any]], agent: str | None = None
) -> dict[str, Any]:
    place = f"/data/{title}"
    return {"title": title, "type": kind, "agent": agent, "locations": [place], "items": items}


def command(checkout: Path, python: str, url: str) -> str:
    """What runs the suite of a checkout against the server at that address."""
    ignored = " ".join(f"--ignore tests/{name}" for name in LEFT_OUT)
    return (
        f"cd {shlex.quote(str(checkout))} && PLEXAPI_AUTH_SERVER_BASEURL={url} "
        f"HOME=$(mktemp -d) {shlex.quote(python)} -m pytest -q -p no:cacheprovider {ignored} tests"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m simulators.plexapi_suite", description=__doc__)
    parser.add_argument("checkout", type=Path, help=f"python-plexapi, best at {SNAPSHOT}")
    parser.add_argument("--python", default="python3", help="an interpreter with its packages")
    asked = parser.parse_args()
    plex = PlexSimulator(token=None)
    seed.load(plex.library, document())
    with plex:
        print(command(asked.checkout.resolve(), asked.python, plex.url), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
