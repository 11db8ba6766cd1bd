"""References to secrets are resolved, and their values never leave an activity."""

from pathlib import Path

import pytest
from pydantic import SecretStr, TypeAdapter
from temporalio.exceptions import ApplicationError

from activities.failures import as_application_errors
from activities.secret_references import ResolvedSecrets, SecretReferences
from reelbatch.models.errors import AssetInvalid, SecretUnavailable
from reelbatch.models.wire.assets import Asset
from reelbatch.storage.objects import open_store
from reelbatch.storage.secrets import new_secrets_key, open_vault

VALUE = 'k"y/with spaces'
SPELLINGS = [
    VALUE,
    VALUE.upper(),
    "k%22y/with%20spaces",
    "k%22y%2Fwith%20spaces",
    r"k\"y/with spaces",
]


@pytest.fixture
async def references(tmp_path: Path) -> SecretReferences:
    vault = open_vault(open_store(str(tmp_path)), SecretStr(new_secrets_key()))
    await vault.create("team", "KEY", SecretStr(VALUE))
    await vault.create("team", "HOST", SecretStr("cdn.example.com"))
    return SecretReferences(vault)


@pytest.fixture
def secrets(references: SecretReferences) -> ResolvedSecrets:
    return references.of("team")


async def test_both_spellings_are_replaced_anywhere_in_a_text(
    references: SecretReferences,
) -> None:
    text = "https://${secret.HOST}/a?b=${secrets.HOST}&c=$HOME"
    resolved = await references.of("team").resolve(text)
    assert resolved == "https://cdn.example.com/a?b=cdn.example.com&c=$HOME"
    assert await references.of("team").resolve("nothing here") == "nothing here"


@pytest.mark.parametrize("name", ["GONE", "", "a b", "../team/secrets/KEY"])
async def test_a_missing_secret_is_named(references: SecretReferences, name: str) -> None:
    with pytest.raises(SecretUnavailable, match=f"The secret {name} no longer exists"):
        await references.of("team").resolve(f"${{secrets.{name}}}")
    with pytest.raises(SecretUnavailable):
        await references.of("other-team").resolve("${secrets.KEY}")


async def test_a_value_that_looks_like_a_reference_is_not_resolved_again(tmp_path: Path) -> None:
    vault = open_vault(open_store(str(tmp_path)), SecretStr(new_secrets_key()))
    await vault.create("team", "A", SecretStr("${secrets.B}"))
    assert await SecretReferences(vault).of("team").resolve("${secrets.A}") == "${secrets.B}"


@pytest.mark.parametrize(
    ("asset", "field"),
    [
        ({"type": "text", "layerName": "x", "value": "=${secrets.KEY}"}, "value"),
        ({"type": "data", "layerName": "x", "property": "p", "value": "=${secrets.KEY}"}, "value"),
        ({"type": "image", "layerName": "x", "src": "=${secrets.KEY}"}, "src"),
        ({"type": "static", "name": "x", "src": "=${secrets.KEY}"}, "src"),
        ({"type": "script", "src": "=${secrets.KEY}"}, "src"),
    ],
)
async def test_references_in_the_src_and_value_of_assets_are_resolved(
    secrets: ResolvedSecrets, asset: dict[str, str], field: str
) -> None:
    resolved = await secrets.resolve_asset(TypeAdapter[Asset](Asset).validate_python(asset))
    assert getattr(resolved, field) == f"={VALUE}"


async def test_references_deep_in_a_functions_params_are_resolved(secrets: ResolvedSecrets) -> None:
    params = {"a": [{"b": "${secrets.KEY}"}, 1, None], "c": True}
    asset = TypeAdapter[Asset](Asset).validate_python(
        {"type": "function", "name": "nx:gen-ai", "params": params}
    )
    resolved = await secrets.resolve_asset(asset)
    assert resolved.model_dump()["params"] == {"a": [{"b": VALUE}, 1, None], "c": True}


@pytest.mark.parametrize("shown", SPELLINGS)
async def test_failures_show_the_reference_instead_of_the_value(
    secrets: ResolvedSecrets, shown: str
) -> None:
    await secrets.resolve("${secrets.KEY}")
    with pytest.raises(ApplicationError) as failed, as_application_errors(secrets):
        raise AssetInvalid(f"<{shown}> is not usable.") from ValueError(shown)
    assert failed.value.message == "<${secrets.KEY}> is not usable."
    assert failed.value.type == "ASSET_INVALID"
    assert failed.value.__cause__ is None, "Temporal writes causes into histories"


async def test_other_failures_are_redacted_too_and_stay_retryable(
    secrets: ResolvedSecrets,
) -> None:
    await secrets.resolve("${secrets.KEY}")
    with pytest.raises(ApplicationError) as failed, as_application_errors(secrets):
        raise OSError(f"no route to {VALUE}")
    assert (failed.value.message, failed.value.type) == ("no route to ${secrets.KEY}", "OSError")
    assert not failed.value.non_retryable


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("cannot identify '/tmp/scratch/ab12/work/photo.png'", "cannot identify 'photo.png'"),
        ("https://h.example:81/a/b.png is empty", "https://h.example:81/a/b.png is empty"),
        ("${secrets.CDN}/a/b.png is empty", "${secrets.CDN}/a/b.png is empty"),
    ],
)
def test_a_failure_shows_no_folder_of_the_worker(message: str, shown: str) -> None:
    for error in (AssetInvalid(message), OSError(message)):
        with pytest.raises(ApplicationError) as failed, as_application_errors():
            raise error
        assert failed.value.message == shown
