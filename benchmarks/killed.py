"""Kills refreshes at random moments and looks at what is left, and at what the next refresh makes of it.

    python -m benchmarks.killed [--times 60] [--seed 1]

Each refresh adds an article and a changed page to a project with one release, and dies by SIGKILL. Then `latest` must
be a whole release, the one before or the one after; and after the next refresh every table and every file of the
release must have the bytes that they have undisturbed.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from kills import kill_at_random, undisturbed


def main() -> int:
    """Kill as often as the command line asks; 1 if anything was wrong after any of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--times", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = undisturbed(Path(folder))
        print(f"undisturbed, the refresh takes {found.seconds:.1f} s")
        wrong = 0
        for moment, said in kill_at_random(Path(folder), found, asked.times, random.Random(asked.seed)):
            wrong += bool(said)
            print(f"killed after {moment:5.2f} s: {said or 'nothing lost, nothing doubled'}", flush=True)
    print(f"{asked.times} killed, {wrong} of them with something wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
