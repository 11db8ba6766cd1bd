"""Attempts to deliver a webhook to a real receiver on loopback."""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from obstore.store import LocalStore, ObjectStore
from pydantic import SecretStr
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.metrics import WebhookMetrics
from activities.public_network import http_client
from activities.secret_references import SecretReferences
from activities.webhooks.delivery import WebhookActivities
from reelbatch.models.orchestration.webhooks import WebhookDelivery
from reelbatch.models.stored.webhooks import WebhookRecord
from reelbatch.models.wire.webhooks import Webhook
from reelbatch.storage.secrets import new_secrets_key, open_vault
from reelbatch.storage.webhook_signatures import open_webhook_signer
from reelbatch.storage.webhooks import read_webhook, write_webhook
from tests.origin import Origin, Received

TEAM, ID = "acme", "01J00000000000000000000000"
SIGNING_SECRET = "whsec_" + b64encode(b"k" * 24).decode()
BODY: dict[str, Any] = {"id": ID, "status": "finished", "name": "Grüße"}


class Sender:
    """Delivers webhooks, and reads their records."""

    def __init__(self, store: ObjectStore, http: httpx.AsyncClient) -> None:
        self.vault = open_vault(store, SecretStr(new_secrets_key()))
        self.store = store
        self.http = http
        self.signing_secret: SecretStr | None = None

    async def send(self, url: str, **fields: Any) -> WebhookRecord:
        """Try once, and return the record. Raises ApplicationError as Temporal would see it."""
        webhook = Webhook(url=url, **fields)
        record = WebhookRecord(team=TEAM, id=ID, webhook=webhook, created_at=datetime.now(UTC))
        if await read_webhook(self.store, TEAM, ID) is None:
            await write_webhook(self.store, record)
        signer = await open_webhook_signer(self.store, self.signing_secret, None)
        self.team_secret = signer.secret_of(TEAM)
        activities = WebhookActivities(
            store=self.store,
            http=self.http,
            references=SecretReferences(self.vault),
            signer=signer,
            metrics=WebhookMetrics(),
        )
        delivery = WebhookDelivery(team=TEAM, id=ID, receiver=webhook.receiver, body=BODY)
        await ActivityEnvironment().run(activities.deliver_webhook, delivery)
        return await self.record()

    async def record(self) -> WebhookRecord:
        record = await read_webhook(self.store, TEAM, ID)
        assert record is not None
        return record


@pytest_asyncio.fixture
async def sender(tmp_path: Path) -> AsyncGenerator[Sender]:
    async with http_client(allow_private_networks=True) as http:
        yield Sender(LocalStore(tmp_path), http)


async def test_the_receiver_gets_the_body_as_json(origin: Origin, sender: Sender) -> None:
    url = origin.answer("/hook?key=a%2Fb&z=~x", b"thanks")
    record = await sender.send(url, headers={"X-Extra": "1"}, data={"order": 5})

    [request] = origin.received
    assert request.line == "POST /hook?key=a%2Fb&z=~x HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == "Reelbatch"
    assert request.headers["webhook-id"] == ID
    assert request.headers["x-extra"] == "1"
    assert json.loads(request.body) == {**BODY, "data": {"order": 5}}
    [attempt] = record.attempts
    assert (attempt.status, attempt.error, attempt.response) == (200, None, "thanks")
    assert record.delivered_at == attempt.attempted_at
    assert record.body == BODY


async def test_custom_sends_only_the_data(origin: Origin, sender: Sender) -> None:
    await sender.send(origin.answer("/hook"), custom=True, data={"text": "done"}, method="PUT")
    [request] = origin.received
    assert request.line.startswith("PUT ")
    assert json.loads(request.body) == {"text": "done"}


async def test_a_get_has_no_body(origin: Origin, sender: Sender) -> None:
    await sender.send(origin.answer("/hook"), method="GET", data={"text": "done"})
    [request] = origin.received
    assert (request.line, request.body) == ("GET /hook HTTP/1.1", b"")


async def test_a_signature_proves_who_sent_it(origin: Origin, sender: Sender) -> None:
    sender.signing_secret = SecretStr(SIGNING_SECRET)
    await sender.send(origin.answer("/hook"))

    [request] = origin.received
    both = [signature_of(request, secret) for secret in (sender.team_secret, SIGNING_SECRET)]
    assert request.headers["webhook-signature"].split(" ") == both


async def test_webhooks_are_signed_without_any_setting(origin: Origin, sender: Sender) -> None:
    await sender.send(origin.answer("/hook"))
    [request] = origin.received
    assert request.headers["webhook-signature"] == signature_of(request, sender.team_secret)


def signature_of(request: Received, secret: str) -> str:
    key = b64decode(secret.removeprefix("whsec_"))
    signed = f"{ID}.{request.headers['webhook-timestamp']}.".encode() + request.body
    return f"v1,{b64encode(hmac.digest(key, signed, sha256)).decode()}"


async def test_each_team_has_its_own_permanent_key(tmp_path: Path) -> None:
    async def secret_of(team: str, configured: str | None = None) -> str:
        secret = SecretStr(configured) if configured else None
        return (await open_webhook_signer(LocalStore(tmp_path), secret, None)).secret_of(team)

    assert await secret_of("a") == await secret_of("a", SIGNING_SECRET)
    assert len({await secret_of("a"), await secret_of("b"), SIGNING_SECRET}) == 3


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_!!", "whsec_YWJj", "c2VjcmV0IGtleSBvZiAyMiBieXRlcw=="]
)
async def test_a_malformed_signing_secret_is_rejected(tmp_path: Path, secret: str) -> None:
    with pytest.raises(ValueError, match="REELBATCH_WEBHOOK_SIGNING_SECRET"):
        await open_webhook_signer(LocalStore(tmp_path), SecretStr(secret), None)


async def test_a_receivers_retry_after_is_respected(origin: Origin, sender: Sender) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    for asked, least, most in (("120", 120, 120), (soon, 240, 300), ("86400", 3600, 3600)):
        url = origin.answer("/hook", status="429 Slow", headers=f"Retry-After: {asked}\r\n")
        with pytest.raises(ApplicationError, match="asked to wait") as raised:
            await sender.send(url)
        assert raised.value.next_retry_delay is not None
        assert least <= raised.value.next_retry_delay.total_seconds() <= most
    no_moment = "Fri, 31 Dec 9999 23:59:59 -1200"
    for headers in ("", "Retry-After: soon\r\n", f"Retry-After: {no_moment}\r\n"):
        url = origin.answer("/hook", status="429 Slow", headers=headers)
        with pytest.raises(ApplicationError) as raised:
            await sender.send(url)
        assert raised.value.next_retry_delay is None


async def test_a_refusal_is_recorded_and_retryable(origin: Origin, sender: Sender) -> None:
    url = origin.answer("/hook", b"x" * 2000, status="503 Busy")
    for _ in range(2):
        with pytest.raises(ApplicationError) as refused:
            await sender.send(url)
        assert (refused.value.type, refused.value.non_retryable) == ("WEBHOOK_UNDELIVERED", False)
    origin.answer("/hook")
    record = await sender.send(url)

    assert [attempt.status for attempt in record.attempts] == [503, 503, 200]
    assert record.attempts[0].response == "x" * 500
    assert record.attempts[0].error == f"{origin.url} responded with HTTP status 503."


async def test_redirects_are_not_followed(origin: Origin, sender: Sender) -> None:
    url = origin.answer("/here", status="302 Found", headers="Location: /there\r\n")
    with pytest.raises(ApplicationError, match="302"):
        await sender.send(url)
    assert origin.requests == ["/here"]


async def test_nobody_listening_is_worth_another_try(sender: Sender, unused_tcp_port: int) -> None:
    with pytest.raises(ApplicationError, match="could not be reached") as refused:
        await sender.send(f"http://127.0.0.1:{unused_tcp_port}/hook")
    assert not refused.value.non_retryable
    [attempt] = (await sender.record()).attempts
    assert attempt.status is None


async def test_private_addresses_are_not_contacted(origin: Origin, sender: Sender) -> None:
    async with http_client(allow_private_networks=False) as guarded:
        sender.http = guarded
        with pytest.raises(ApplicationError, match="not a public address") as refused:
            await sender.send(origin.answer("/hook"))
    assert refused.value.non_retryable
    assert origin.requests == []
    [attempt] = (await sender.record()).attempts
    assert "not a public address" in (attempt.error or "")


async def test_secrets_reach_the_receiver_but_no_log(origin: Origin, sender: Sender) -> None:
    await sender.vault.create(TEAM, "KEY", SecretStr("s3cret"))
    origin.answer("/s3cret", b"you sent s3cret", status="400 Bad")
    with pytest.raises(ApplicationError):
        await sender.send(
            origin.url + "/${secrets.KEY}",
            headers={"Authorization": "Bearer ${secrets.KEY}"},
            data={"deep": ["${secret.KEY}"]},
        )

    [request] = origin.received
    assert request.line.startswith("POST /s3cret ")
    assert request.headers["authorization"] == "Bearer s3cret"
    assert json.loads(request.body)["data"] == {"deep": ["s3cret"]}
    assert "s3cret" not in (await sender.record()).model_dump_json()


async def test_cookies_of_one_receiver_are_not_sent_to_the_next(
    origin: Origin, sender: Sender
) -> None:
    url = origin.answer("/hook", headers="Set-Cookie: session=1\r\n")
    await sender.send(url)
    await sender.send(url)
    assert all("cookie" not in request.headers for request in origin.received)
