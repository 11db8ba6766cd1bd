"""The endpoints of jobs."""

from fastapi import APIRouter

from api.jobs import cancellation, creation, joins, listing, logs, reading

router = APIRouter()
for part in (creation, joins, listing, reading, cancellation, logs):
    router.include_router(part.router)
