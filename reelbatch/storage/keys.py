"""The key of each kind of object. Every key of a team starts with `teams/{team}/`."""

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
    """Each upload gets a key of its own, so that accepted jobs keep the version they saw."""
    return f"teams/{team}/templates/{template_id}/source-{upload}"


def converted_template(source: str) -> str:
    """What renders are given instead of the template that was uploaded as `source`."""
    return f"{source}-converted"


def outputs(team: str) -> str:
    return f"teams/{team}/outputs"


def output(team: str, job_id: str, extension: str) -> str:
    return f"teams/{team}/outputs/{job_id}.{extension}"


def previews(team: str) -> str:
    return f"teams/{team}/previews"


def preview(team: str, job_id: str, extension: str) -> str:
    """The output of a job that only shows what another one will be."""
    return f"teams/{team}/previews/{job_id}.{extension}"


def kept_renders(team: str) -> str:
    return f"teams/{team}/renders"


def kept_render(team: str, digest: str) -> str:
    """`digest` is the digest of a render's inputs."""
    return f"teams/{team}/renders/{digest}.json"


def kept_render_file(team: str, digest: str, name: str, suffix: str) -> str:
    return f"teams/{team}/renders/{digest}-{name}{suffix}"


def render_lease(team: str, digest: str, generation: int) -> str:
    """A lease whose worker is gone stays; the next lease has the next generation."""
    return f"teams/{team}/renders/{digest}.lease-{generation}"


def segments(team: str) -> str:
    return f"teams/{team}/segments"


def segments_of_job(team: str, job_id: str) -> str:
    return f"teams/{team}/segments/{job_id}"


def segment(team: str, job_id: str, number: int, extension: str) -> str:
    """A part of an output that is rendered in segments; `number` counts from 0."""
    return f"teams/{team}/segments/{job_id}/{number:05d}.{extension}"


def segment_log(team: str, job_id: str, number: int) -> str:
    """Moves into the job's log once all segments have ended: two would overwrite each other."""
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
    """`digest` is that of a name, or of what the parts of a table have in common."""
    return f"teams/{team}/batch-tags/{digest}"


def batch_with_tag(team: str, digest: str, batch_id: str) -> str:
    """An empty object: its name says all."""
    return f"teams/{team}/batch-tags/{digest}/{batch_id}"


def rejected_batches(team: str) -> str:
    return f"teams/{team}/rejected-batches"


def rejected_batch(team: str, batch_id: str) -> str:
    """A batch of which no job was accepted has no workflow, only this."""
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
    """An empty object, written anew whenever a job is accepted that uses the file."""
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
    """A secret's folder has its name, so that a name is taken only once."""
    return f"teams/{team}/secrets/{name}/secret.json"


def job_logs(team: str) -> str:
    return f"teams/{team}/logs"


def job_log(team: str, job_id: str) -> str:
    return f"teams/{team}/logs/{job_id}.log"


def webhooks(team: str) -> str:
    return f"teams/{team}/webhooks"


def webhook(team: str, id_: str) -> str:
    """`id_` is the id of the job or batch whose end the webhook tells."""
    return f"teams/{team}/webhooks/{id_}.json"


def idempotency(team: str) -> str:
    return f"teams/{team}/idempotency"


def idempotency_records(team: str, digest: str) -> str:
    return f"teams/{team}/idempotency/{digest}"


def idempotency_record(team: str, digest: str, generation: int) -> str:
    """A record is never replaced: after it expires, the next one has the next generation."""
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
    """The table of a schedule's run, until its rows are batches."""
    return f"teams/{team}/fetched-tables/{run_id}"


def payloads(team: str) -> str:
    return f"teams/{team}/payloads"


def payloads_of_day(team: str, day: date) -> str:
    return f"teams/{team}/payloads/{day.isoformat()}"


def payload(team: str, day: date, digest: str) -> str:
    """The key has the day on which the payload is stored. So an older day's folder is never written
    again, and can be removed while others store the very same payload.
    """
    return f"{payloads_of_day(team, day)}/{digest}"


def token(digest: str) -> str:
    return f"tokens/{digest}.json"


TEAMS = "teams"
TOKENS = "tokens"
SIGNING_KEY = "server/signing-key"
READY_MARK = "server/ready"  # written and read to see whether the store works
