"""The keys of all kinds of objects. Every key of a team starts with `teams/{team}/`."""

from datetime import date


def team(team: str) -> str:
    return f"teams/{team}"


def templates(team: str) -> str:
    return f"teams/{team}/templates"


def template(team: str, template_id: str) -> str:
    return f"teams/{team}/templates/{template_id}"


def template_record(team: str, template_id: str) -> str:
    return f"teams/{team}/templates/{template_id}/template.json"


def template_source(team: str, template_id: str, upload: str) -> str:
    """Each upload has its own key, so that accepted jobs keep their version of the template."""
    return f"teams/{team}/templates/{template_id}/source-{upload}"


def converted_template(source: str) -> str:
    """The converted template, which renders use instead of the one uploaded as `source`."""
    return f"{source}-converted"


def outputs(team: str) -> str:
    return f"teams/{team}/outputs"


def output(team: str, job_id: str, extension: str) -> str:
    return f"teams/{team}/outputs/{job_id}.{extension}"


def previews(team: str) -> str:
    return f"teams/{team}/previews"


def preview(team: str, job_id: str, extension: str) -> str:
    """The output of a job that previews another one."""
    return f"teams/{team}/previews/{job_id}.{extension}"


def cached_renders(team: str) -> str:
    return f"teams/{team}/renders"


def cached_render(team: str, digest: str) -> str:
    """`digest` is the digest of a render's inputs."""
    return f"teams/{team}/renders/{digest}.json"


def cached_render_file(team: str, digest: str, name: str, suffix: str) -> str:
    return f"teams/{team}/renders/{digest}-{name}{suffix}"


def render_lease(team: str, digest: str, generation: int) -> str:
    """The lease of a worker that died stays; the next lease has the next generation."""
    return f"teams/{team}/renders/{digest}.lease-{generation}"


def segments(team: str) -> str:
    return f"teams/{team}/segments"


def segments_of_job(team: str, job_id: str) -> str:
    return f"teams/{team}/segments/{job_id}"


def segment(team: str, job_id: str, number: int, extension: str) -> str:
    """A part of an output that is rendered in segments; `number` counts from 0."""
    return f"teams/{team}/segments/{job_id}/{number:05d}.{extension}"


def segment_log(team: str, job_id: str, number: int) -> str:
    """The log of a segment, until all have ended. They run at once and cannot share one log."""
    return f"teams/{team}/segments/{job_id}/{number:05d}.log"


def nested_jobs(team: str) -> str:
    return f"teams/{team}/nested-jobs"


def nested_job(team: str, job_id: str) -> str:
    return f"teams/{team}/nested-jobs/{job_id}.json"


def batches(team: str) -> str:
    return f"teams/{team}/batches"


def batch_manifest(team: str, batch_id: str) -> str:
    return f"teams/{team}/batches/{batch_id}/manifest.json"


def batch_table(team: str, batch_id: str) -> str:
    """The table that the batch was sent as."""
    return f"teams/{team}/batches/{batch_id}/table.json.gz"


def batch_tags(team: str) -> str:
    return f"teams/{team}/batch-tags"


def batches_with_tag(team: str, digest: str) -> str:
    """`digest` is the digest of a tag, such as a batch's name."""
    return f"teams/{team}/batch-tags/{digest}"


def batch_with_tag(team: str, digest: str, batch_id: str) -> str:
    """An empty object, whose name is all that matters."""
    return f"teams/{team}/batch-tags/{digest}/{batch_id}"


def rejected_batches(team: str) -> str:
    return f"teams/{team}/rejected-batches"


def rejected_batch(team: str, batch_id: str) -> str:
    """The record of a batch of which no job was accepted, and which has no workflow."""
    return f"teams/{team}/rejected-batches/{batch_id}.json"


def single_jobs(team: str) -> str:
    return f"teams/{team}/jobs"


def single_job(team: str, job_id: str) -> str:
    """The record of an ended job that belongs to no batch."""
    return f"teams/{team}/jobs/{job_id}.json"


def uploads(team: str) -> str:
    return f"teams/{team}/uploads"


def upload(team: str, upload_id: str) -> str:
    return f"teams/{team}/uploads/{upload_id}"


def uploaded_file(team: str, upload_id: str) -> str:
    return f"teams/{team}/uploads/{upload_id}/file"


def upload_use(team: str, upload_id: str) -> str:
    """An empty object, written again whenever a job that uses the file is accepted."""
    return f"teams/{team}/uploads/{upload_id}/used"


def arriving_uploads(team: str) -> str:
    return f"teams/{team}/arriving-uploads"


def arriving_upload(team: str, id_: str) -> str:
    return f"teams/{team}/arriving-uploads/{id_}"


def fonts(team: str) -> str:
    return f"teams/{team}/fonts"


def font_record(team: str, font_id: str) -> str:
    return f"teams/{team}/fonts/{font_id}/font.json"


def font_source(team: str, font_id: str) -> str:
    return f"teams/{team}/fonts/{font_id}/font"


def secrets(team: str) -> str:
    return f"teams/{team}/secrets"


def secret_record(team: str, name: str) -> str:
    """A secret's folder has the secret's name, which is therefore unique."""
    return f"teams/{team}/secrets/{name}/secret.json"


def job_logs(team: str) -> str:
    return f"teams/{team}/logs"


def job_log(team: str, job_id: str) -> str:
    return f"teams/{team}/logs/{job_id}.log"


def webhooks(team: str) -> str:
    return f"teams/{team}/webhooks"


def webhook(team: str, id_: str) -> str:
    """`id_` is the id of the job or batch whose end the webhook reports."""
    return f"teams/{team}/webhooks/{id_}.json"


def idempotency(team: str) -> str:
    return f"teams/{team}/idempotency"


def idempotency_records(team: str, digest: str) -> str:
    return f"teams/{team}/idempotency/{digest}"


def idempotency_record(team: str, digest: str, generation: int) -> str:
    """A record is never replaced; after it has expired, the next one has the next generation."""
    return f"teams/{team}/idempotency/{digest}/{generation:06d}.json"


def schedules(team: str) -> str:
    return f"teams/{team}/schedules"


def schedule(team: str, schedule_id: str) -> str:
    return f"teams/{team}/schedules/{schedule_id}"


def schedule_record(team: str, schedule_id: str) -> str:
    return f"teams/{team}/schedules/{schedule_id}/schedule.json"


def schedule_runs(team: str, schedule_id: str) -> str:
    return f"teams/{team}/schedules/{schedule_id}/runs.json"


def fetched_tables(team: str) -> str:
    return f"teams/{team}/fetched-tables"


def fetched_table(team: str, run_id: str) -> str:
    """The table of a schedule's run, until its batches are created."""
    return f"teams/{team}/fetched-tables/{run_id}"


def payloads(team: str) -> str:
    return f"teams/{team}/payloads"


def payloads_of_day(team: str, day: date) -> str:
    return f"teams/{team}/payloads/{day.isoformat()}"


def payload(team: str, day: date, digest: str) -> str:
    """The key contains the day on which the payload is stored. An earlier day's folder is never
    written again, and can be removed even while the same payload is being stored.
    """
    return f"{payloads_of_day(team, day)}/{digest}"


def token(digest: str) -> str:
    return f"tokens/{digest}.json"


TEAMS = "teams"
TOKENS = "tokens"
SIGNING_KEY = "server/signing-key"
READY_MARK = "server/ready"  # written and read to check that the store works
