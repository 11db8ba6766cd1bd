"""Every file of the repository that a page, a comment or a setting names exists."""

import re

from tests.docs.prose import FOLDERS, ROOT, files

_ENDINGS = "css|html|js|json|md|png|py|toml|txt|ya?ml|zip"
_PATH = re.compile(
    rf"(?<![\w/.-])(?:{'|'.join(map(re.escape, FOLDERS))})(?:/[\w.-]+)*/[\w-]+\.(?:{_ENDINGS})\b"
)
_READ = {".md", ".py", ".toml", ".yml", ".yaml", ""}


def test_every_file_that_is_named_exists() -> None:
    missing = [
        f"{file.relative_to(ROOT)}: {named}"
        for file in files()
        if file.suffix in _READ
        for named in _PATH.findall(file.read_text())
        if not (ROOT / named).exists()
    ]
    assert missing == []
