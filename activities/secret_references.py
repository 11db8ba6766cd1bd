"""References such as `${secrets.NAME}` are replaced by values here, only inside activities.

Everything that leaves an activity is recorded: results and failures in histories, warnings in logs.
An activity therefore remembers the values that it has resolved, and removes them from its failures.
"""

import json
import re
from collections.abc import Iterator
from typing import cast
from urllib.parse import quote

from pydantic import JsonValue

from reelbatch.models.errors import SecretsNotConfigured, SecretUnavailable
from reelbatch.models.wire.assets import Asset, secret_fields
from reelbatch.models.wire.secrets import referenced_secrets, replace_references
from reelbatch.redaction import redact_with
from reelbatch.storage.secrets import SecretVault


class SecretReferences:
    """Resolves the references of all teams."""

    def __init__(self, vault: SecretVault) -> None:
        self._vault = vault

    def of(self, team: str) -> "ResolvedSecrets":
        """The secrets for one activity of `team`; they are also removed from its log lines."""
        resolved = ResolvedSecrets(self._vault, team)
        redact_with(resolved.redact)
        return resolved


class ResolvedSecrets:
    """The secrets that one activity has used so far."""

    def __init__(self, vault: SecretVault, team: str) -> None:
        self.team = team
        self._vault = vault
        self._values: dict[str, str] = {}

    @property
    def used(self) -> bool:
        return bool(self._values)

    async def resolve(self, text: str) -> str:
        """Return `text` with its references replaced. Raises SecretUnavailable, which is final."""
        for _, name in referenced_secrets(text, ""):
            if name not in self._values:
                self._values[name] = await self._reveal(name)
        return replace_references(text, self._values.__getitem__)

    async def resolve_json(self, value: JsonValue) -> JsonValue:
        """Return `value` with the references in all of its texts, except keys, replaced."""
        if isinstance(value, str):
            return await self.resolve(value)
        if isinstance(value, list):
            return [await self.resolve_json(item) for item in cast("list[JsonValue]", value)]
        if isinstance(value, dict):
            fields = cast("dict[str, JsonValue]", value)
            return {key: await self.resolve_json(item) for key, item in fields.items()}
        return value

    async def resolve_asset(self, asset: Asset) -> Asset:
        """Return `asset` with the references replaced in all fields that may contain them."""
        changes = {
            field: await self.resolve_json(value) for field, value in secret_fields(asset).items()
        }
        return asset.model_copy(update=changes) if changes else asset

    def redact(self, text: str) -> str:
        """Return `text` with the values that were resolved replaced by their references again."""
        spellings = {
            spelling.casefold(): f"${{secrets.{name}}}"
            for name, value in self._values.items()
            for spelling in _spellings(value)
        }
        if not spellings:
            return text
        longest_first = sorted(spellings, key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
        return pattern.sub(lambda match: spellings.get(match[0].casefold(), "${secrets}"), text)

    async def _reveal(self, name: str) -> str:
        try:
            value = await self._vault.reveal(self.team, name)
        except SecretsNotConfigured as error:
            raise SecretUnavailable(error.message) from None
        if value is None:
            raise SecretUnavailable(
                f"The secret {name} no longer exists: it was deleted after the job was accepted."
            )
        return value


def _spellings(value: str) -> Iterator[str]:
    """The spellings of the value in a message: as it is, in a URL, or quoted."""
    yield value
    yield quote(value)
    yield quote(value, safe="")
    yield json.dumps(value)[1:-1]
    yield repr(value)[1:-1]
