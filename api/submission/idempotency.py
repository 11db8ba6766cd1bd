"""Idempotency-Key: a request that is sent again gets the same answer and starts nothing new."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from fastapi import Request, Response

from api.http.responses import json_answer
from api.resources import Resources
from api.submission.launch import launch
from reelbatch.models.errors import IdempotencyKeyReused, ReelbatchError, RequestError
from reelbatch.models.stored.idempotency import IdempotencyRecord, Submission
from reelbatch.storage.idempotency import IdempotencySlot

_KEY = re.compile(r"^[\x21-\x7e]{1,255}$")

Submit = Callable[[], Awaitable[Submission]]


async def submit_once(
    resources: Resources, team: str, request: Request, body: bytes, submit: Submit
) -> Response:
    """Answer with what `submit` gives, and start it; once only for each Idempotency-Key.

    What was decided is written before anything is started: however this ends, the next request
    with the key finishes the same work. Raises IdempotencyKeyReused for a key with another body.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        submission = await _decide(resources, submit)
        await _launch_first(resources, submission)
        return json_answer(submission.answer, submission.status_code)
    slot = IdempotencySlot(resources.store, team, _digest(request.url.path, key))
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


def _digest(endpoint: str, key: str) -> str:
    if not _KEY.fullmatch(key):
        raise RequestError("The Idempotency-Key has to be 1 to 255 visible ASCII characters.")
    return hashlib.sha256(f"{endpoint}\n{key}".encode()).hexdigest()
