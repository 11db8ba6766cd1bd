"""Validation before a job is accepted. Every job here is refused, so nothing is rendered."""

import json
from typing import Any

import pytest

from reelbatch.models.wire.batches import BatchCreationResponse
from reelbatch.models.wire.errors import FieldError
from tests.api.running_api import Team, a_still, a_video

Fields = dict[str, Any]


async def refusal(team: Team, job: Any) -> tuple[str, str, str]:
    """The errorCode, the first field and its message."""
    created = await team.create_batch(job, status=400)
    [error] = created["errors"]
    assert error["details"], error
    first = error["details"][0]
    prefix = f"{first['field']}: " if first["field"] else ""
    assert error["error"] == prefix + first["message"]
    return error["errorCode"], first["field"], first["message"]


def with_asset(card: str, **asset: Any) -> Fields:
    return a_still(card) | {"assets": [asset]}


SCHEMA_ERRORS: list[tuple[Fields, str, str]] = [
    ({"template": None}, "template", "must be an object"),
    ({"template": {}}, "template.id", "is required"),
    ({"template": {"id": 5}}, "template.id", "must be a string"),
    ({"preview": "maybe"}, "preview", "must be true or false"),
    ({"assets": {}}, "assets", "must be a list"),
    ({"assets": [5]}, "assets.0", "must be an object"),
    ({"assets": [{}]}, "assets.0", "needs a `type`"),
    ({"assets": [{"type": "text", "value": "x"}]}, "assets.0.layerName", "is required"),
    ({"settings": {"crf": 1}}, "settings.crf", "is not a known field"),
    ({"settings": {"type": "gif"}}, "settings.type", "must be 'video', 'image' or 'aep'"),
    ({"priority": 1.5}, "priority", "must be an integer"),
    ({"priority": 5000}, "priority", "must be 1000 or less"),
]


@pytest.mark.parametrize(("change", "field", "message"), SCHEMA_ERRORS)
async def test_schema_errors_name_the_field(
    card_team: Team, card: str, change: Fields, field: str, message: str
) -> None:
    assert await refusal(card_team, a_still(card) | change) == ("VALIDATION_ERROR", field, message)


async def test_a_field_of_several_types_has_one_message(card_team: Team, card: str) -> None:
    job = a_still(card) | {"settings": {"type": "image", "frames": "all"}}
    assert await refusal(card_team, job) == (
        "VALIDATION_ERROR",
        "settings.frames",
        "must be an integer or a list",
    )


async def test_an_unknown_template_is_named(card_team: Team) -> None:
    code, field, _ = await refusal(card_team, a_still("01JAAAAAAAAAAAAAAAAAAAAAAA"))
    assert (code, field) == ("TEMPLATE_NOT_FOUND", "template.id")


@pytest.mark.parametrize("template_id", ["promo", "../../tokens/aaaaaaaaaaaaaa", "É" * 26])
async def test_an_invalid_template_id_is_refused(card_team: Team, template_id: str) -> None:
    code, field, _ = await refusal(card_team, a_still(template_id))
    assert (code, field) == ("VALIDATION_ERROR", "template.id")


async def test_a_template_without_a_file_is_not_ready(card_team: Team) -> None:
    created = await card_team.http.post("/templates", json={"type": "zip", "displayName": "x"})
    code, _, message = await refusal(card_team, a_still(created.json()["id"]))
    assert code == "TEMPLATE_NOT_READY"
    assert "upload URL" in message


async def test_an_error_about_a_composition_lists_the_known_ones(
    card_team: Team, card: str
) -> None:
    job = a_still(card) | {"template": {"id": card, "composition": "mian"}}
    code, field, message = await refusal(card_team, job)
    assert (code, field) == ("COMPOSITION_NOT_FOUND", "template.composition")
    assert "Did you mean main?" in message
    assert "badge" in message


async def test_a_layer_of_another_composition_is_pointed_to(card_team: Team, card: str) -> None:
    job = with_asset(card, type="text", layerName="label", value="x")
    code, _, message = await refusal(card_team, job)
    assert code == "LAYER_NOT_FOUND"
    assert "badge has it" in message


async def test_a_layer_name_is_looked_up_in_the_composition_of_its_asset(
    card_team: Team, card: str
) -> None:
    job = with_asset(card, type="text", layerName="title", value="x", composition="badge")
    code, _, message = await refusal(card_team, job)
    assert code == "LAYER_NOT_FOUND"
    assert message.startswith("badge has no layer title.")


async def test_layers_of_a_function_are_checked(card_team: Team, card: str) -> None:
    params = {"layerName": ["title", "backgruond"], "state": "hidden"}
    job = with_asset(card, type="function", name="nx-layer-state-set", params=params)
    code, field, message = await refusal(card_team, job)
    assert (code, field) == ("LAYER_NOT_FOUND", "assets.0.params.layerName")
    assert "Did you mean background?" in message


@pytest.mark.parametrize(
    ("output", "code", "field"),
    [
        ({"codec": "video_h264_vbr_15mbp"}, "CODEC_INVALID", "settings.codec"),
        ({"codec": "image_png"}, "FRAMES_INVALID", "settings.frames"),
        ({"codec": "image_png", "type": "video"}, "CODEC_INVALID", "settings.codec"),
        ({"type": "image", "frames": 0, "codec": "gif"}, "CODEC_INVALID", "settings.codec"),
        ({"type": "aep"}, "NOT_SUPPORTED", "settings.type"),
        ({"type": "image"}, "FRAMES_INVALID", "settings.frames"),
        ({"type": "image", "frames": [0, 5]}, "FRAMES_INVALID", "settings.frames"),
        ({"type": "image", "frames": 10}, "FRAMES_INVALID", "settings.frames"),
        ({"frames": [5, 11]}, "FRAMES_INVALID", "settings.frames"),
        ({"frames": [5, 5]}, "VALIDATION_ERROR", "settings.frames"),
        ({"frames": -1}, "VALIDATION_ERROR", "settings.frames"),
    ],
)
async def test_settings_that_cannot_work_are_refused(
    card_team: Team, card: str, output: Fields, code: str, field: str
) -> None:
    job = a_still(card) | {"settings": output}
    assert (await refusal(card_team, job))[:2] == (code, field)


async def test_the_codec_implies_the_type(card_team: Team, card: str) -> None:
    still = a_still(card) | {"settings": {"codec": "png", "frames": 0}}
    checked = await card_team.http.post("/batches?dryRun=true", json={"jobs": [still]})
    assert checked.json()["jobs"][0]["outputUrl"].endswith(".png")


async def test_a_misspelled_codec_gets_a_suggestion(card_team: Team, card: str) -> None:
    _, _, message = await refusal(card_team, a_video(card, codec="video_h264_vbr_15mbp"))
    assert "Did you mean video_h264_vbr_15mbps?" in message


async def test_an_error_about_frames_names_the_number_of_frames(card_team: Team, card: str) -> None:
    _, _, message = await refusal(card_team, a_video(card, frames=[0, 100]))
    assert "has 10 frames" in message


async def test_preview_excludes_settings(card_team: Team, card: str) -> None:
    code, _, _ = await refusal(card_team, a_still(card) | {"preview": True})
    assert code == "PREVIEW_SETTINGS_CONFLICT"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"assets": [{"type": "script", "src": "https://example.com/x.jsx"}]}, "assets.0.type"),
        ({"assets": [{"type": "function", "name": "nx:gen-ai"}]}, "assets.0.name"),
    ],
)
async def test_unsupported_features_are_refused_instead_of_ignored(
    card_team: Team, card: str, change: Fields, field: str
) -> None:
    assert (await refusal(card_team, a_still(card) | change))[:2] == ("NOT_SUPPORTED", field)


@pytest.mark.parametrize(
    "src",
    [
        *("file:///etc/passwd", "ftp://example.com/a", "//x", "https://", ""),
        *("s3://b", "s3:///k", "s3://../k", "s3://./k", "s3://b/../other/k"),
    ],
)
async def test_only_http_and_data_urls_are_sources(card_team: Team, card: str, src: str) -> None:
    job = with_asset(card, type="image", layerName="background", src=src)
    assert (await refusal(card_team, job))[:2] == ("VALIDATION_ERROR", "assets.0.src")


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"endpoint": "ftp://x"}, "assets.0.params.endpoint"),
        ({"region": 5}, "assets.0.params.region"),
        ({"accessKeyId": "hush"}, "assets.0.params"),
        ({"accessKeyId": "${secrets.GONE}", "accessKeySecret": "x"}, "assets.0.params.accessKeyId"),
    ],
)
async def test_params_of_a_bucket_are_checked(
    card_team: Team, card: str, params: Fields, field: str
) -> None:
    job = with_asset(card, type="image", layerName="background", src="s3://b/k", params=params)
    _, refused, message = await refusal(card_team, job)
    assert refused == field
    assert "hush" not in message


async def test_params_of_other_sources_are_not_checked(card_team: Team, card: str) -> None:
    asset: Fields = {"type": "image", "layerName": "background", "src": "https://h/x"}
    asset |= {"params": {"region": 5}}
    body = {"jobs": [a_still(card) | {"assets": [asset]}]}
    assert (await card_team.http.post("/batches?dryRun=true", json=body)).status_code == 200


DATA = {"type": "data", "layerName": "background"}


@pytest.mark.parametrize(
    ("asset", "field", "message"),
    [
        ({**DATA, "property": "Opacty", "value": 5}, "property", "supported ones are Source Text"),
        ({**DATA, "property": "Opacity", "value": "half"}, "value", "'half' is not a number."),
        ({**DATA, "property": "Color", "value": "red"}, "value", "'red' is not a colour"),
        ({**DATA, "property": "Source Text", "value": "x"}, "property", "has no text"),
        ({**DATA, "property": "Effects.Glow.Radius", "value": 5}, "property", "no effect 'Glow'"),
        ({"type": "image", "layerName": "title", "src": "https://e.com/a"}, "layerName", "text"),
        ({"type": "text", "layerName": "background", "value": "x"}, "layerName", "has no text"),
        (
            {
                "type": "function",
                "name": "nx:solid-color-set",
                "params": {"layerName": "title", "color": "#ff0000"},
            },
            "params.layerName",
            "cannot be changed by nx:solid-color-set",
        ),
    ],
)
async def test_assets_that_cannot_work_on_a_layer_are_refused_at_submission(
    card_team: Team, card: str, asset: Fields, field: str, message: str
) -> None:
    code, refused, text = await refusal(card_team, a_still(card) | {"assets": [asset]})
    assert (code, refused) == ("VALIDATION_ERROR", f"assets.0.{field}")
    assert message in text


async def test_a_text_layer_cannot_show_a_nested_job(card_team: Team, card: str) -> None:
    template = {"id": card, "composition": "main"}
    job = with_asset(card, type="job", layerName="title", template=template)
    assert (await refusal(card_team, job))[1] == "assets.0.layerName"


async def test_all_problems_of_a_job_are_listed(card_team: Team, card: str) -> None:
    job = {
        "template": {"id": card, "composition": "main"},
        "assets": [
            {"type": "text", "layerName": "titel", "value": "x"},
            {"type": "image", "layerName": "background", "src": "ftp://x/y"},
        ],
        "settings": {"frames": [0, 100], "codec": "h265"},
    }
    created = await card_team.create_batch(job, status=400)
    fields = {detail["field"] for detail in created["errors"][0]["details"]}
    assert fields == {"assets.0.layerName", "assets.1.src", "settings.frames", "settings.codec"}


@pytest.mark.parametrize(
    "raw",
    [
        '{"assets": [{"type": "text", "layerName": "title", "value": "\\ud800"}]}',
        '{"assets": [{"type": "data", "layerName": "title", "property": "x", "value": 1e999}]}',
        f'{{"extra": {"[" * 200}{"]" * 200}}}',
    ],
)
async def test_json_that_cannot_be_passed_on_is_refused(card_team: Team, raw: str) -> None:
    response = await card_team.http.post("/batches", content=f'{{"jobs": [{raw}]}}')
    assert response.status_code == 400
    assert response.json()["errors"][0]["errorCode"] == "VALIDATION_ERROR"


async def test_a_job_that_is_too_large_does_not_affect_the_others(
    card_team: Team, card: str
) -> None:
    created = await card_team.create_batch(a_still(card, "x" * 70_000), a_still(card))
    assert created["status"] == "partial"
    assert created["errors"][0]["errorCode"] == "JOB_TOO_LARGE"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "INVALID_JSON"),
        (b"", "INVALID_JSON"),
        (b'{"jobs": [NaN]}', "INVALID_JSON"),
        (b'{"jobs": ["\xff"]}', "INVALID_JSON"),
        (b"[" * 100_000, "INVALID_JSON"),
        (b"[]", "VALIDATION_ERROR"),
        (b"{}", "VALIDATION_ERROR"),
        (b'{"jobs": {}}', "VALIDATION_ERROR"),
        (b'{"jobs": []}', "BATCH_SIZE_INVALID"),
        (json.dumps({"jobs": [{}] * 1001}).encode(), "BATCH_SIZE_INVALID"),
    ],
)
async def test_a_body_that_is_not_a_batch_is_refused_as_a_whole(
    card_team: Team, body: bytes, code: str
) -> None:
    """The response has the format that the contract has for a 400: a batch without jobs."""
    response = await card_team.http.post("/batches", content=body)
    assert response.status_code == 400
    answer = BatchCreationResponse.model_validate_json(response.content)
    assert (answer.status, answer.error_code) == ("error", code)
    assert (answer.total_jobs, answer.success_count, answer.jobs) == (0, 0, [])
    assert answer.error
    assert (await card_team.http.get(f"/batches/{answer.batch_id}")).status_code == 404


async def test_an_invalid_parameter_is_refused_in_the_format_of_a_batch(card_team: Team) -> None:
    response = await card_team.http.post("/batches?dryRun=maybe", json={"jobs": []})
    answer = BatchCreationResponse.model_validate_json(response.content)
    assert answer.details == [FieldError(field="dryRun", message="must be true or false")]


async def test_fields_that_are_not_in_the_format_are_accepted(card_team: Team, card: str) -> None:
    webhook = {"url": "https://example.com", "note": 1}
    nested = {
        "type": "job",
        "layerName": "background",
        "template": {"id": card, "composition": "main"},
        "settings": {"note": 1},
    }
    job = a_still(card) | {"assets": [nested], "webhook": webhook, "upload": {}}
    body = {"jobs": [job], "webhook": webhook}
    checked = await card_team.http.post("/batches?dryRun=true", json=body)
    assert checked.status_code == 200, checked.text
    clips = [{"type": "video", "src": "ftp://x"}]
    join = {"assets": clips, "settings": {"note": 1}, "webhook": webhook, "upload": {}}
    refused = (await card_team.http.post("/jobs/join", json=join)).json()
    assert [detail["field"] for detail in refused["details"]] == ["assets.0.src"]
    unknown = {"jobs": ["01JAAAAAAAAAAAAAAAAAAAAAAA"], "note": 1}
    assert (await card_team.http.post("/jobs/cancel", json=unknown)).status_code == 404


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is empty"),
        (b"<html></html>", "begins with <"),
        (b'{"jobs" []}', "a colon is missing at column 9"),
        (b'{"jobs": [1\n2]}', "a comma is missing at line 2, column 1"),
        (b"{jobs: []}", "a name in double quotes is missing"),
        (b'"\xff"', "is not valid UTF-8 at byte 1"),
    ],
)
async def test_errors_in_json_are_described_in_words(
    card_team: Team, body: bytes, reason: str
) -> None:
    for path in ("/batches", "/jobs", "/secrets"):
        method = "PUT" if path == "/secrets" else "POST"
        refused = await card_team.http.request(method, path, content=body)
        assert reason in refused.json()["error"]


async def test_a_body_above_the_limit_is_a_413(card_team: Team) -> None:
    response = await card_team.http.post("/batches", content=b" " * (4 * 1024**2 + 1))
    assert (response.status_code, response.json()["errorCode"]) == (413, "BODY_TOO_LARGE")
    assert "REELBATCH_MAX_BODY_BYTES" in response.json()["error"]  # for the operator


async def test_a_single_job_has_the_same_checks(card_team: Team, card: str) -> None:
    response = await card_team.http.post("/jobs", json=a_still(card) | {"fonts": 5})
    assert response.status_code == 400
    assert response.json()["details"] == [{"field": "fonts", "message": "must be a list"}]
    unknown = await card_team.http.post("/jobs", json=a_still("01JAAAAAAAAAAAAAAAAAAAAAAA"))
    assert (unknown.status_code, unknown.json()["errorCode"]) == (404, "TEMPLATE_NOT_FOUND")


async def test_the_template_of_another_team_is_unknown(card: str, other_team: Team) -> None:
    code, _, _ = await refusal(other_team, a_still(card))
    assert code == "TEMPLATE_NOT_FOUND"
