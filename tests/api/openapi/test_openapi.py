"""The OpenAPI document is correct: generated requests only get the responses that it declares."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    ignored_auth,
    not_a_server_error,  # pyright: ignore[reportUnknownVariableType]  a generic left open
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.failures import FailureGroup

from api.openapi.inputs import EXAMPLE_TEMPLATE_ID
from tests.api.running_api import RunningApi, Team, a_still

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    ignored_auth,
]

Operation = Any


# The operationIds of the contract.
OFFICIAL_NAMES = {
    *("createBatch", "getBatchStatus", "cancelBatch"),
    *("createJob", "listJobs", "getJob", "getJobLogs"),
    *("cancelJob", "cancelJobs", "createJoinJob"),
    *("createOrUpdateTemplate", "listTemplates", "getTemplate", "updateTemplate", "deleteTemplate"),
    *("getTemplateDownloadUrl", "getTemplateUploadUrl"),
    *("listTemplatesV3", "getTemplateV3"),
    *("listTemplateCompositionsV3", "listTemplateLayersV3"),
    *("uploadFont", "listFonts", "getFont", "deleteFont"),
    *("listSecrets", "createOrUpdateSecret", "deleteSecret"),
}

_NOT_HTTP = "Invalid HTTP request received."

# Few examples, the same on every run; shrinking would send many more requests.
EXPLORATION = hypothesis_settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.large_base_example,
        HealthCheck.too_slow,
    ],
)

# These report errors in the format of a batch.
BATCHES_REFUSED = {("/api/v2/batches", "400"), ("/api/v2/previews", "400")}
# These need no body; all others that write must declare theirs.
WITHOUT_BODY = (
    *("/cancel", "/upload", "/retry", "/redeliver", "/share"),
    *("/pause", "/resume", "/trigger"),
)


@dataclass(frozen=True)
class Document:
    """The document of the served API, and ids of things that exist there."""

    url: str
    team: Team
    content: dict[str, Any]
    known: dict[str, str]  # ids, by the names of path parameters

    @property
    def operations(self) -> list[Operation]:
        schema: Any = schemathesis.openapi.from_dict(deepcopy(self.content))
        return [found.ok() for found in schema.get_all_operations()]


@pytest_asyncio.fixture(scope="module")
async def document(api: RunningApi) -> AsyncGenerator[Document]:
    async with api.new_team() as team:
        card = await team.upload_card()
        batch = await team.create_batch(a_still(card), {})
        await team.end_of_batch(batch["batchId"])
        known = {
            "template_id": card,
            "batch_id": batch["batchId"],
            "job_id": batch["jobs"][0]["id"],
        }
        content = (await team.public.get(f"{api.url}/openapi.json")).json()
        yield Document(api.url, team, content, known)
        await team.cancel_everything()


def explore(document: Document, operation: Operation, mode: GenerationMode) -> None:
    """Send generated requests, half of them about existing things. Raises what the checks find."""
    reads = operation.method.upper() != "DELETE"

    @EXPLORATION
    @given(case=operation.as_strategy(mode), about_known=st.booleans())
    def send(case: Any, about_known: bool) -> None:
        if about_known and reads:
            _point_to(case, document.known)
        case.call_and_validate(
            base_url=document.url,
            headers={"Authorization": document.team.http.headers["Authorization"]},
            checks=CHECKS,
            timeout=60,
        )

    with suppress(Unsatisfiable):  # nothing about the operation can be invalid
        send()


def _point_to(case: Any, known: dict[str, str]) -> None:
    for name in case.path_parameters.keys() & known.keys():
        case.path_parameters[name] = known[name]
    for job in _jobs_in(case.body):
        if isinstance(job, dict) and "template" in job:
            job["template"] = {"id": known["template_id"]}


def _jobs_in(body: Any) -> list[Any]:
    if not isinstance(body, dict):
        return []
    fields = cast("dict[str, Any]", body)
    jobs = fields.get("jobs", [fields])
    return cast("list[Any]", jobs) if isinstance(jobs, list) else []


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
async def test_the_api_responds_as_its_document_says(
    document: Document, subtests: pytest.Subtests, mode: GenerationMode
) -> None:
    for operation in document.operations:
        with subtests.test(operation.label):
            try:
                await asyncio.to_thread(explore, document, operation, mode)
            except FailureGroup as found:
                # These headers are refused before the API knows which endpoint is meant.
                if all(_NOT_HTTP not in f"{each} {vars(each)}" for each in found.exceptions):
                    raise


async def test_every_operation_declares_its_requests_and_responses(document: Document) -> None:
    error_schema = {"$ref": "#/components/schemas/ErrorAnswer"}
    for path, operations in document.content["paths"].items():
        for method, operation in operations.items():
            place = f"{method} {path}"
            assert operation["tags"], place
            assert operation["summary"], place
            if method in ("post", "put", "patch") and not path.endswith(WITHOUT_BODY):
                assert operation["requestBody"]["required"], place
            if path.startswith("/api/"):
                assert operation["security"], place
                assert "401" in operation["responses"], place
            for status, response in operation["responses"].items():
                if int(status) >= 400 and (path, status) not in BATCHES_REFUSED:
                    schema = response.get("content", {}).get("application/json", {}).get("schema")
                    assert schema == error_schema or status == "416", f"{place} {status}"


async def test_every_parameter_has_one_plain_type(document: Document) -> None:
    found = 0
    for path, operations in document.content["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                place = f"{method} {path} {parameter['name']}"
                assert {"type", "$ref"} & parameter["schema"].keys(), place
                assert parameter["in"] == "path" or parameter["description"], place
                found += 1
    assert found > 0


async def test_parameters_declare_their_bounds_and_defaults(document: Document) -> None:
    paths = document.content["paths"]
    jobs = {found["name"]: found["schema"] for found in paths["/api/v2/jobs"]["get"]["parameters"]}
    assert jobs["limit"] == {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50}
    assert jobs["from_date"] == {"type": "string", "format": "date-time"}
    assert jobs["tags"] == {"type": "string", "pattern": "^[a-zA-Z0-9_-]+(,[a-zA-Z0-9_-]+)*$"}
    create = paths["/api/v2/batches"]["post"]["parameters"]
    [key] = [found for found in create if found["in"] == "header"]
    assert (key["name"], key["required"]) == ("Idempotency-Key", False)
    assert key["schema"] == {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"}


async def test_the_document_is_valid(document: Document) -> None:
    OpenAPIV31SpecValidator(document.content).validate()
    assert document.content["servers"] == [{"url": "/"}]


async def test_operations_have_the_names_of_the_contract(document: Document) -> None:
    paths = document.content["paths"]
    names = [op["operationId"] for operations in paths.values() for op in operations.values()]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 40
    assert set(names) >= OFFICIAL_NAMES
    assert paths["/api/v2/batches/{batch_id}"]["get"]["operationId"] == "getBatchStatus"
    assert paths["/api/v2/templates/{template_id}/upload"]["put"]["operationId"] == (
        "getTemplateUploadUrl"
    )


async def test_each_json_body_and_response_has_one_named_schema(document: Document) -> None:
    for path, operations in document.content["paths"].items():
        for method, operation in operations.items():
            for part in (operation.get("requestBody", {}), *operation["responses"].values()):
                schema = part.get("content", {}).get("application/json", {}).get("schema")
                if schema is not None:
                    assert "$ref" in schema.get("items", schema), f"{method} {path}"


async def test_unions_are_those_of_the_contract_and_posters(document: Document) -> None:
    schemas = document.content["components"]["schemas"]
    nothing = {"type": "null"}
    properties = {
        f"{name}.{field}": [kind for kind in schema.get("anyOf", []) if kind != nothing]
        for name, owner in schemas.items()
        for field, schema in owner.get("properties", {}).items()
    }
    assert {name for name, kinds in properties.items() if len(kinds) > 1} == {
        "DataAsset.value",
        "EssentialAsset.value",
        "JoinSettings.poster",
        "NestedSettings.frames",
        "NestedSettings.poster",
        "RenderSettings.frames",
        "RenderSettings.poster",
        "ScheduleCreation.poster",
    }
    assert {name for name, schema in schemas.items() if "oneOf" in schema} == {
        "Asset",
        "Clip",
        "PlainAsset",
    }
    assert schemas["JobCreation"]["properties"]["priority"]["minimum"] == -1000


async def test_the_poster_of_a_table_accepts_what_its_pattern_matches(document: Document) -> None:
    create = document.content["paths"]["/api/v2/batches"]["post"]["parameters"]
    [schema] = [found["schema"] for found in create if found["name"] == "poster"]
    assert schema == {"type": "string", "pattern": r"^(true|false|[0-9]{1,9}(\.[0-9]+)?)$"}
    table = {"template": document.known["template_id"], "dryRun": "true", "codec": "video_gif"}
    for poster, status in {"true": 200, "false": 200, "0": 200, "0.1": 200, "1e-1": 400}.items():
        response = await document.team.http.post(
            "/batches",
            params={**table, "poster": poster},
            content="title\nA\n",
            headers={"Content-Type": "text/csv"},
        )
        assert response.status_code == status, f"{poster}: {response.text}"


async def test_events_have_the_schemas_that_their_response_names(document: Document) -> None:
    stream = document.content["paths"]["/api/v2/batches/{batch_id}/events"]["get"]
    response = await document.team.http.get(f"/batches/{document.known['batch_id']}/events")
    events = re.findall(r"^event: (\w+)\ndata: (.+)$", response.text, re.MULTILINE)
    assert [name for name, _ in events] == ["stats", "job", "end"]
    for (name, content), schema in zip(
        events, ("BatchStats", "BatchJob", "BatchListItem"), strict=True
    ):
        assert re.search(rf"`{name}` with {schema}\b", stream["responses"]["200"]["description"])
        reference = {"$ref": f"#/components/schemas/{schema}", **document.content}
        OAS31Validator(reference).validate(json.loads(content))


async def test_every_tag_is_described(document: Document) -> None:
    described = {tag["name"] for tag in document.content["tags"]}
    operations = [op for path in document.content["paths"].values() for op in path.values()]
    assert {tag for operation in operations for tag in operation["tags"]} <= described
    assert "," not in "".join(described)  # some generators split them there


async def test_responses_distinguish_missing_fields_from_null_ones(document: Document) -> None:
    job = document.content["components"]["schemas"]["Job"]
    assert {"id", "templateId", "status", "progress", "outputUrl"} <= set(job["required"])
    assert {"batchId", "missingFonts", "error", "stats"}.isdisjoint(job["required"])
    assert {"type": "null"} in job["properties"]["templateId"]["anyOf"]
    assert job["properties"]["batchId"] == {"type": "string"}
    stats = document.content["components"]["schemas"]["JobStats"]
    assert set(stats["required"]) == set(stats["properties"])


async def test_every_example_of_the_document_is_accepted(
    document: Document, team: Team, subtests: pytest.Subtests
) -> None:
    template_id = await team.upload_card()
    for path, operations in document.content["paths"].items():
        if path.endswith("/previews"):  # only one at a time, with the same examples as batches
            continue
        for method, operation in operations.items():
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                for name, example in content.get("examples", {}).items():
                    with subtests.test(f"{method} {path} {media_type} {name}"):
                        value = example["value"]
                        text = value if isinstance(value, str) else json.dumps(value)
                        response = await team.http.request(
                            method,
                            document.url + path.replace("{template_id}", template_id),
                            params={"template": template_id} if media_type == "text/csv" else {},
                            content=text.replace(EXAMPLE_TEMPLATE_ID, template_id),
                            headers={"Content-Type": media_type},
                        )
                        assert response.is_success, response.text
                        assert not response.json().get("errors"), response.text


async def test_the_reference_is_a_web_page(document: Document) -> None:
    page = await document.team.public.get(f"{document.url}/docs")
    assert page.status_code == 200
    assert "/openapi.json" in page.text
