from typing import Any

import pytest
from pydantic import ValidationError

from reelbatch.models.wire.codecs import CODECS, find_codec
from reelbatch.models.wire.jobs import JobCreation

TEMPLATE = {"id": "01JTEMPLATE000000000000000"}


def job(**fields: Any) -> JobCreation:
    return JobCreation.model_validate({"template": TEMPLATE, **fields})


@pytest.mark.parametrize("name", sorted(CODECS))
def test_a_codec_is_known_by_both_spellings(name: str) -> None:
    assert find_codec(name) is find_codec(name.split("_", 1)[1])
    assert find_codec(name) is CODECS[name]


@pytest.mark.parametrize(
    "settings",
    [
        {"frames": [5, 5]},
        {"frames": [5]},
        {"frames": -1},
        {"quality": "best"},
        {"outputModule": "x"},
    ],
)
def test_settings_outside_the_contract_are_rejected(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        job(settings=settings)


@pytest.mark.parametrize("tags", [["not a tag!"], "red, not a tag!", ["x" * 65], [""], [1]])
def test_a_tag_is_a_short_word(tags: object) -> None:
    with pytest.raises(ValidationError):
        job(tags=tags)


@pytest.mark.parametrize("tags", ["red,blue", ["red", "blue"], "red, blue,"])
def test_tags_can_be_a_list_or_separated_by_commas(tags: object) -> None:
    assert job(tags=tags).tags == ["red", "blue"]


def test_both_spellings_of_a_functions_name_are_equivalent() -> None:
    asset = {"type": "function", "name": "nx-layer-remove", "layerName": "badge"}
    [function] = job(assets=[asset]).assets
    assert function.model_dump()["name"] == "nx:layer-remove"


def test_keys_that_the_contract_does_not_name_are_retained() -> None:
    assert job(customer="c-1").model_dump()["customer"] == "c-1"
