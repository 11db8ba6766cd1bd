"""The problem with one field of a request."""

from reelbatch.models.wire.base import Absent, RecordModel


class FieldError(RecordModel):
    """A problem with one field, given by its path in the request (`assets.0.layerName`)."""

    field: str
    message: str
    column: Absent[str] = None  # the table's column that the field comes from
