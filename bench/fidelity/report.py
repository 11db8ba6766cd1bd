"""Reports a comparison: a table by feature, and a sheet of the least similar files."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw
from rich.table import Table

from bench.fidelity.likeness import ALIKE
from bench.fidelity.samples import EXPRESSIONS, TEXT, Sample

_ROWS = 40  # on the sheet
_SIDE, _GAP, _CAPTION = 240, 8, 16  # pixels


@dataclass(frozen=True)
class Score:
    """The worst frame of a file, with both pictures. `ours` is None if the service drew none."""

    sample: Sample
    likeness: float
    frame: int
    ours: Image.Image | None
    reference: Image.Image

    @property
    def is_alike(self) -> bool:
        return self.likeness > ALIKE


def table_of(scores: Sequence[Score]) -> Table:
    """The share of similar files, among all files and among those with each feature."""
    table = Table(title=f"SSIM above {ALIKE} in a file's worst frame")
    for title in ("files", "number", "alike"):
        table.add_column(title, justify="left" if title == "files" else "right")
    features = Counter(feature for score in scores for feature in score.sample.features)
    plain = [s for s in scores if not s.sample.features & {TEXT, EXPRESSIONS}]
    groups = {"all": list(scores), "neither text nor expressions": plain}
    groups |= {
        f"with {feature}": [score for score in scores if feature in score.sample.features]
        for feature, _ in features.most_common()
    }
    for name, group in groups.items():
        if group:
            share = sum(score.is_alike for score in group) / len(group)
            table.add_row(name, str(len(group)), f"{share:.3f}")
    return table


def sheet_of(scores: Sequence[Score]) -> Image.Image:
    """The least similar files first. A row has our picture, lottie-web's, and the difference."""
    worst = sorted(scores, key=lambda score: score.likeness)[:_ROWS]
    height = _SIDE + _CAPTION + _GAP
    sheet = Image.new("RGB", (3 * (_SIDE + _GAP), max(1, len(worst)) * height), "#777")
    draw = ImageDraw.Draw(sheet)
    for row, score in enumerate(worst):
        words = f"{score.likeness:.4f}  {score.sample.file.name}, frame {score.frame}"
        draw.text((2, row * height + 2), words, fill="white")
        for column, picture in enumerate(_trio(score)):
            sheet.paste(picture, (column * (_SIDE + _GAP), row * height + _CAPTION))
    return sheet


def _trio(score: Score) -> list[Image.Image]:
    theirs = score.reference
    ours = score.ours or Image.new("RGB", theirs.size, "red")
    pictures = [ours, theirs, ImageChops.difference(ours, theirs)]
    for picture in pictures:
        picture.thumbnail((_SIDE, _SIDE))
    return pictures
