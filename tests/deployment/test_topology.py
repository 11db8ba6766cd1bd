"""The installation of docker-compose.yml, run as plain processes with its settings."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.deployment.collector import CollectedSpan, Collector, running_collector
from tests.deployment.exposition import Sample, scrape, total
from tests.deployment.queries import all_queries, selected
from tests.deployment.topology import HEALTH, METRICS, Topology, running_topology
from tests.integration.lottie_documents import still_card
from tests.integration.service import until
from workflows.activity_names import RENDER, RENDER_LOCALLY

STILLS, FILMS = 4, 2
SECRET = "s3cr3t-in-a-query"


@dataclass(frozen=True)
class Run:
    """The result, metrics and spans of one batch through the whole installation."""

    batch: Any
    samples: list[Sample]
    spans: list[CollectedSpan]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        yield running


@pytest.fixture(scope="module")
def topology(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Topology]:
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    with running_topology(tmp_path_factory.mktemp("compose"), given) as running:
        yield running


@pytest.fixture(scope="module")
def run(topology: Topology, collector: Collector) -> Run:
    with topology.http() as http:
        batch_id = _submit(http, _upload(http))

        def look() -> Any:
            batch = http.get(f"/batches/{batch_id}").json()
            return None if batch["stats"]["pending"] else batch

        batch = until(look, "end of the batch")
        finished = [job["id"] for job in batch["jobs"] if job["status"] == "finished"]

        def are_there() -> list[CollectedSpan] | None:
            spans = collector.spans
            by_id = {span.span_id: span for span in spans}
            uploads = [span for span in spans if span.name == "upload"]
            whole = [s for s in uploads if "POST /api/v2/batches" in _names_above(s, by_id)]
            return spans if {_job_id(span) for span in whole} >= set(finished) else None

        spans = until(are_there, "spans of all jobs")
    return Run(batch, _samples(topology), spans)


def test_a_batch_through_the_proxy_renders_on_the_installation_of_the_compose_file(
    topology: Topology, run: Run
) -> None:
    assert run.batch["stats"]["finished"] == STILLS + FILMS, run.batch
    assert run.batch["stats"]["error"] == 1
    with topology.http() as http:
        for job in run.batch["jobs"]:
            if job["status"] == "finished":
                assert job["outputUrl"].startswith(f"{topology.url}/outputs/")
                output = http.get(job["outputUrl"])
                assert output.status_code == 200
                assert output.content.startswith(b"\x89PNG") or b"moov" in output.content


def test_both_api_processes_have_responded(topology: Topology, run: Run) -> None:
    del run
    for name in ("api-1", "api-2"):
        samples = scrape(topology.containers[name].environment[METRICS["api"]])
        assert total(samples, "reelbatch_http_requests_total", method="GET", status="200") > 0
        assert '"logger": "api"' in topology.containers[name].log.read_text()


def test_metrics_count_accepted_rejected_and_rendered_jobs(run: Run) -> None:
    samples = run.samples
    assert total(samples, "reelbatch_batches_created_total") == 1
    assert total(samples, "reelbatch_jobs_accepted_total") == STILLS + FILMS + 1
    assert total(samples, "reelbatch_jobs_rejected_total", error_code="LAYER_NOT_FOUND") == 1
    renders = {"engine": "lottie", "outcome": "finished"}
    assert total(samples, "reelbatch_renders_total", **renders) == STILLS + FILMS
    assert total(samples, "reelbatch_renders_total", error_code="ASSET_INVALID") == 1
    assert total(samples, "reelbatch_render_frames_total") == STILLS + 5 * FILMS
    assert total(samples, "reelbatch_render_output_bytes_total") > 0
    assert total(samples, "reelbatch_render_speed_count") == FILMS
    waited = "temporal_activity_schedule_to_start_latency_seconds_bucket"
    queue = {"task_queue": "render-lottie", "le": "600"}  # an alert's threshold
    assert total(samples, waited, **queue) >= FILMS, "stills may have been rendered locally"
    assert total(samples, "reelbatch_cache_requests_total", cache="objects", outcome="hit") > 0
    assert total(samples, "reelbatch_cache_downloaded_bytes_total", cache="objects") > 0


def test_undelivered_webhooks_are_counted(topology: Topology, run: Run) -> None:
    before = total(run.samples, "reelbatch_webhook_attempts_total")
    with topology.http() as http:
        job = {"template": {"id": _upload(http)}, "webhook": {"url": "http://${secrets.HOST}/"}}
        assert http.post("/jobs", json=job).status_code == 201

    def look() -> float | None:
        failed = total(_samples(topology), "reelbatch_webhook_attempts_total", outcome="failed")
        return failed if failed > before else None

    until(look, "counted attempt")


def test_no_label_has_an_id_or_a_team(topology: Topology, run: Run) -> None:
    ids = {run.batch["batchId"], *(job["id"] for job in run.batch["jobs"]), "my-team"}
    for sample in run.samples:
        assert not ids & set(sample.labels.values()), sample
        assert not re.search(r"\b[0-9A-HJKMNP-TV-Z]{26}\b", str(sample.labels)), sample
        assert topology.token not in str(sample.labels)


@pytest.mark.parametrize("query", all_queries())
def test_alerts_and_dashboard_read_metrics_that_exist(run: Run, query: str) -> None:
    of_prometheus = {"job", "instance"}
    for found in selected(query):
        if found.metric in (
            "up",
            "approximate_backlog_count",
            "pending_polls",
            "temporal_long_request_failure_total",
        ):
            continue  # from Prometheus, from Temporal, or only without Temporal: test_alerts
        labels = [sample.labels for sample in run.samples if sample.name == found.metric]
        assert labels, f"nothing exports {found.metric}"
        assert any(found.labels - of_prometheus <= set(known) for known in labels), found


def test_a_trace_leads_from_the_request_to_the_phases_of_every_render(run: Run) -> None:
    batch_id = run.batch["batchId"]
    [root] = [span for span in run.spans if span.name == "POST /api/v2/batches"]
    assert root.service == "reelbatch-api"
    assert root.attributes["reelbatch.batch_id"] == batch_id
    by_id = {span.span_id: span for span in run.spans}
    for job in run.batch["jobs"]:
        if job["status"] != "finished":
            continue
        for phase in ("download", "render", "upload"):
            spans = [s for s in run.spans if s.name == phase and _job_id(s) == job["id"]]
            assert spans, "there may be several if a local render went to the queue"
            for span in spans:
                assert span.service == "reelbatch-worker"
                assert span.trace_id == root.trace_id
                assert span.attributes["reelbatch.batch_id"] == batch_id
                run_activity, *others = _names_above(span, by_id)
                kind = run_activity.removeprefix("RunActivity:")
                assert kind in (RENDER, RENDER_LOCALLY)
                assert others == [
                    f"StartActivity:{kind}",
                    "StartChildWorkflow:RenderJob",
                    "StartWorkflow:Batch",
                    "POST /api/v2/batches",
                ]


def test_spans_show_no_token_no_signature_and_no_secret_of_a_url(
    topology: Topology, run: Run
) -> None:
    text = "\n".join(span.text for span in run.spans)
    assert run.batch["batchId"] in text
    assert topology.token not in text
    assert SECRET not in text
    signatures = [job["outputUrl"].rsplit("/", 2)[-2:] for job in run.batch["jobs"]]
    for part in (part for pair in signatures for part in pair if len(part) > 30):
        assert part not in text


def test_a_client_can_continue_its_own_trace(
    topology: Topology, collector: Collector, run: Run
) -> None:
    del run
    trace_id = os.urandom(16).hex()
    with topology.http() as http:
        http.get("/batches", headers={"traceparent": f"00-{trace_id}-{os.urandom(8).hex()}-01"})

    def look() -> CollectedSpan | None:
        return next((s for s in collector.spans if s.trace_id == trace_id), None)

    assert until(look, "the client's trace").name == "GET /api/v2/batches"


def test_the_public_port_has_no_metrics(topology: Topology) -> None:
    assert httpx.get(f"{topology.url}/metrics", trust_env=False).status_code == 404


def test_a_worker_reports_when_it_is_ready_and_stops_cleanly(topology: Topology, run: Run) -> None:
    del run
    health = f"http://{topology.containers['worker-2'].environment[HEALTH]}"
    assert httpx.get(f"{health}/healthz", trust_env=False).json() == {"status": "ok"}
    assert httpx.get(f"{health}/readyz", trust_env=False).json() == {"status": "ready"}
    assert httpx.get(f"{health}/other", trust_env=False).status_code == 404
    assert topology.containers["worker-2"].part.terminate() == 0


def _samples(topology: Topology) -> list[Sample]:
    """The metrics of all processes."""
    return [sample for address in topology.metrics_addresses() for sample in scrape(address)]


def _submit(http: httpx.Client, template_id: str) -> str:
    def job(frames: Any, title: str, **more: Any) -> dict[str, Any]:
        settings: dict[str, Any] = {"type": "image", "frames": frames}
        if frames is None:
            settings = {"type": "video", "codec": "video_h264_vbr_1mbps"}
        return {
            "template": {"id": template_id},
            "settings": settings,
            "assets": [{"type": "text", "layerName": "title", "value": title}],
            **more,
        }

    assert http.put("/secrets", json={"name": "HOST", "value": "127.0.0.1:9"}).status_code == 201
    private = f"http://${{secrets.HOST}}/logo.png?signature={SECRET}"
    asset = {"type": "static", "src": private, "name": "logo.png"}
    jobs = [
        *(job(0, str(number)) for number in range(STILLS)),
        *(job(None, str(number), priority=1) for number in range(FILMS)),  # through the queue
        job(0, "x", assets=[asset]),
        job(0, "x", assets=[{"type": "text", "layerName": "nowhere", "value": "x"}]),
    ]
    created = http.post("/batches", json={"jobs": jobs})
    assert created.status_code == 201, created.text
    assert created.json()["successCount"] == len(jobs) - 1
    return created.json()["batchId"]


def _upload(http: httpx.Client) -> str:
    created = http.post("/templates", json={"type": "lottie", "displayName": "card"}).json()
    target = created["uploadInfo"]["url"]
    upload = httpx.put(target, content=still_card(), timeout=60, trust_env=False)
    assert upload.status_code == 200, upload.text

    def look() -> str | None:
        status = http.get(f"/templates/{created['id']}").json()["status"]
        return status if status in ("uploaded", "error") else None

    assert until(look, "inspection") == "uploaded"
    return created["id"]


def _job_id(span: CollectedSpan) -> str | None:
    return span.attributes.get("reelbatch.job_id")


def _names_above(span: CollectedSpan, by_id: dict[str, CollectedSpan]) -> list[str]:
    names: list[str] = []
    while span.parent_id in by_id:
        span = by_id[span.parent_id]
        names.append(span.name)
    return names
