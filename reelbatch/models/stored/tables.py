"""The table whose rows a batch's jobs are, as it is kept for the results."""

from reelbatch.models.wire.base import RecordModel


class BatchTable(RecordModel):
    columns: list[str]
    rows: dict[int, list[str]]  # cells by the index of the row's job

    def cells(self, index: int) -> dict[str, str] | None:
        """A job's row by the names of the columns; None for a job without one."""
        row = self.rows.get(index)
        if row is None:
            return None
        padded = [*row, *[""] * len(self.columns)]
        return {name: cell for name, cell in zip(self.columns, padded, strict=False) if name}
