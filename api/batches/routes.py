"""The endpoints of batches."""

from fastapi import APIRouter

from api.batches import (
    archive,
    cancellation,
    creation,
    events,
    listing,
    previews,
    reading,
    results,
    retry,
    sharing,
)

router = APIRouter()
for part in (
    creation,
    previews,
    listing,
    reading,
    events,
    results,
    archive,
    retry,
    cancellation,
    sharing,
):
    router.include_router(part.router)
