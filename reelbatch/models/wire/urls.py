"""URLs from clients."""

import re
from urllib.parse import SplitResult, urlsplit

from reelbatch.models.wire.secrets import has_reference

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # `urlsplit` drops some of them
_SHOWN = 300  # characters


def is_http_url(url: str) -> bool:
    """Whether `url` has the form of an http or https URL; references to secrets are allowed."""
    try:
        parts = urlsplit(url)
        is_usable = has_reference(parts.netloc) or _has_usable_port(parts)
    except ValueError:
        return False
    is_http = parts.scheme in ("http", "https") and bool(parts.hostname)
    return is_http and is_usable and not _CONTROL.search(url)


def _has_usable_port(parts: SplitResult) -> bool:
    """Whether the port is valid and the host has no spaces. Raises ValueError for a bad port."""
    return parts.port != 0 and not re.search(r"\s", parts.netloc)


def host_and_port(parts: SplitResult) -> str:
    """The host and port of a URL, without credentials, for messages."""
    return parts.netloc.rpartition("@")[2].lower()


def redacted_url(src: str) -> str:
    """A URL for messages: shortened, and without its query and credentials, which may be secret."""
    parts = urlsplit(src)
    if parts.scheme == "data":
        return "a data: URL"
    if parts.scheme == "upload":
        return src[:_SHOWN]
    if not parts.scheme:  # the whole URL is a reference to a secret, or it is not a URL
        return parts.path[:_SHOWN]
    return f"{parts.scheme}://{host_and_port(parts)}{parts.path}"[:_SHOWN]
