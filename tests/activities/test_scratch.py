import subprocess
import sys
from pathlib import Path

from activities.scratch import ENGINE_FOLDER, Scratch

HOLD = """
import sys, pathlib
from activities.scratch import Scratch
scratch = Scratch(pathlib.Path(sys.argv[1]))
(scratch.path / "left-over").touch()
print(scratch.path, flush=True)
sys.stdin.read()
"""


def test_a_work_dir_is_gone_after_its_render(tmp_path: Path) -> None:
    with Scratch(tmp_path) as scratch, scratch.work_dir() as folder:
        (folder / "frame").touch()
    assert list(tmp_path.iterdir()) == []


def test_a_render_finds_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    with Scratch(tmp_path) as scratch:
        with scratch.work_dir() as folder:
            (folder / ENGINE_FOLDER / "images").mkdir(parents=True)
            (folder / ENGINE_FOLDER / "images" / "logo.png").touch()
            (folder / "fonts").mkdir()
            (folder / "template").touch()
        with scratch.work_dir() as next_folder:
            found = [file for file in next_folder.rglob("*") if file.name != ENGINE_FOLDER]
    assert found == []


def test_a_folder_whose_worker_is_about_to_lock_it_is_left_alone(tmp_path: Path) -> None:
    new = tmp_path / "reelbatch-worker-new"
    new.mkdir()
    with Scratch(tmp_path):
        assert new.exists()


def test_files_of_a_killed_worker_are_removed_by_the_next(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as other:
        assert other.stdout is not None
        folder = Path(other.stdout.readline().strip())
        with Scratch(tmp_path):
            assert folder.exists(), "a living worker's folder is left alone"
        other.kill()
        other.wait()
        with Scratch(tmp_path):
            assert not folder.exists()
