"""Profiles: services by name, in a file of the user's.

    default = "studio"

    [profiles.studio]
    url = "https://render.example.com"
    token = "rb_…"

`$XDG_CONFIG_HOME/reelbatch/profiles.toml`, or that of `~/.config`. It holds tokens, so it is
written for its owner alone. Format: https://toml.io/en/v1.0.0
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
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    url: str
    token: str


class _Content(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    default: str | None = None
    profiles: dict[str, Profile] = {}


@dataclass(frozen=True)
class Profiles:
    """What the file says. Changes are only kept by `write`."""

    file: Path
    default: str | None = None
    profiles: Mapping[str, Profile] = field(default_factory=dict[str, Profile])

    def having(self, name: str, profile: Profile) -> "Profiles":
        """With one more, or another of that name. Raises ValueError for what cannot be written."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no profile's name: letters, digits, - and _ make one.")
        for value in (profile.url, profile.token):
            if not _VISIBLE.fullmatch(value):
                raise ValueError("The URL and the token have to be visible ASCII characters.")
        return replace(self, profiles={**self.profiles, name: profile})

    def without(self, name: str) -> "Profiles":
        """Raises ValueError for an unknown one."""
        self._check(name)
        rest = {other: profile for other, profile in self.profiles.items() if other != name}
        return replace(self, profiles=rest, default=None if self.default == name else self.default)

    def using(self, name: str) -> "Profiles":
        """With `name` as the default. Raises ValueError for an unknown one."""
        self._check(name)
        return replace(self, default=name)

    def write(self) -> None:
        """Replace the file at once. Comments in it are lost. Raises OSError."""
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, draft = tempfile.mkstemp(dir=self.file.parent, prefix=".profiles-")  # mode 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(self._text())
        Path(draft).replace(self.file)

    def _check(self, name: str) -> None:
        if name not in self.profiles:
            known = ", ".join(sorted(self.profiles)) or "none"
            raise ValueError(f"There is no profile {name}; there are: {known}.")

    def _text(self) -> str:
        """JSON's strings are TOML's as long as all characters are visible ones."""
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
    """Without a file there are none. Raises NotConfigured if it is broken."""
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
