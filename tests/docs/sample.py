"""`python -m tests.docs.sample SEED [--each NUMBER]` prints prose to read again, drawn at random.

Equal seeds draw equal places from an equal tree.
"""

import argparse
import sys
from random import Random

from tests.docs.prose import KINDS, places


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", help="any number or word")
    parser.add_argument("--each", type=int, default=20, help="places of each kind; default: 20")
    arguments = parser.parse_args()
    for kind in KINDS:
        of_kind = [place for place in places() if place.kind == kind]
        random = Random(f"{arguments.seed} {kind}")  # noqa: S311  it protects nothing
        drawn = random.sample(of_kind, min(arguments.each, len(of_kind)))
        lines = [f"== {kind}: {len(drawn)} of {len(of_kind)}", *map(str, drawn), ""]
        sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
