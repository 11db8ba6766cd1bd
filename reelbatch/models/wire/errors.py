"""What is wrong with one field of a request."""

from reelbatch.models.wire.base import Absent, RecordModel


class FieldError(RecordModel):
    """One field's problem, named by its path in the request (`assets.0.layerName`)."""

    field: str
    message: str
    column: Absent[str] = None  # of a table, that the field comes from
