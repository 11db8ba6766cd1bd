"""Writes the example templates into `templates/`: the same bytes on every run.

python examples/make_templates.py [FOLDER]
"""

import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import certificate
import counter_badge
import lower_third
import product_promo

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
ARTWORK = HERE / "artwork"


def built_templates() -> Iterator[tuple[str, bytes]]:
    """Yield every template's file name and content."""
    picture = (ARTWORK / "headphones.png").read_bytes()
    yield (
        "product-promo.zip",
        _zipped({"promo.json": product_promo.build(), "images/headphones.png": picture}),
    )
    yield "certificate.json", certificate.build()
    yield "lower-third.json", lower_third.build()
    yield "counter-badge.json", counter_badge.build()


def _zipped(files: dict[str, bytes]) -> bytes:
    """Zip files without compression and with a fixed date: compressors differ between machines."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as zipped:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, content)
    return archive.getvalue()


def write_templates(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in built_templates():
        (folder / name).write_bytes(content)
        print(f"{name}: {len(content)} bytes")


if __name__ == "__main__":
    write_templates(Path(sys.argv[1]) if len(sys.argv) > 1 else TEMPLATES)
