"""Delivering a webhook in a separate workflow, so that nobody waits for a slow receiver."""

import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.common import (
    Priority,
    RetryPolicy,
    SearchAttributePair,
    TypedSearchAttributes,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowCancellationType, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from reelbatch.models.orchestration import search_attributes
    from reelbatch.models.orchestration.names import webhook_workflow_id
    from reelbatch.models.orchestration.webhooks import WebhookDelivery
    from workflows.activity_names import DELIVER_WEBHOOK
    from workflows.markdown import headline
    from workflows.uninterrupted import uninterrupted

# The request itself is limited to ten seconds; the rest is for the object store.
_ATTEMPT_TIMEOUT = timedelta(seconds=40)
# After this time without a heartbeat, another worker takes over an attempt.
_HEARTBEAT_TIMEOUT = timedelta(seconds=10)
# One attempt, and three more after 1, 10 and 100 seconds. The first of these outlasts a restart of
# the receiver, the last an outage of a minute.
_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=10.0, maximum_attempts=4
)


@workflow.defn(name="DeliverWebhook")
class DeliverWebhookWorkflow:
    """Completes once the receiver has responded with 2xx, and fails if it never does."""

    @workflow.run
    async def run(self, delivery: WebhookDelivery) -> None:
        await workflow.execute_activity(
            DELIVER_WEBHOOK,
            delivery,
            start_to_close_timeout=_ATTEMPT_TIMEOUT,
            heartbeat_timeout=_HEARTBEAT_TIMEOUT,
            retry_policy=_RETRIES,
            summary=headline(delivery.receiver),
            priority=Priority(fairness_key=delivery.team),
        )


async def start_delivery(delivery: WebhookDelivery) -> None:
    """Start the delivery, and wait only until it has started.

    A cancellation cannot stop this, since the webhook reports what has already happened.
    """
    starting = workflow.start_child_workflow(
        DeliverWebhookWorkflow.run,
        delivery,
        id=webhook_workflow_id(delivery.team, delivery.id),
        cancellation_type=ChildWorkflowCancellationType.ABANDON,
        parent_close_policy=ParentClosePolicy.ABANDON,
        search_attributes=webhook_search_attributes(delivery),
        static_summary=headline(delivery.receiver),
        priority=Priority(fairness_key=delivery.team),
    )
    with contextlib.suppress(WorkflowAlreadyStartedError):  # an operator has reset this workflow
        await uninterrupted(starting)


def webhook_search_attributes(delivery: WebhookDelivery) -> TypedSearchAttributes:
    return TypedSearchAttributes([SearchAttributePair(search_attributes.TEAM, delivery.team)])
