"""The commands in pages, workflows and hooks exist in the Makefile."""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "bench").rglob("*.md"),
    *(ROOT / ".github").rglob("*.yml"),
]


def test_every_target_that_a_page_names_exists() -> None:
    in_text, in_block = r"`make ([a-z-]+)", r"^(?: {4}|run: )?make ([a-z-]+)(?=$|  )"
    calls = re.compile(f"{in_text}|{in_block}", re.MULTILINE)
    named = {
        (page.name, "".join(groups)) for page in PAGES for groups in calls.findall(page.read_text())
    }
    assert {target for _, target in named} >= {"demo", "lint", "test", "up"}
    assert [(page, target) for page, target in named if target not in TARGETS] == []


def test_every_program_that_a_page_runs_from_the_environment_is_installed() -> None:
    named = {
        name for page in PAGES for name in re.findall(r"\.venv/bin/([\w-]+)", page.read_text())
    }
    assert named >= {"python", "reelbatch"}
    assert [name for name in named if not Path(sys.executable).with_name(name).exists()] == []


def test_every_target_is_shown_by_make_help() -> None:
    shown = set(re.findall(r'@echo "make ([a-z-]+)', MAKEFILE))
    assert shown == TARGETS - {"help", "lint-github"}


def test_pre_commit_hooks_run_what_make_lint_runs() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = {hook["entry"] for repository in config["repos"] for hook in repository["hooks"]}
    assert hooks == {*_commands_of("lint"), "make lint-github"}


def test_the_workflows_run_the_same_commands_as_developers() -> None:
    workflows = ROOT / ".github" / "workflows"
    assert "run: .ci/run\n" in (workflows / "check.yml").read_text()
    release = (workflows / "release.yml").read_text()
    assert "uses: $/.github/workflows/check.yml\n" in release
    assert "run: make dist\n" in release


def _commands_of(target: str) -> list[str]:
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe
    lines = [line.strip().lstrip("@") for line in recipe[1].splitlines()]
    return [
        re.sub(r"^! test .* \|\| | > /dev/null$", "", line).replace("$(BIN)", ".venv/bin")
        for line in lines
    ]
