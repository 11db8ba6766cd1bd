"""The stored record of a token."""

from datetime import UTC, datetime

from reelbatch.models.wire.tokens import Scope, Token


class TokenRecord(Token):
    """A token's team and scopes. `id` names it in lists; the token itself is not stored."""

    team: str

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes

    @property
    def wire(self) -> Token:
        return Token.model_validate(self.model_dump(exclude={"team"}))
