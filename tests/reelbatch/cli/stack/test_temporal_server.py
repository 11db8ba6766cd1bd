"""The command that starts the embedded Temporal."""

from pathlib import Path

from reelbatch.cli.stack.temporal_server import server_command


def partition_settings(database: Path) -> list[str]:
    command = server_command(Path("temporal"), database, 7233, 8233)
    return [word for word in command if "Partitions=" in word]


def test_a_database_keeps_its_original_number_of_partitions(tmp_path: Path) -> None:
    """Otherwise nobody would look for the tasks that wait in the other partitions."""
    new, earlier = tmp_path / "new" / "temporal.db", tmp_path / "earlier" / "temporal.db"
    for database in (new, earlier):
        database.parent.mkdir()
    earlier.touch()
    settings = partition_settings(new)
    assert len(settings) == 2
    new.touch()
    assert partition_settings(new) == settings
    assert partition_settings(earlier) == []
