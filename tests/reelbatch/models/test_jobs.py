from typing import Any

import pytest
from pydantic import ValidationError

from reelbatch.models.codecs import CODECS, find_codec
from reelbatch.models.jobs import JobCreation, output_of

TEMPLATE = {"id": "01JTEMPLATE000000000000000"}


def job(**fields: Any) -> JobCreation:
    return JobCreation.model_validate({"template": TEMPLATE, **fields})


@pytest.mark.parametrize("name", sorted(CODECS))
def test_a_codec_is_known_by_both_spellings(name: str) -> None:
    assert find_codec(name) is find_codec(name.split("_", 1)[1])
    assert find_codec(name) is CODECS[name]


def test_a_job_without_settings_renders_the_whole_composition_as_h264() -> None:
    output = output_of(job())
    assert (output.codec, output.first_frame, output.end_frame) == (
        "video_h264_vbr_15mbps",
        0,
        None,
    )


def test_a_range_of_frames_ends_before_its_second_number() -> None:
    output = output_of(job(settings={"frames": [10, 20]}))
    assert (output.first_frame, output.end_frame) == (10, 20)


def test_a_still_is_one_frame() -> None:
    output = output_of(job(settings={"type": "image", "frames": 12}))
    assert (output.codec, output.first_frame, output.end_frame) == ("image_png", 12, 13)


def test_a_preview_is_a_draft() -> None:
    assert output_of(job(preview=True)).draft


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
def test_settings_outside_of_the_contract_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        job(settings=settings)


@pytest.mark.parametrize("tags", [["not a tag!"], "red, not a tag!", ["x" * 65], [""], [1]])
def test_a_tag_is_a_short_word(tags: object) -> None:
    with pytest.raises(ValidationError):
        job(tags=tags)


@pytest.mark.parametrize("tags", ["red,blue", ["red", "blue"], "red, blue,"])
def test_tags_come_as_a_list_or_with_commas(tags: object) -> None:
    assert job(tags=tags).tags == ["red", "blue"]


def test_both_spellings_of_a_functions_name_are_one() -> None:
    asset = {"type": "function", "name": "nx-layer-remove", "layerName": "badge"}
    [function] = job(assets=[asset]).assets
    assert function.model_dump()["name"] == "nx:layer-remove"


def test_keys_that_the_contract_does_not_name_are_kept() -> None:
    assert job(customer="c-1").model_dump()["customer"] == "c-1"
