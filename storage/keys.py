"""Where each kind of object lives. Every key of a team starts with `teams/{team}/`."""


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


def output(team: str, job_id: str, extension: str) -> str:
    return f"teams/{team}/outputs/{job_id}.{extension}"


def nested_job(team: str, job_id: str) -> str:
    return f"teams/{team}/nested-jobs/{job_id}.json"


def batches(team: str) -> str:
    return f"teams/{team}/batches"


def batch_manifest(team: str, batch_id: str) -> str:
    return f"teams/{team}/batches/{batch_id}/manifest.json"


def rejected_batches(team: str) -> str:
    return f"teams/{team}/rejected-batches"


def rejected_batch(team: str, batch_id: str) -> str:
    """A batch of which no job was accepted has no workflow, only this."""
    return f"teams/{team}/rejected-batches/{batch_id}.json"


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


def job_log(team: str, job_id: str) -> str:
    return f"teams/{team}/logs/{job_id}.log"


def webhook(team: str, id_: str) -> str:
    """`id_` is the job's or the batch's that the webhook tells of."""
    return f"teams/{team}/webhooks/{id_}.json"


def idempotency_records(team: str, digest: str) -> str:
    return f"teams/{team}/idempotency/{digest}"


def idempotency_record(team: str, digest: str, generation: int) -> str:
    """A record is never replaced: after its expiry comes the next generation."""
    return f"teams/{team}/idempotency/{digest}/{generation:06d}.json"


def payload(team: str, digest: str) -> str:
    return f"teams/{team}/payloads/{digest}"


def token(digest: str) -> str:
    return f"tokens/{digest}.json"


TOKENS = "tokens"
SIGNING_KEY = "server/signing-key"
