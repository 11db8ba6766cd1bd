"""The programs report a namespace or an object store that is not prepared."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest
from google.protobuf.duration_pb2 import Duration
from obstore.store import ObjectStore
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

import worker
from reelbatch.cli.console import CommandFailed
from reelbatch.cli.doctor.remote import remote_checks
from reelbatch.cli.stack.temporal_namespace import prepare_namespace
from reelbatch.settings import Settings
from tests.api.running_api import RunningApi, served, until
from tests.api.temporal import connected
from tests.s3_server import S3Server

NEW = "new"


async def readiness(api: RunningApi) -> tuple[int, str]:
    async with api.client_of("x") as http:
        response = await http.get(f"{api.url}/readyz")
    return response.status_code, response.text


async def doctor(settings: Settings, environment: pytest.MonkeyPatch) -> Sequence[str]:
    """The report of `reelbatch doctor` about the services in these settings."""
    for name in ("temporal_address", "temporal_namespace", "object_store"):
        environment.setenv(f"REELBATCH_{name.upper()}", str(getattr(settings, name)))
    said: list[str] = []
    for check in remote_checks():
        try:
            said.append(await check.look())
        except CommandFailed as failure:
            said.append(str(failure))
    return said


async def test_an_unprepared_namespace_is_reported_with_the_commands_that_fix_it(
    settings: Settings, client: Client, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.health._MAX_AGE", 0.0)
    new = settings.model_copy(update={"temporal_namespace": NEW})
    async with served(new, await connected(new, store), store) as api:
        for lacking, commands in (
            (f"no namespace {NEW}", ["operator namespace create --namespace new"]),
            ("is missing the search attributes ReelbatchTeam, ", []),
        ):

            async def reported(words: str = lacking) -> str | None:
                status, text = await readiness(api)
                assert status == 503
                return text if words in text else None

            text = await until(reported, lacking)
            assert all(each in text for each in [*commands, "reelbatch prepare-temporal"])
            with pytest.raises(RuntimeError, match=lacking):
                await worker.run(new, asyncio.Event())
            [said] = await doctor(new, monkeypatch)
            assert lacking in said
            if commands:
                with pytest.raises(CommandFailed, match=commands[0]):
                    await prepare_namespace(new)
                await register(client)
        await prepare_namespace(new)

        async def ready() -> bool | None:
            return (await readiness(api))[0] == 200 or None

        await until(ready, "prepared namespace")
        assert await doctor(new, monkeypatch) == ["the namespace new is prepared"]


async def register(client: Client) -> None:
    retention = Duration(seconds=24 * 3600)
    request = RegisterNamespaceRequest(namespace=NEW, workflow_execution_retention_period=retention)
    await client.workflow_service.register_namespace(request)


async def test_wrong_credentials_for_the_store_are_reported_in_one_line(
    settings: Settings, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", s3_server.region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    remote = settings.model_copy(update={"object_store": "s3://reelbatch"})
    refusal = "Check its credentials, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    assert refusal in (await doctor(remote, monkeypatch))[1]
    for program in (["worker"], ["reelbatch", "tokens", "create", "renders"]):
        ended = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", *program],
            env=os.environ.copy(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 1
        [line] = (ended.stdout + ended.stderr).splitlines()
        assert refusal in line
