"""Draws with the service: each file is a template, and each of its frames a job."""

from collections.abc import Sequence
from pathlib import Path

from bench.fidelity.samples import FRAMES, Sample
from reelbatch.client import Reelbatch, TemplateUnusable

_FILES = 1000 // FRAMES  # per batch


def draw(
    client: Reelbatch, samples: Sequence[Sample], folder: Path
) -> dict[tuple[Path, int], Path]:
    """The pictures by file and frame, without frames that the service does not draw."""
    drawn: dict[tuple[Path, int], Path] = {}
    for first in range(0, len(samples), _FILES):
        drawn |= _draw_batch(client, samples[first : first + _FILES], folder / str(first))
        print(f"the service has drawn {min(first + _FILES, len(samples))} files", flush=True)
    return drawn


def _draw_batch(
    client: Reelbatch, samples: Sequence[Sample], folder: Path
) -> dict[tuple[Path, int], Path]:
    frames: list[tuple[Path, int]] = []
    jobs: list[dict[str, object]] = []
    for sample in samples:
        try:
            template = client.templates.push(sample.file, template_type=sample.template_type)
        except TemplateUnusable as error:
            print(f"refused: {sample.file.name}: {error}")
            continue
        for frame in sample.frames:
            frames.append((sample.file, frame))
            settings = {"type": "image", "codec": "image_png", "frames": frame}
            jobs.append({"template": {"id": template.id}, "settings": settings})
    if not jobs:
        return {}
    batch = client.batches.create(jobs)
    for job in batch.wait().jobs:
        if job.error:
            print(f"not drawn: {frames[job.index][0].name}: {job.error}")
    return {frames[output.job.index]: output.file for output in batch.downloads(folder)}
