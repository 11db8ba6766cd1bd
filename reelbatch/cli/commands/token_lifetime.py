"""When a token ends, as people write it: `30d`, `12h`, `2027-01-31` or a moment in RFC 3339."""

import re
from datetime import UTC, datetime, timedelta

from reelbatch.cli.console import CommandFailed

_LIFETIME = re.compile(r"([1-9][0-9]{0,4})([hd])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}


def parse_expiry(text: str) -> datetime:
    """The moment in UTC; a date is its first moment. Raises CommandFailed."""
    now = datetime.now(UTC)
    lifetime = _LIFETIME.fullmatch(text)
    if lifetime:
        return now + int(lifetime[1]) * _UNITS[lifetime[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandFailed(
            f"{text!r} is no time to expire: write a number of days or hours such as 30d or 12h, "
            "or a date such as 2027-01-31."
        ) from error
    expiry = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    if expiry <= now:
        raise CommandFailed(f"{text} is over: the token would never work.")
    return expiry
