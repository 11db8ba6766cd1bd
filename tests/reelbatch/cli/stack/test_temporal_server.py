"""The command that starts the embedded Temporal."""

from pathlib import Path

from reelbatch.cli.stack.temporal_server import server_command


def partitions_said_for(database: Path) -> list[str]:
    command = server_command(Path("temporal"), database, 7233, 8233)
    return [word for word in command if "Partitions=" in word]


def test_a_database_keeps_the_partitions_that_it_began_with(tmp_path: Path) -> None:
    """Tasks that wait in a partition are found by those alone who look for them there."""
    ours, earlier = tmp_path / "new" / "temporal.db", tmp_path / "earlier" / "temporal.db"
    for database in (ours, earlier):
        database.parent.mkdir()
    earlier.touch()
    began = partitions_said_for(ours)
    assert len(began) == 2
    ours.touch()
    assert partitions_said_for(ours) == began
    assert partitions_said_for(earlier) == []
