"""The number of render processes that a worker starts by default."""

import os
from pathlib import Path

import pytest

from reelbatch.engines.pool import carried_processes

GB = 1024**3
CORES = len(os.sched_getaffinity(0))


def test_a_machine_without_limits_gets_a_process_for_each_core(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert carried_processes(tmp_path, memory=1024 * GB) == CORES


def test_a_machine_without_cgroups_gets_a_process_for_each_core(tmp_path: Path) -> None:
    assert carried_processes(tmp_path / "nothing", memory=1024 * GB) == CORES


def test_a_container_gets_no_more_processes_than_its_processor_time(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert carried_processes(tmp_path, memory=1024 * GB) == 1


@pytest.mark.parametrize("memory_max", ["max", str(GB // 2)])
def test_little_memory_means_few_processes(tmp_path: Path, memory_max: str) -> None:
    (tmp_path / "memory.max").write_text(memory_max)
    memory = GB // 2 if memory_max == "max" else 1024 * GB
    assert carried_processes(tmp_path, memory=memory) == 1


def test_there_is_always_one_process(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("10000 100000")
    (tmp_path / "memory.max").write_text("1000")
    assert carried_processes(tmp_path) == 1
