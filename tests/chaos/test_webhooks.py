"""Receivers that hang, fail, or close the connection."""

import pytest

from tests.chaos.jobs import stills
from tests.chaos.receivers import Behaviour, receiving
from tests.chaos.stack import Stack


@pytest.mark.parametrize(
    "behaviour", ["close", "500", pytest.param("hang", marks=pytest.mark.long)]
)
def test_a_webhook_is_delivered_in_the_end(stack: Stack, card: str, behaviour: Behaviour) -> None:
    with receiving(behaviour) as receiver:
        webhook = {"url": receiver.url}
        batch_id = stack.submit(*stills(card, 1, webhook=webhook))
        stack.check_all_finished(batch_id, 1)
        delivered = receiver.wait_for_success()
        failed, *_ = receiver.deliveries
        stack.tally.faults[f"webhook receiver: {behaviour}"] += 1
    assert failed.behaviour == behaviour
    assert (failed.id, failed.body) == (delivered.id, delivered.body)


def test_a_receiver_that_hangs_delays_no_render(stack: Stack, card: str) -> None:
    with receiving() as receiver:
        receiver.behaviours = ["hang"] * 10
        slow = stack.submit(*stills(card, 10, webhook={"url": receiver.url}))
        stack.check_all_finished(slow, 10)
        assert {delivery.behaviour for delivery in receiver.wait_for(1)} == {"hang"}
        stack.tally.faults["webhook receiver: hang"] += 10
