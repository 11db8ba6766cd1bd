"""The stored record of a team's secret."""

from reelbatch.models.wire.base import RecordModel, Timestamp


class SecretRecord(RecordModel):
    """A secret, with its value encrypted."""

    id: str
    name: str
    created_at: Timestamp
    sealed: str  # base64 of the nonce and the AES-256-GCM ciphertext, bound to team and name
