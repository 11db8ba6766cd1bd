"""A secret that is used in every possible place is written nowhere."""

import asyncio
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image
from temporalio.client import Client

from reelbatch.cli.stack.temporal_server import NAMESPACE
from tests.busy_folders import contents_below, found_below
from tests.integration.lottie_documents import still_card
from tests.integration.service import Service
from tests.s3_server import S3Server

VALUE = "Hush-7f3a91c2e8"


class Origin(ThreadingHTTPServer):
    """Serves one picture to requests that contain the secret."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        content = io.BytesIO()
        Image.new("RGB", (16, 16), "red").save(content, "png")
        self.picture = content.getvalue()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Origin)
        found = self.path == f"/picture.png?token={VALUE}"
        content = self.server.picture if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin() as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield server
        server.shutdown()
        serving.join()


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "layerName": "title", "value": value}


def picture(src: str) -> dict[str, Any]:
    return {"type": "image", "layerName": "background", "src": src}


def fill(colour: str) -> dict[str, Any]:
    params = {"fillColor": colour}
    return {
        "type": "function",
        "name": "nx:text-params-set",
        "layerName": "title",
        "params": params,
    }


def bucket(server: S3Server, **params: str) -> dict[str, Any]:
    return {
        "prefix": "films",
        "params": {
            "endpoint": server.endpoint,
            "region": server.region,
            "bucket": "outputs",
            "accessKeyId": server.key_id,
            "accessKeySecret": "${secrets.S3_SECRET}",
            **params,
        },
    }


def test_the_value_of_a_secret_is_only_in_memory(
    service: Service, origin: Origin, s3_server: S3Server
) -> None:
    template = service.upload_template(still_card())
    responses = [service.http.put("/secrets", json={"name": "KEY", "value": VALUE}).text]
    s3_secret = {"name": "S3_SECRET", "value": s3_server.secret}
    responses.append(service.http.put("/secrets", json=s3_secret).text)
    responses.append(service.http.get("/secrets").text)
    assets = {
        "finished": [
            text("${secrets.KEY}"),
            picture(f"{origin.url}/picture.png?token=${{secrets.KEY}}"),
        ],
        "404": [picture(f"{origin.url}/${{secrets.KEY}}/gone.png")],
        "status 404": [picture(f"http://${{secrets.KEY}}@127.0.0.1:{origin.server_port}/gone.png")],
        "not an http": [picture("${secrets.KEY}")],
        "cannot be fetched": [picture("http://127.0.0.1:${secrets.KEY}/x.png")],
        "${secrets.KEY}": [fill("${secret.KEY}")],
    }
    jobs = [
        {
            "template": {"id": template, "composition": "main"},
            "settings": {"type": "image", "frames": 0},
            "assets": items,
        }
        for items in assets.values()
    ]
    in_bucket: dict[str, Any] = {
        "type": "image",
        "layerName": "background",
        "src": "s3://private/gone.png",
    }
    keys = {"accessKeyId": s3_server.key_id, "accessKeySecret": "${secrets.S3_SECRET}"}
    in_bucket["params"] = {"endpoint": s3_server.endpoint, **keys}
    wrong = {**in_bucket, "params": {**in_bucket["params"], "accessKeyId": "${secrets.KEY}"}}
    jobs += [{**jobs[0], "assets": [in_bucket]}, {**jobs[0], "assets": [wrong]}]
    by_url = {"id": "LABEL", "src": f"{origin.url}/${{secrets.KEY}}.json"}
    jobs.append({**jobs[0], "template": by_url})
    expected_outcomes = [*assets, "404 NoSuch", "403 InvalidAccessKeyId", "status 404"]
    expected_outcomes += ["finished", "403 InvalidAccessKeyId"]
    jobs.append({**jobs[0], "upload": bucket(s3_server)})
    jobs.append({**jobs[0], "upload": bucket(s3_server, accessKeyId="${secrets.KEY}")})
    created = service.http.post("/batches", json={"jobs": jobs})
    responses.append(created.text)
    batch = service.end_of(created.json()["batchId"])
    outcomes = [job.get("error") or job["status"] for job in batch["jobs"]]
    for expected, outcome in zip(expected_outcomes, outcomes, strict=True):
        assert expected in outcome
    uploaded = batch["jobs"][-2]
    assert uploaded["outputUrl"] == created.json()["jobs"][-2]["outputUrl"]
    assert uploaded["outputUrl"] == f"{s3_server.endpoint}/outputs/films/{uploaded['id']}.png"
    stored = s3_server.store("outputs").get(f"films/{uploaded['id']}.png").bytes()
    assert bytes(stored).startswith(b"\x89PNG")
    assert not found_below(service.home, f"{uploaded['id']}.png"), "the service stores no copy"

    responses.append(service.http.get(f"/batches/{batch['batchId']}").text)
    responses.append(service.http.get("/jobs").text)
    for job in batch["jobs"]:
        responses.append(service.http.get(f"/jobs/{job['id']}").text)
        responses.append(service.http.get(f"/jobs/{job['id']}/logs").text)
    histories = asyncio.run(_all_histories(service.connection.temporal_address))
    assert len(histories) >= 1 + len(jobs)
    files = contents_below(service.home)
    assert any(file.name == "worker.log" for file in files)
    for value in (VALUE.lower(), s3_server.secret):
        for place in (*responses, *histories):
            assert value not in place.lower()
        assert [file for file, content in files.items() if value.encode() in content.lower()] == []


async def _all_histories(address: str) -> list[str]:
    client = await Client.connect(address, namespace=NAMESPACE)
    histories: list[str] = []
    async for execution in client.list_workflows():
        history = await client.get_workflow_handle(execution.id).fetch_history()
        events = [event.SerializeToString().decode(errors="replace") for event in history.events]
        histories.append("".join(events))
    return histories
