"""An attempt to deliver a webhook, which is recorded in the webhook's log."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import httpx
from obstore.store import ObjectStore
from temporalio import activity

from activities.failures import as_application_errors
from activities.heartbeats import Progress, heartbeats
from activities.metrics import WebhookMetrics
from activities.public_network import beginning_of, reason_of, retry_after
from activities.secret_references import ResolvedSecrets, SecretReferences
from reelbatch.models.errors import ReelbatchError, WebhookUndelivered
from reelbatch.models.orchestration.webhooks import WebhookDelivery
from reelbatch.models.stored.webhooks import WebhookRecord
from reelbatch.models.wire.webhooks import Webhook, WebhookAttempt
from reelbatch.storage.webhook_signatures import WebhookSigner
from reelbatch.storage.webhooks import read_webhook, write_webhook
from workflows.activity_names import DELIVER_WEBHOOK

_TIME_LIMIT = 10.0  # seconds for the whole request
_RESPONSE_SHOWN = 500  # characters
_RESPONSE_READ = 4 * _RESPONSE_SHOWN  # bytes; a character in UTF-8 has up to four
_MAX_ATTEMPTS = 50  # in a webhook's log
_USER_AGENT = "Reelbatch"


@dataclass(frozen=True)
class _Outcome:
    """The outcome of an attempt; `failure` is None if the receiver accepted the webhook."""

    status: int | None = None
    response: str | None = None
    failure: ReelbatchError | None = None


@dataclass(frozen=True, kw_only=True)
class WebhookActivities:
    """Delivers webhooks. `http` refuses private networks and stores no cookies."""

    store: ObjectStore
    http: httpx.AsyncClient
    references: SecretReferences
    signer: WebhookSigner
    metrics: WebhookMetrics

    @activity.defn(name=DELIVER_WEBHOOK)
    async def deliver_webhook(self, delivery: WebhookDelivery) -> None:
        """Try once. Fails unless the receiver responds with 2xx, so that Temporal retries it."""
        secrets = self.references.of(delivery.team)
        with as_application_errors(secrets):
            record = await read_webhook(self.store, delivery.team, delivery.id)
            if record is None:
                raise WebhookUndelivered("This webhook is no longer in the object store.")
            attempted_at, started = datetime.now(UTC), monotonic()
            async with heartbeats(Progress()):
                outcome = await self._try(record.webhook, delivery, attempted_at, secrets)
            attempt = WebhookAttempt(
                attempted_at=attempted_at,
                duration=round(monotonic() - started, 3),
                status=outcome.status,
                error=secrets.redact(outcome.failure.message) if outcome.failure else None,
                response=None if outcome.response is None else secrets.redact(outcome.response),
            )
            self.metrics.note_attempt(is_delivered=outcome.failure is None)
            await write_webhook(self.store, _with_attempt(record, delivery, attempt))
            if outcome.failure is not None:
                raise outcome.failure

    async def _try(
        self,
        webhook: Webhook,
        delivery: WebhookDelivery,
        moment: datetime,
        secrets: ResolvedSecrets,
    ) -> _Outcome:
        receiver = webhook.receiver
        try:
            async with asyncio.timeout(_TIME_LIMIT):
                revealed = await _with_secrets(webhook, secrets)
                status, response, pause = await self._send(revealed, delivery, moment)
        except TimeoutError:
            text = f"{receiver} did not respond within {_TIME_LIMIT:.0f} seconds."
            return _Outcome(failure=WebhookUndelivered(text))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            text = f"{receiver} could not be reached: {reason_of(error)}."
            return _Outcome(failure=WebhookUndelivered(text))
        except ReelbatchError as error:  # such as a private address
            return _Outcome(failure=error)
        if 200 <= status < 300:
            return _Outcome(status, response)
        text = f"{receiver} responded with HTTP status {status}"
        text += f" and asked to wait {pause} seconds." if pause else "."
        return _Outcome(status, response, WebhookUndelivered(text, retry_after=pause))

    async def _send(
        self, webhook: Webhook, delivery: WebhookDelivery, moment: datetime
    ) -> tuple[int, str, int | None]:
        """The response's status, the beginning of its body, and the seconds it asks to wait."""
        body = b"" if webhook.method == "GET" else _content(webhook, delivery)
        async with self.http.stream(
            webhook.method,
            webhook.url,
            content=body or None,
            headers=self._headers(webhook, delivery, moment, body),
            follow_redirects=False,
        ) as response:
            content = await beginning_of(response, _RESPONSE_READ)
            shown = content.decode(errors="replace")[:_RESPONSE_SHOWN]
            return response.status_code, shown, retry_after(response)

    def _headers(
        self, webhook: Webhook, delivery: WebhookDelivery, moment: datetime, body: bytes
    ) -> list[tuple[bytes, bytes]]:
        headers = httpx.Headers({"User-Agent": _USER_AGENT})
        if body:
            headers["Content-Type"] = "application/json"
        headers.update({name.encode(): value.encode() for name, value in webhook.headers.items()})
        headers["Accept-Encoding"] = "identity"
        headers.update(self.signer.headers(delivery.team, delivery.id, moment, body))
        return headers.raw


async def _with_secrets(webhook: Webhook, secrets: ResolvedSecrets) -> Webhook:
    """The webhook with its references replaced by secrets; it never leaves this attempt."""
    return webhook.model_copy(
        update={
            "url": await secrets.resolve(webhook.url),
            "headers": {
                name: await secrets.resolve(value) for name, value in webhook.headers.items()
            },
            "data": await secrets.resolve_json(webhook.data),
        }
    )


def _content(webhook: Webhook, delivery: WebhookDelivery) -> bytes:
    """The body of the request: the job or batch with `data` added, or only `data`."""
    content: dict[str, Any] = {}
    if webhook.custom:
        content = webhook.data or {}
    else:
        content = dict(delivery.body)
        if webhook.data is not None:
            content["data"] = webhook.data
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _with_attempt(
    record: WebhookRecord, delivery: WebhookDelivery, attempt: WebhookAttempt
) -> WebhookRecord:
    delivered_at = record.delivered_at
    if attempt.error is None:
        delivered_at = delivered_at or attempt.attempted_at
    return record.model_copy(
        update={
            "body": delivery.body,
            "delivered_at": delivered_at,
            "attempts": [*record.attempts, attempt][-_MAX_ATTEMPTS:],
        }
    )
