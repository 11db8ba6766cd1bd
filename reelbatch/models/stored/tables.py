"""The stored table of a batch, which its results quote."""

from reelbatch.models.wire.base import RecordModel


class BatchTable(RecordModel):
    columns: list[str]
    rows: dict[int, list[str]]  # cells by the index of the row's job

    def cells(self, index: int) -> dict[str, str] | None:
        """The cells of a job's row by column name; None for a job without a row."""
        row = self.rows.get(index)
        if row is None:
            return None
        padded = [*row, *[""] * len(self.columns)]
        return {name: cell for name, cell in zip(self.columns, padded, strict=False) if name}
