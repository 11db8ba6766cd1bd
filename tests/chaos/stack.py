"""The whole service as real processes, each of which a test can kill and restart.

It consists of Temporal on a SQLite file, the API, workers, and an S3 server behind a proxy that can
fail.
"""

import asyncio
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from obstore.store import S3Store

from reelbatch.cli.stack.temporal_namespace import prepare_namespace
from reelbatch.cli.stack.temporal_server import find_temporal, server_command
from reelbatch.settings import Settings
from reelbatch.storage.secrets import new_secrets_key
from reelbatch.storage.tokens import create_token
from tests.api.temporal import free_port
from tests.busy_folders import found_below
from tests.chaos.part import Part
from tests.chaos.store_proxy import StoreProxy
from tests.chaos.tally import Tally
from tests.integration.service import check_counts, descendants, until
from tests.s3_server import running_s3_server

TEAM = "chaos"


class Stack:
    """The running processes, and a client of the API that counts its responses."""

    def __init__(self, home: Path, proxy: StoreProxy, store: S3Store, tally: Tally) -> None:
        self.home = home
        self.proxy = proxy
        self.store = store  # bypasses the proxy
        self.tally = tally
        self.scratch = home / "scratch"
        self._batches: list[str] = []
        self._environment: dict[str, str] = {}
        self.parts: dict[str, Part] = {}
        self.http = httpx.Client(
            timeout=60, trust_env=False, event_hooks={"response": [tally.note_response]}
        )

    def start(self, environment: dict[str, str]) -> None:
        ports = {name: free_port() for name in ("temporal", "ui", "api")}
        self._environment = {
            **environment,
            "REELBATCH_TEMPORAL_ADDRESS": f"127.0.0.1:{ports['temporal']}",
            "REELBATCH_API_PORT": str(ports["api"]),
            "REELBATCH_SCRATCH": str(self.scratch),
            "REELBATCH_SECRETS_KEY": new_secrets_key(),
            "REELBATCH_ALLOW_PRIVATE_NETWORKS": "true",  # the tests' receivers are on loopback
            "REELBATCH_RENDER_PROCESSES": "2",
            "REELBATCH_DOWNLOAD_TIMEOUT": "5",
            "REELBATCH_RENDER_CACHE": "false",  # every test needs its own renders
            "REELBATCH_SEGMENT_PIXELS": "100000000",  # 434 frames of a draft of the film
        }
        server = server_command(
            find_temporal(None), self.home / "temporal.db", ports["temporal"], ports["ui"]
        )
        self.add("temporal", server)
        self.add("api", [sys.executable, "-m", "api"])
        self.add("worker", [sys.executable, "-m", "worker"])
        self.parts["temporal"].start()
        settings = Settings(temporal_address=self._environment["REELBATCH_TEMPORAL_ADDRESS"])
        until(lambda: _prepared(settings), "Temporal server")
        self.parts["worker"].start()
        self.parts["api"].start()
        token, _ = asyncio.run(create_token(self.store, TEAM, "chaos"))
        self.http.base_url = f"http://127.0.0.1:{ports['api']}/api/v2"
        self.http.headers["Authorization"] = f"Bearer {token}"
        self.wait_until_ready()

    def add(self, name: str, command: list[str], **more: str) -> Part:
        environment = {**self._environment, **more}
        part = self.parts[name] = Part(name, command, environment, self.home / f"{name}.log")
        return part

    def add_worker(self, name: str, **environment: str) -> Part:
        """Start another worker, and wait until it is ready."""
        part = self.add(name, [sys.executable, "-m", "worker"], **environment)
        log_before = part.log.stat().st_size if part.log.exists() else 0
        part.start()
        until(
            lambda: b"worker ready" in part.log.read_bytes()[log_before:] or None, f"ready {name}"
        )
        return part

    def kill(self, name: str) -> None:
        self.tally.faults[f"SIGKILL of {name.rstrip('0123456789-')}"] += 1
        self.parts[name].kill()

    def revive(self) -> None:
        """Restart every part that is not running, and wait until the service is ready."""
        for part in self.parts.values():
            if not part.is_running:
                part.start()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        base = str(self.http.base_url).removesuffix("/api/v2/")

        def look() -> bool | None:
            with suppress(httpx.TransportError):
                return httpx.get(f"{base}/readyz", trust_env=False).is_success or None

        until(look, "ready API")

    def stop(self) -> None:
        for part in reversed(self.parts.values()):
            part.discard()
        self.http.close()

    def upload(self, content: bytes) -> str:
        """Upload a new template, and wait for its inspection. Returns its id."""
        created = self.post("/templates", {"type": "lottie", "displayName": "chaos"})
        info = created["uploadInfo"]
        assert httpx.put(info["url"], content=content, timeout=60, trust_env=False).is_success

        def look() -> str | None:
            status = self.get(f"/templates/{created['id']}")["status"]
            return status if status in ("uploaded", "error") else None

        assert until(look, "inspection") == "uploaded"
        return created["id"]

    def post(self, path: str, body: Any, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        response = self.http.post(path, json=body, headers=headers)
        assert response.status_code == 201, response.text
        return response.json()

    def get(self, path: str) -> Any:
        response = self.http.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    def submit(self, *jobs: Any, key: str | None = None, **options: Any) -> str:
        """Submit a new batch, whose jobs must all be accepted. Returns its id."""
        created = self.post("/batches", {"jobs": jobs, **options}, key)
        assert created["successCount"] == len(jobs)
        self.expect(created["batchId"], len(jobs))
        return created["batchId"]

    def expect(self, batch_id: str, jobs: int) -> None:
        """Count an accepted batch once."""
        if batch_id not in self._batches:
            self._batches.append(batch_id)
            self.tally.accepted += jobs

    def batch_ids(self) -> set[str]:
        return {batch["batchId"] for batch in self.get("/batches?limit=100")["batches"]}

    def finished(self, batch_id: str) -> int:
        return self.get(f"/batches/{batch_id}")["stats"]["finished"]

    def wait_for_finished(self, batch_id: str, number: int) -> None:
        until(lambda: self.finished(batch_id) >= number or None, f"{number} finished jobs")

    def end_of(self, batch_id: str) -> Any:
        def look() -> Any:
            response = self.http.get(f"/batches/{batch_id}")
            if response.status_code == 503:  # expected while something is broken
                return None
            assert response.status_code == 200, response.text
            batch = response.json()
            check_counts(batch)
            return None if batch["stats"]["pending"] else batch

        return until(look, "end of the batch")

    def check_all_finished(self, batch_id: str, jobs: int) -> None:
        """Check that every job of the batch has finished and has exactly one, complete output."""
        batch = self.end_of(batch_id)
        outputs = self._outputs()
        ids = [job["id"] for job in batch["jobs"]]
        found = [sum(name.startswith(job_id) for name in outputs) for job_id in ids]
        self.tally.lost += max(0, jobs - sum(n > 0 for n in found))
        self.tally.doubled += sum(n > 1 for n in found) + len(ids) - len(set(ids))
        assert batch["stats"]["finished"] == jobs, [
            job["error"] for job in batch["jobs"] if job["status"] == "error"
        ]
        assert found == [1] * jobs
        for job in batch["jobs"]:
            response = self.http.get(job["outputUrl"])
            assert response.status_code == 200
            assert _is_complete(response.content), f"{len(response.content)} bytes"
        self.check_nothing_is_left()

    def check_nothing_is_left(self) -> None:
        """Check that no work folder of an ended render is left."""

        def look() -> bool | None:
            return None if found_below(self.scratch, "render-*") else True

        until(look, "empty scratch folders")

    def render_processes(self, worker: str = "worker") -> list[int]:
        return descendants(self.parts[worker].pid)

    def _outputs(self) -> set[str]:
        listing = self.store.list(f"teams/{TEAM}/outputs")  # pyright: ignore[reportUnknownMemberType]  obstore's other overload is for arrow
        return {Path(entry["path"]).name for chunk in listing for entry in chunk}


@contextmanager
def running_stack(home: Path, tally: Tally) -> Generator[Stack]:
    with ExitStack() as resources:
        (home / "s3").mkdir()
        server = resources.enter_context(running_s3_server(home / "s3"))
        proxy = StoreProxy(server.endpoint)
        endpoint = proxy.start()
        resources.callback(proxy.stop)
        stack = Stack(home, proxy, server.store("reelbatch"), tally)
        resources.callback(stack.stop)
        stack.start(
            {
                "REELBATCH_OBJECT_STORE": "s3://reelbatch",
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ALLOW_HTTP": "true",
                "AWS_REGION": server.region,
                "AWS_ACCESS_KEY_ID": server.key_id,
                "AWS_SECRET_ACCESS_KEY": server.secret,
            }
        )
        yield stack


def _prepared(settings: Settings) -> bool | None:
    from reelbatch.cli.console import CommandFailed

    try:
        asyncio.run(prepare_namespace(settings))
    except CommandFailed:
        return None
    return True


def _is_complete(content: bytes) -> bool:
    """Whether the file has its end, which both kinds of output in these tests show."""
    if content.startswith(b"\x89PNG"):
        return content.rstrip().endswith(b"IEND\xaeB`\x82")
    return b"moov" in content
