"""Profiles: named services, stored in a file of the user.

    default = "studio"

    [profiles.studio]
    url = "https://render.example.com"
    token = "rb_…"

The file is `$XDG_CONFIG_HOME/reelbatch/profiles.toml`, or the same below `~/.config`. It contains
tokens, so that only its owner may read it. Format: https://toml.io/en/v1.0.0
"""

import json
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from reelbatch.client._errors import NotConfigured

_NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_VISIBLE = re.compile(r"^[\x21-\x7e]+$")


class Profile(BaseModel):
    """A named service: the URL of its API and a token."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    url: str
    token: str


class _Content(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    default: str | None = None
    profiles: dict[str, Profile] = {}


@dataclass(frozen=True)
class Profiles:
    """The content of the file of profiles. Changes make a copy; `write` stores it."""

    file: Path
    default: str | None = None
    profiles: Mapping[str, Profile] = field(default_factory=dict[str, Profile])

    def having(self, name: str, profile: Profile) -> "Profiles":
        """Add a profile, or replace the one with this name.

        Args:
            name: Up to 64 letters, digits, `-` and `_`.
            profile: Its URL and token, in visible ASCII characters.

        Raises:
            ValueError: The name, the URL or the token cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} cannot be the name of a profile: use letters, digits, - and _."
            )
        for value in (profile.url, profile.token):
            if not _VISIBLE.fullmatch(value):
                raise ValueError("The URL and the token must consist of visible ASCII characters.")
        return replace(self, profiles={**self.profiles, name: profile})

    def without(self, name: str) -> "Profiles":
        """Remove a profile.

        Raises:
            ValueError: There is no such profile.
        """
        self._check(name)
        rest = {other: profile for other, profile in self.profiles.items() if other != name}
        return replace(self, profiles=rest, default=None if self.default == name else self.default)

    def using(self, name: str) -> "Profiles":
        """Make a profile the default.

        Raises:
            ValueError: There is no such profile.
        """
        self._check(name)
        return replace(self, default=name)

    def write(self) -> None:
        """Replace the file atomically. Comments in it are lost.

        Raises:
            OSError: The file cannot be written.
        """
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, draft = tempfile.mkstemp(dir=self.file.parent, prefix=".profiles-")  # mode 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(self._text())
        Path(draft).replace(self.file)

    def _check(self, name: str) -> None:
        if name not in self.profiles:
            names = ", ".join(sorted(self.profiles)) or "none"
            raise ValueError(f"There is no profile {name}; existing profiles: {names}.")

    def _text(self) -> str:
        """The content as TOML. JSON strings are TOML strings if all characters are visible."""
        lines = [f"default = {json.dumps(self.default)}\n"] if self.default else []
        for name, profile in sorted(self.profiles.items()):
            lines += [f"\n[profiles.{name}]\n"]
            lines += [f"url = {json.dumps(profile.url)}\ntoken = {json.dumps(profile.token)}\n"]
        return "".join(lines).lstrip()


def profiles_file() -> Path:
    folder = os.environ.get("XDG_CONFIG_HOME")
    root = Path(folder) if folder else Path("~/.config").expanduser()
    return root / "reelbatch" / "profiles.toml"


def read_profiles() -> Profiles:
    """Read the user's profiles, of which there are none without a file.

    Raises:
        NotConfigured: The file cannot be read.
    """
    file = profiles_file()
    try:
        content = _Content.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Profiles(file)
    except tomllib.TOMLDecodeError as error:
        raise NotConfigured(f"{file} is not TOML: {error}.") from error
    except ValidationError as error:
        places = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors())
        raise NotConfigured(f"{file} cannot be used; correct {places}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise NotConfigured(f"{file} cannot be read: {error}.") from error
    return Profiles(file, content.default, content.profiles)
