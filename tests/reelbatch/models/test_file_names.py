"""File names come from the names of jobs, and never lead outside the folder."""

import pytest

from reelbatch.models.file_names import file_stem, file_stems


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Zoë Łukasz 李雷", "Zoë Łukasz 李雷"),
        ("Zoe\u0308", "Zoë"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", ""),
        ("C:\\films\\a", "C__films_a"),
        ("a\0b\nc", "a_b_c"),
        ("What? *Now*", "What_ _Now_"),
        (" .hidden. ", "hidden"),
        ("con", "_con"),
        ("LPT1.final", "_LPT1.final"),
        ("console", "console"),
        ("evil\u202egpj", "evil_gpj"),
        ("é" * 200, "é" * 100),
    ],
)
def test_the_name_of_a_job_becomes_a_file_name(name: str, stem: str) -> None:
    assert file_stem(name) == stem


def test_no_two_files_have_the_same_name() -> None:
    names = {0: "Ada", 1: None, 2: "ADA", 3: "001", 4: "Ada", 5: ".."}
    assert file_stems(names, digits=3) == {
        0: "Ada",
        1: "001",
        2: "ADA (2)",
        3: "001 (2)",
        4: "Ada (3)",
        5: "005",
    }
