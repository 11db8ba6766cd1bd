"""`python -m bench.fidelity FOLDER`: draws Lottie files with the service and with lottie-web.

Prints the share of files that look the same, by feature, and writes the scores and a contact sheet
of the worst files to bench-output.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from rich.console import Console

from bench.fidelity import ours
from bench.fidelity.likeness import likeness, on_white
from bench.fidelity.report import Score, sheet_of, table_of
from bench.fidelity.samples import Sample, samples_in
from bench.peers import installed
from bench.service import running_service
from reelbatch.client import Reelbatch

OUTPUT = Path("bench-output")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fidelity", description=__doc__)
    parser.add_argument("folder", type=Path, help="contains .json, .lottie or .zip files")
    samples = list(samples_in(parser.parse_args().folder))
    program = installed.chromium()
    if program is None:
        sys.exit(f"Chromium with Playwright and lottie-web is not installed: {installed.HOW_TO}")
    if not samples:
        sys.exit("This folder contains no Lottie files.")
    with tempfile.TemporaryDirectory(prefix="reelbatch-fidelity-") as folder:
        scores = _compare(samples, program, Path(folder))
    Console().print(table_of(scores))
    OUTPUT.mkdir(exist_ok=True)
    (OUTPUT / "fidelity.json").write_text(
        json.dumps({score.sample.file.name: round(score.likeness, 4) for score in scores}, indent=1)
    )
    sheet_of(scores).save(OUTPUT / "fidelity.png")
    print(f"Written to {OUTPUT}/fidelity.json and {OUTPUT}/fidelity.png.")


def _compare(samples: Sequence[Sample], chromium: str, folder: Path) -> list[Score]:
    from bench.fidelity.reference import pictures  # Playwright may be absent
    from bench.peers.lottie_web import browser

    with (
        running_service(folder / "service") as service,
        Reelbatch(service.connection.api_url, service.connection.token) as client,
    ):
        drawn = ours.draw(client, samples, folder / "ours")
    scores: list[Score] = []
    with browser(chromium) as running:
        for sample in samples:
            frames: list[Score] = []
            try:
                for frame, theirs in pictures(running, sample):
                    frames.append(_score(sample, frame, drawn.get((sample.file, frame)), theirs))
            except RuntimeError as error:
                print(f"left out, because lottie-web cannot draw it: {sample.file.name}: {error}")
                continue
            scores.append(min(frames, key=lambda score: score.likeness))
    return scores


def _score(sample: Sample, frame: int, file: Path | None, theirs: Image.Image) -> Score:
    reference = on_white(theirs)
    if file is None:
        return Score(sample, 0.0, frame, None, reference)
    picture = on_white(Image.open(file)).resize(reference.size)
    return Score(sample, likeness(picture, reference), frame, picture, reference)


if __name__ == "__main__":
    main()
