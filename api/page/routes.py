"""GET /: the web page. Its files are served as they are, without a build.

The page is a client of this API like any other: it has no endpoints of its own.
"""

from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Response

from reelbatch.models.errors import NotFound

router = APIRouter(include_in_schema=False)

_MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_FILES = {
    file.name: file.read_bytes()
    for file in sorted(Path(__file__).parent.iterdir())
    if file.suffix in _MEDIA_TYPES
}
# Part of the files' addresses, relative to which modules import each other. A new version has new
# addresses, so that browsers can cache files forever and still never mix two versions.
_VERSION = sha256(b"".join(_FILES.values())).hexdigest()[:12]
_INDEX = _FILES.pop("index.html").replace(b"VERSION", _VERSION.encode())

# Nothing from third parties, nothing inline, and no text that is ever parsed as HTML.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_REVALIDATED = {"Cache-Control": "no-cache"}
_IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}


@router.head("/")
@router.get("/")
async def get_page() -> Response:
    headers = {"Content-Security-Policy": _POLICY, **_REVALIDATED}
    return Response(_INDEX, headers=headers, media_type=_MEDIA_TYPES[".html"])


@router.head("/page/{version}/{name}")
@router.get("/page/{version}/{name}")
async def get_file(version: str, name: str) -> Response:
    """Raises NotFound. Another version's address, as during an update, gets this version."""
    content = _FILES.get(name)
    if content is None:
        raise NotFound
    headers = _IMMUTABLE if version == _VERSION else {"Cache-Control": "no-store"}
    return Response(content, headers=headers, media_type=_MEDIA_TYPES[Path(name).suffix])
