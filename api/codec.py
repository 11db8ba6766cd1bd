"""The remote codec: decrypts payloads for the Temporal Web UI and command line.

Protocol: https://docs.temporal.io/codec-server. Bodies are `temporal.api.common.v1.Payloads` in
protobuf's JSON. Payloads in the object store are fetched too, so that large inputs can be shown.
A browser signs in once with a token at `/codec/`, since the Web UI does not know our tokens. Its
cookie is a signed reference to the token's record, and becomes invalid with the token.
"""

import asyncio
import re
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import SplitResult, parse_qs, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import DecodeError
from obstore.store import ObjectStore
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.sdk.v1.external_storage_pb2 import ExternalStorageReference
from temporalio.converter import JSONProtoPayloadConverter

from api.authentication import bearer_token, client_address
from api.http.middleware import CODEC_PATH
from api.http.requests import check_values, read_body
from api.resources import Resources, Shared
from reelbatch.models.errors import (
    BodyTooLarge,
    Forbidden,
    PayloadUndecodable,
    RequestError,
    Unauthorized,
)
from reelbatch.models.stored.tokens import TokenRecord
from reelbatch.models.wire.tokens import Scope
from reelbatch.settings import ByteLimit
from reelbatch.storage.objects import read_bytes
from reelbatch.storage.payload_encryption import is_encrypted, team_of
from reelbatch.storage.tokens import digest_of

router = APIRouter(prefix=CODEC_PATH, include_in_schema=False)

_COOKIE = "reelbatch-codec"
_COOKIE_SECONDS = 12 * 3600
_SESSION = "codec session"  # a signature's purpose
_LONGEST_FORM = ByteLimit(4096)
_MAX_UNSIGNED = ByteLimit(8 * 1024**2)  # without signing in; Temporal's responses are smaller
_REFERENCE = ExternalStorageReference.DESCRIPTOR.full_name.encode()
_CLAIMED_KEY = re.compile(
    r"^teams/(?P<team>[a-z0-9-]+|_)/payloads/[0-9]{4}(-[0-9]{2}){2}/[0-9a-f]{64}$"
)

_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",  # otherwise browsers send the form's Origin as null
}

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Reelbatch codec</title>
<form method="post" action="session"><p><label>Token
<input name="token" type="password" autocomplete="off" required></label> <button>Sign in</button>
</form><p>{message}</p></html>"""


async def _reader(request: Request, resources: Shared) -> TokenRecord:
    """The record of the request's token, from the header or else from the browser's session."""
    session = request.cookies.get(_COOKIE)
    if session is None or "authorization" in request.headers:
        return await _record(request, resources, digest_of(bearer_token(request.headers)))
    if not _is_ours(request, resources):
        raise Forbidden("Pages from this origin may not use the session.")
    return await _record(request, resources, _digest_in(resources, session))


async def _record(request: Request, resources: Resources, digest: str) -> TokenRecord:
    """Raises Unauthorized, TooManyRequests, or Forbidden for a token that may not read jobs."""
    record = await resources.authenticator.authenticate_digest(digest, client_address(request))
    if not record.allows(Scope.JOBS_READ):
        raise Forbidden(
            f"This token does not have the scope {Scope.JOBS_READ}: sign in with one that does."
        )
    return record


Reader = Annotated[TokenRecord, Depends(_reader)]


@router.get("/")
async def get_page() -> Response:
    return _page("Sign in to see encrypted payloads in the Temporal Web UI.")


@router.post("/session")
async def create_session(request: Request, resources: Shared) -> Response:
    if not _is_ours(request, resources):
        raise Forbidden("Sign in on this server's own page, not from another site.")
    digest = digest_of(_token_in(await read_body(request, _LONGEST_FORM)))
    await _record(request, resources, digest)
    expires = str(int(datetime.now(UTC).timestamp()) + _COOKIE_SECONDS)
    response = _page("You are signed in for twelve hours.")
    response.set_cookie(
        _COOKIE,
        ".".join((digest, expires, resources.signer.sign(_SESSION, digest, expires))),
        max_age=_COOKIE_SECONDS,
        path=CODEC_PATH,
        secure="https" in (request.url.scheme, _public(resources).scheme),
        httponly=True,
        samesite="strict",
    )
    return response


@router.post("/decode")
async def decode(request: Request, resources: Shared) -> Response:
    """Decode payloads, or return them unchanged to a Web UI in which nobody has signed in.

    A 401 would put a red banner on each of its pages. Raises the same errors as `download`.
    """
    if _is_signed_out(request, resources):
        limit = resources.settings.limit_of("body").up_to(_MAX_UNSIGNED)
        body = await read_body(request, limit)
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
    return await download(request, resources, await _reader(request, resources))


@router.post("/download")
async def download(request: Request, resources: Shared, reader: Reader) -> Response:
    """The payloads as they were before encryption, or before they went to the object store.

    Raises Forbidden for a payload of another team, BodyTooLarge or PayloadUndecodable.
    """
    decoded = Payloads()
    left = resources.settings.max_body_bytes
    for payload in (await _read_payloads(request, resources)).payloads:
        decoded.payloads.append(await _decoded(resources, reader, payload))
        left -= decoded.payloads[-1].ByteSize()
        if left < 0:  # many references may lead to the same large payload
            raise BodyTooLarge(
                "The decoded payloads are too large for one response "
                "(REELBATCH_MAX_BODY_BYTES): request fewer at a time."
            )
    return _response(decoded)


@router.post("/encode")
async def encode(request: Request, resources: Shared, reader: Reader) -> Response:
    payloads = await _read_payloads(request, resources)
    codec = resources.payload_codec.of_team(reader.team)
    return _response(Payloads(payloads=await codec.encode(payloads.payloads)))


def may_decode(reader: TokenRecord, team: str, operator_team: str | None) -> bool:
    """A team may decode its own payloads; the operators' team may decode everybody's."""
    return reader.team in (team, operator_team)


async def _decoded(resources: Resources, reader: TokenRecord, payload: Payload) -> Payload:
    if payload.metadata.get("messageType") == _REFERENCE:
        payload = await _fetched(resources, reader, payload)
    if not is_encrypted(payload):
        return payload
    _check(resources, reader, team_of(payload))
    [decoded] = await resources.payload_codec.decode([payload])
    return decoded


async def _fetched(resources: Resources, reader: TokenRecord, payload: Payload) -> Payload:
    """The payload in the object store that this one refers to."""
    try:
        reference: ExternalStorageReference = JSONProtoPayloadConverter().from_payload(payload)
    except (RuntimeError, ValueError) as error:
        raise RequestError("payloads: One of the references cannot be read.") from error
    key = reference.claim_data.get("key", "")
    claimed = _CLAIMED_KEY.fullmatch(key)
    if claimed is None:
        raise RequestError("payloads: A reference does not lead to a payload of this service.")
    _check(resources, reader, claimed["team"])
    return await _stored(resources.store, key)


async def _stored(store: ObjectStore, key: str) -> Payload:
    content = await read_bytes(store, key)
    if content is None:
        raise PayloadUndecodable("The object store no longer has this payload.")
    try:
        return Payload.FromString(content)
    except DecodeError as error:
        raise PayloadUndecodable("The stored object is not a payload.") from error


def _check(resources: Resources, reader: TokenRecord, team: str) -> None:
    if not may_decode(reader, team, resources.settings.operator_team):
        raise Forbidden("This payload does not belong to the token's team.")


async def _read_payloads(request: Request, resources: Resources) -> Payloads:
    """Raises RequestError or BodyTooLarge."""
    body = await read_body(request, resources.settings.limit_of("body"))
    check_values(body)
    try:
        return await asyncio.to_thread(Parse, body, Payloads())
    except (ParseError, UnicodeError) as error:
        raise RequestError("The body must be Temporal's Payloads as JSON.") from error


def _response(payloads: Payloads) -> Response:
    return Response(
        MessageToJson(payloads),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def _token_in(form: bytes) -> str:
    """Raises Unauthorized."""
    fields = parse_qs(form.decode("ascii", errors="replace"))
    if "token" not in fields:
        raise Unauthorized("The form has no token: enter one.")
    return fields["token"][0].strip()


def _digest_in(resources: Resources, session: str) -> str:
    """The digest of the token that opened the session. Raises Unauthorized."""
    digest, _, rest = session.partition(".")
    expires, _, signature = rest.partition(".")
    is_signed = resources.signer.verify(signature, _SESSION, digest, expires)
    if not is_signed or int(expires) < datetime.now(UTC).timestamp():
        raise Unauthorized("The session has ended: sign in again.")
    return digest


def _is_signed_out(request: Request, resources: Resources) -> bool:
    has_credentials = _COOKIE in request.cookies or "authorization" in request.headers
    origin = request.headers.get("origin")
    is_web_ui = origin is not None and origin == resources.settings.web_ui_origin
    return is_web_ui and not has_credentials


def _is_ours(request: Request, resources: Resources) -> bool:
    """Return whether a page of this server or the Temporal Web UI sent the request.

    Browsers always send the origin with such requests.
    """
    origin = urlsplit(request.headers.get("origin", ""))
    web_ui = urlsplit(resources.settings.web_ui_origin or "")
    own = {request.headers.get("host"), _public(resources).netloc}
    return bool(origin.netloc) and (origin[:2] == web_ui[:2] or origin.netloc in own)


def _public(resources: Resources) -> SplitResult:
    return urlsplit(resources.settings.public_url or "")


def _page(message: str) -> Response:
    return HTMLResponse(_PAGE.format(message=message), headers=_PAGE_HEADERS)
