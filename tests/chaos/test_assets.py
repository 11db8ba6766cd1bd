"""An asset server whose responses never end."""

from tests.chaos.jobs import stills
from tests.chaos.receivers import trickling
from tests.chaos.stack import Stack


def test_a_trickling_asset_fails_only_its_own_job(stack: Stack, card: str) -> None:
    with trickling() as src:
        image = {"type": "image", "layerName": "background", "src": src}
        waiting = stack.submit(*stills(card, 2, assets=[image]))
        others = stack.submit(*stills(card, 10))
        stack.check_all_finished(others, 10)
        stack.tally.faults["asset server: trickle"] += 2
        batch = stack.end_of(waiting)
    assert [job["errorCode"] for job in batch["jobs"]] == ["LIMIT_EXCEEDED"] * 2
    stack.check_nothing_is_left()
