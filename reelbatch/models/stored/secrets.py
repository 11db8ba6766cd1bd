"""A team's secret as it is kept."""

from reelbatch.models.wire.base import RecordModel, Timestamp


class SecretRecord(RecordModel):
    """A secret as the object store keeps it."""

    id: str
    name: str
    created_at: Timestamp
    sealed: str  # base64 of the nonce and the AES-256-GCM ciphertext, bound to team and name
