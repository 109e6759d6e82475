"""Syncs one scene with the cover ``FOLDER/cover.avif`` where Pillow cannot be imported.

Prints the scene's outcome and how many posters its item has.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.modules["PIL"] = None  # type: ignore[assignment]
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.resident.bench import Bench


def main() -> None:
    folder = Path(sys.argv[1])
    bench = Bench(folder / "bench", skip_posters=False)
    scene, item = bench.add(cover=(folder / "cover.avif").read_bytes())
    bench.edit(scene, title="New")
    bench.pass_time(180.0)
    sys.stdout.write(f"{bench.outcome(scene)} {len(item.posters)}\n")
    bench.close()


if __name__ == "__main__":
    main()
