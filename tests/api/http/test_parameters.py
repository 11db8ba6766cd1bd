"""Query parameters, headers and path parameters: errors about them, and what is accepted."""

import pytest

from tests.api.running_api import RunningApi, Team

ID = "01J00000000000000000000000"


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("/jobs?limit=ten", "The parameter limit must be an integer."),
        ("/jobs?limit=1001", "The parameter limit must be 1000 or less."),
        ("/jobs?limit=", "The parameter limit must be an integer."),
        ("/jobs?limit=" + "9" * 5000, "The parameter limit must be a smaller integer."),
        ("/jobs?from=-1", "The parameter from must be 0 or more."),
        ("/jobs?minimal=yes", "The parameter minimal must be true or false."),
        (
            "/jobs?from_date=5",
            "The parameter from_date must be a date such as 2026-01-31T12:00:00Z.",
        ),
        (
            "/jobs?states=finishd",
            (
                "The parameter states has the unknown state 'finishd': use queued, pending, "
                "render:dorender, finished, error, manually_cancelled, processing."
            ),
        ),
        ("/jobs?tags=a,", "The parameter tags must be a comma-separated list of tags."),
        ("/jobs?tags=a%0A", "The parameter tags must be a comma-separated list of tags."),
        ("/batches?cursor=x", "The parameter cursor must be a ULID of 26 characters."),
        (f"/batches/{ID}?wait=61", "The parameter wait must be 60 or less."),
    ],
)
async def test_an_error_about_a_parameter_says_what_it_must_be(
    team: Team, address: str, error: str
) -> None:
    response = await team.http.get(address)
    assert (response.status_code, response.json()["errorCode"]) == (400, "VALIDATION_ERROR")
    assert response.json()["error"] == error


async def test_all_invalid_parameters_are_listed(team: Team) -> None:
    response = (await team.http.get("/jobs?limit=0&sort=best&tags=a b")).json()
    assert response["error"] == "The parameter limit must be 1 or more."
    assert response["details"] == [
        {"field": "limit", "message": "must be 1 or more"},
        {"field": "tags", "message": "must be a comma-separated list of tags"},
        {
            "field": "sort",
            "message": "must be 'random', 'newest_first', 'oldest_first' or 'priority'",
        },
    ]


async def test_invalid_headers_and_paths_are_reported_too(api: RunningApi, team: Team) -> None:
    header = await team.http.post("/batches", json={}, headers={"Idempotency-Key": "a b"})
    assert header.json()["error"] == (
        "The header Idempotency-Key must be 1 to 255 visible ASCII characters."
    )
    path = await team.public.get(f"{api.url}/downloads/{team.name}/{ID}/soon/signature")
    assert path.status_code == 400
    assert path.json()["error"] == "The path parameter expires must be an integer."


@pytest.mark.parametrize(
    "address",
    [
        "/jobs?from_date=&to_date=&states=&exclude_states=&tags=",
        "/jobs?from_date=2026-01-31T12:00:00+01:00",  # the + is decoded to a space
        "/jobs?from_date=0001-01-01T00:00:00%2B14:00&to_date=9999-12-31T23:59:59-14:00",
        "/jobs?states=queued, processing",
        "/jobs?limit=none&limit=5",  # the last one is used
        "/jobs?colour=red&colour=blue",
        "/batches?cursor=",
        "/templates?limit=many",
    ],
)
async def test_harmless_parameters_are_accepted(team: Team, address: str) -> None:
    response = await team.http.get(address)
    assert response.status_code == 200, response.text


async def test_a_stranger_learns_nothing_about_the_parameters(team: Team, api: RunningApi) -> None:
    response = await team.public.get(f"{api.url}/api/v2/jobs?limit=0")
    assert (response.status_code, response.json()["errorCode"]) == (401, "UNAUTHORIZED")
    assert "limit" not in response.text
