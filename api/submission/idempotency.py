"""Idempotency-Key: a request that is sent again gets the same answer and starts nothing new."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import Field

from api.http.parameters import ErrorText
from api.http.responses import json_answer
from api.resources import Resources
from api.submission.launch import launch
from reelbatch.models.errors import IdempotencyKeyReused, ReelbatchError
from reelbatch.models.stored.idempotency import IdempotencyRecord, Submission
from reelbatch.storage.idempotency import IdempotencySlot

Submit = Callable[[], Awaitable[Submission]]

_Key = Annotated[
    str,
    Field(pattern=r"^[\x21-\x7e]{1,255}$"),
    ErrorText("must be 1 to 255 visible ASCII characters"),
]
_KeyHeader = Annotated[
    _Key | None,
    Header(alias="Idempotency-Key", description="Makes the request safe to repeat for 24 hours."),
]


async def _digest(request: Request, key: _KeyHeader = None) -> str | None:
    if key is None:
        return None
    return hashlib.sha256(f"{request.url.path}\n{key}".encode()).hexdigest()


IdempotencyKey = Annotated[str | None, Depends(_digest)]
"""A digest of the request's key and its endpoint, for which alone a key holds; None without one."""


async def submit_once(
    resources: Resources, team: str, key: str | None, body: bytes, submit: Submit
) -> Response:
    """Answer with what `submit` gives, and start it; once only for each Idempotency-Key.

    What was decided is written before anything is started: however this ends, the next request
    with the key finishes the same work. Raises IdempotencyKeyReused for a key with another body.
    """
    if key is None:
        submission = await _decide(resources, submit)
        await _launch_first(resources, submission)
        return json_answer(submission.answer, submission.status_code)
    slot = IdempotencySlot(resources.store, team, key)
    body_digest = hashlib.sha256(body).hexdigest()
    earlier = await slot.find()
    if earlier is not None:
        return await _replay(resources, earlier, body_digest)
    record = IdempotencyRecord(
        body_digest=body_digest,
        created_at=datetime.now(UTC),
        submission=await _decide(resources, submit),
    )
    winner = await slot.fill(record)
    if winner is not record:
        return await _replay(resources, winner, body_digest)
    await _launch_first(resources, record.submission)
    return json_answer(record.submission.answer, record.submission.status_code)


async def _decide(resources: Resources, submit: Submit) -> Submission:
    try:
        return await submit()
    except ReelbatchError as error:
        resources.metrics.note_rejection(error.error_code)
        raise


async def _launch_first(resources: Resources, submission: Submission) -> None:
    await launch(resources, submission)
    resources.metrics.note_submission(submission)


async def _replay(resources: Resources, record: IdempotencyRecord, body_digest: str) -> Response:
    if record.body_digest != body_digest:
        raise IdempotencyKeyReused
    submission = record.submission
    await launch(resources, submission)
    return json_answer(submission.answer, submission.status_code, {"Idempotency-Replayed": "true"})
