"""Requests to clients' own S3 buckets: signatures, and errors in the responses.

The signature is AWS Signature Version 4, as described at
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. The object store's
own client signs requests too, but it sets no ACL and would connect to private networks.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from urllib.parse import urlsplit

ERROR_LENGTH = 10_000
"""Bytes to read from the body of an error."""

_ALGORITHM = "AWS4-HMAC-SHA256"
_EMPTY_DIGEST = sha256(b"").hexdigest()
_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,100})</Code>")


@dataclass(frozen=True, kw_only=True)
class Credentials:
    key_id: str
    secret: str = field(repr=False)
    region: str


def signed_headers(
    method: str,
    url: str,
    credentials: Credentials,
    *,
    headers: Mapping[str, str] = MappingProxyType({}),
    digest: str = _EMPTY_DIGEST,
) -> dict[str, str]:
    """Return `headers` with those that sign the request.

    Args:
        url: Percent-encoded, without a query.
        digest: The SHA-256 of the body, in hex.
    """
    timestamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{timestamp[:8]}/{credentials.region}/s3/aws4_request"
    parts = urlsplit(url)
    signed = {
        **{name.lower(): value for name, value in headers.items()},
        "host": parts.netloc,
        "x-amz-content-sha256": digest,
        "x-amz-date": timestamp,
    }
    names = sorted(signed)
    lines = [f"{name}:{' '.join(signed[name].split())}\n" for name in names]
    request = "\n".join([method, parts.path, "", "".join(lines), ";".join(names), digest])
    text = "\n".join([_ALGORITHM, timestamp, scope, sha256(request.encode()).hexdigest()])
    key = f"AWS4{credentials.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), sha256)
    signature = hmac.digest(key, text.encode(), sha256).hex()
    authorization = (
        f"{_ALGORITHM} Credential={credentials.key_id}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return {**signed, "authorization": authorization}


def error_code(body: bytes) -> str:
    """The provider's error code after a space, or an empty string.

    The rest of the body may quote the request, so no message shows it.
    """
    found = _CODE.search(body[:ERROR_LENGTH])
    return f" {found[1].decode()}" if found else ""
