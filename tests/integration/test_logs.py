"""Even at the most verbose level, no process logs credentials."""

import base64
import json
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from reelbatch.storage import keys
from reelbatch.storage.objects import open_store
from tests.integration.lottie_documents import still_card
from tests.integration.service import Service, until
from tests.s3_server import S3Server


class Hidden:
    """Creates secrets and remembers them."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def new(self) -> str:
        return self.remember(secrets.token_hex(12))

    def remember(self, secret: str) -> str:
        self.all.append(secret)
        return secret

    def link(self, url: str) -> str:
        """Remember the signature of a link, which gives access like a token."""
        [signature] = [part for part in url.split("/") if len(part) == 32]
        self.remember(signature)
        return url


@pytest.fixture(scope="module")
def hidden() -> Hidden:
    return Hidden()


@pytest.fixture(scope="module")
def verbose(tmp_path_factory: pytest.TempPathFactory, hidden: Hidden) -> Iterator[Service]:
    signing_secret = hidden.remember(base64.b64encode(secrets.token_bytes(24)).decode())
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REELBATCH_LOG_LEVEL", "debug")
        environment.setenv("REELBATCH_LOG_JSON", "true")
        environment.setenv("REELBATCH_SIGNING_KEY", hidden.new())
        environment.setenv("REELBATCH_WEBHOOK_SIGNING_SECRET", f"whsec_{signing_secret}")
        service = Service(tmp_path_factory.mktemp("home"))
        service.start()
    hidden.remember(service.connection.token)
    yield service
    assert service.stop() == 0


def a_job(template: str, *assets: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "template": {"id": template, "composition": "main"},
        "settings": {"type": "image", "frames": 0},
        "assets": list(assets),
        **fields,
    }


def picture(src: str) -> dict[str, Any]:
    return {"type": "image", "layerName": "background", "src": src}


def jobs_with_secrets(service: Service, hidden: Hidden, s3: S3Server) -> list[dict[str, Any]]:
    template = service.upload_template(still_card())
    value = hidden.new()
    service.http.put("/secrets", json={"name": "KEY", "value": value}).raise_for_status()
    service.http.put("/secrets", json={"name": "KEY", "value": hidden.new()})  # a 409
    service.http.put("/secrets", json={"name": "no name", "value": hidden.new()})  # a 400
    origin = service.connection.api_url
    headers = {
        "Authorization": f"Bearer {hidden.new()}",
        "X-Key": hidden.new(),
        "X": "${secrets.KEY}",
    }
    webhook = {"url": f"{origin}/nothing?key={hidden.new()}", "headers": headers}
    account = f"http://me:{hidden.new()}@{origin.removeprefix('http://')}"
    upload = {
        "prefix": "films",
        "params": {
            "endpoint": s3.endpoint,
            "region": s3.region,
            "bucket": "outputs",
            "accessKeyId": hidden.new(),
            "accessKeySecret": hidden.new(),
        },
    }
    return [
        a_job(template, {"type": "text", "layerName": "title", "value": "${secrets.KEY}"}),
        a_job(template, webhook=webhook),
        a_job(template, picture(f"{origin}/nothing.png?X-Amz-Signature={hidden.new()}")),
        a_job(template, picture(f"{account}/nothing.png")),
        a_job(template, picture(f"{origin}/${{secrets.KEY}}.png")),
        a_job(template, picture("http://127.0.0.1:${secrets.KEY}/x.png")),
        a_job(template, upload=upload),
    ]


def send_invalid_requests(service: Service, hidden: Hidden) -> None:
    """Send invalid requests with secrets, in places where they belong and in others."""
    for headers in (
        {"Authorization": f"Bearer rb_{hidden.new()}"},
        {"Authorization": f"Basic {hidden.new()}"},
        {"X-Request-Id": hidden.remember(f"rb_{secrets.token_hex(12)}")},
    ):
        assert service.http.get("/fonts", headers=headers).status_code in (200, 401)
    service.http.get("/jobs", params={"token": hidden.new(), "limit": "no number"})
    service.http.post("/batches", content=f'{{"jobs": [{{"secret": "{hidden.new()}" oops')
    service.http.get(f"/nowhere/{hidden.new()}")
    service.http.post("/fonts", files={"font": (f"{hidden.new()}.ttf", hidden.new().encode())})
    service.http.post(
        "/jobs", json={"template": {"id": "01JD8Z4V7QW5R8T2Y6N3M1B0CD"}, "note": hidden.new()}
    )


def follow_links(service: Service, hidden: Hidden, job: dict[str, Any]) -> str:
    """Follow valid and forged signed links. Returns the id of a new template."""
    body = {"type": "lottie", "displayName": "x"}
    created = service.post("/templates", body)
    upload_url = hidden.link(created["uploadInfo"]["url"])
    httpx.put(upload_url, content=still_card(), timeout=60).raise_for_status()
    download_url = hidden.link(service.get(f"/templates/{created['id']}/download")["url"])
    output_url = hidden.link(job["outputUrl"])
    for url in (output_url, download_url):
        assert httpx.get(url).status_code == 200
        assert httpx.head(f"{url}?key={hidden.new()}").status_code == 200
        assert httpx.get(f"{url}/{hidden.new()}").status_code == 404
    renewed = service.http.put(f"/templates/{created['id']}/upload")
    hidden.link(renewed.json()["url"])
    assert httpx.put(upload_url, content=b"{}").status_code == 403
    return created["id"]


def leave_early(service: Service, hidden: Hidden) -> None:
    """Disconnect in the middle of a request."""
    token, address = service.connection.token, urlsplit(service.connection.api_url)
    lines = ("POST /api/v2/jobs HTTP/1.1", "Host: x", f"Authorization: Bearer {token}")
    head = "\r\n".join([*lines, "Content-Length: 1000", "", ""])
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(f'{head}{{"secret": "{hidden.new()}'.encode())


def break_something(service: Service, hidden: Hidden, template_id: str) -> None:
    """Make a record unreadable, which causes an unexpected error with a traceback."""
    store = open_store(str(service.home / "objects"))
    link = f"http://x/uploads/default/{template_id}/1/{hidden.new()}"
    broken = {"id": f"https://x/?sig={hidden.new()}", "displayName": link}
    store.put(keys.template_record("default", template_id), json.dumps(broken).encode())
    response = service.http.get(f"/templates/{template_id}", headers={"X-Request-Id": "broken"})
    assert (response.status_code, response.json()["errorCode"]) == (500, "INTERNAL_ERROR")
    assert response.headers["x-request-id"] == "broken"


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_no_log_contains_a_credential(
    verbose: Service, hidden: Hidden, s3_server: S3Server
) -> None:
    created = verbose.post("/batches", {"jobs": jobs_with_secrets(verbose, hidden, s3_server)})
    batch = verbose.end_of(created["batchId"])
    outcomes = [job["status"] for job in batch["jobs"]]
    assert outcomes == ["finished"] * 2 + ["error"] * 5
    send_invalid_requests(verbose, hidden)
    leave_early(verbose, hidden)
    template_id = follow_links(verbose, hidden, batch["jobs"][0])
    break_something(verbose, hidden, template_id)

    api_log, worker_log = (verbose.home / "logs" / f"{name}.log" for name in ("api", "worker"))

    def webhook_tried() -> bool | None:
        log = verbose.get(f"/jobs/{batch['jobs'][1]['id']}/webhook")
        return bool(log["attempts"]) or None

    until(webhook_tried, "attempt to deliver the webhook")
    until(
        lambda: "the client left" in api_log.read_text() or None,
        "log line about the client",
    )
    api, worker = lines_of(api_log), lines_of(worker_log)
    assert len(hidden.all) > 30
    text = api_log.read_text() + worker_log.read_text()
    assert [secret for secret in hidden.all if secret in text] == []

    assert {line["level"] for line in api} >= {"debug", "info", "error"}, "it was verbose"
    assert any("render" in json.dumps(line) and "ASSET" in json.dumps(line) for line in worker)
    faults = [line for line in worker if line["event"] == "failure caused by the client"]
    assert {line["error_code"] for line in faults} >= {"ASSET_INVALID", "UPLOAD_FAILED"}
    loud = [line["event"] for line in worker if line["level"] in ("warning", "error")]
    assert [event for event in loud if "'render'" in event] == []
    assert {line.get("status") for line in api} >= {200, 201, 400, 401, 403, 404, 409, 500}
    unexpected = [line for line in api if "Traceback" in json.dumps(line)]
    assert [line["event"] for line in unexpected] == ["unexpected error"], "logged once"
    assert unexpected[0]["request_id"] == "broken"
