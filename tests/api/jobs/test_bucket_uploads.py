"""`upload`: what is refused at submission, and what responses about the job contain."""

from typing import Any

import pytest

from tests.api.running_api import Team, a_still
from tests.s3_server import S3Server

PARAMS = {
    "endpoint": "https://s3.example.com",
    "region": "eu-central-1",
    "bucket": "films",
    "accessKeyId": "id",
    "accessKeySecret": "hush-hush",
}


@pytest.mark.parametrize(
    ("upload", "field"),
    [
        ({"provider": "s3"}, "upload.params"),
        ({"params": {**PARAMS, "bucket": None}}, "upload.params.bucket"),
        ({"params": {**PARAMS, "storageClass": "x"}}, "upload.params.storageClass"),
        ({"params": {**PARAMS, "endpoint": "ftp://x"}}, "upload.params.endpoint"),
        ({"params": PARAMS, "provider": "gcs"}, "upload.provider"),
        ({"params": PARAMS, "folder": "x"}, "upload.folder"),
        ({"params": PARAMS, "prefix": "a/../b"}, "upload.prefix"),
        ({"params": {**PARAMS, "bucket": ".."}}, "upload.params.bucket"),
        ({"params": {**PARAMS, "bucket": "."}}, "upload.params.bucket"),
        ({"params": {**PARAMS, "bucket": "a/b"}}, "upload.params.bucket"),
        ({"params": PARAMS, "outputUrl": "javascript:alert(1)"}, "upload.outputUrl"),
        ({"params": PARAMS, "outputUrl": "//cdn.example.com"}, "upload.outputUrl"),
        ({"params": PARAMS, "outputUrl": "https://h/a\nhttps://evil"}, "upload.outputUrl"),
        ({"params": PARAMS, "outputUrl": "https://[h"}, "upload.outputUrl"),
        ({"params": {**PARAMS, "bucket": "${secrets.B}"}}, "upload"),
        ({"params": {**PARAMS, "accessKeyId": "${secrets.GONE}"}}, "upload.params.accessKeyId"),
    ],
)
async def test_refusals_name_the_field(
    card_team: Team, card: str, upload: dict[str, Any], field: str
) -> None:
    refused = await card_team.http.post("/jobs", json=a_still(card, upload=upload))
    assert refused.status_code == 400
    assert refused.json()["details"][0]["field"] == field
    assert "hush" not in refused.text


async def test_an_output_goes_into_the_clients_bucket(
    card_team: Team, card: str, s3_server: S3Server
) -> None:
    job = await finished_job(card_team, a_still(card, upload=an_upload(s3_server)))
    assert job["outputUrl"] == f"{s3_server.endpoint}/outputs/p/{job['id']}.png"
    stored = await card_team.public.get(job["outputUrl"])  # that bucket is public
    assert stored.headers["content-type"] == "image/png"
    assert stored.content.startswith(b"\x89PNG")


async def test_every_response_has_the_buckets_public_address(
    card_team: Team, card: str, s3_server: S3Server
) -> None:
    upload = {**an_upload(s3_server), "outputUrl": "https://cdn.example.com/films/"}
    created = await card_team.create_batch(a_still(card, upload=upload))
    [job] = created["jobs"]
    assert job["outputUrl"] == f"https://cdn.example.com/films/p/{job['id']}.png"
    batch = await card_team.end_of_batch(created["batchId"])
    assert batch["stats"]["finished"] == 1
    assert batch["jobs"][0]["outputUrl"] == job["outputUrl"]
    assert (await card_team.get(f"/jobs/{job['id']}"))["outputUrl"] == job["outputUrl"]


async def test_a_bucket_that_refuses_fails_the_job(
    card_team: Team, card: str, s3_server: S3Server
) -> None:
    upload = an_upload(s3_server, accessKeySecret="hush-hush")
    created = await card_team.create_batch(a_still(card, upload=upload))
    [job] = (await card_team.end_of_batch(created["batchId"]))["jobs"]
    assert (job["status"], job["errorCode"]) == ("error", "UPLOAD_FAILED")
    assert "403 SignatureDoesNotMatch" in job["error"]
    assert "hush" not in job["error"]


def an_upload(server: S3Server, **params: Any) -> dict[str, Any]:
    return {
        "prefix": "p",
        "params": {
            "endpoint": server.endpoint,
            "region": server.region,
            "bucket": "outputs",
            "accessKeyId": server.key_id,
            "accessKeySecret": server.secret,
            **params,
        },
    }


async def finished_job(team: Team, job: Any) -> Any:
    created = await team.http.post("/jobs", json=job)
    assert created.status_code == 201, created.text
    ended = await team.end_of_job(created.json()["id"])
    assert ended["status"] == "finished", ended
    return ended
