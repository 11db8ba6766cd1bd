"""The output that a job's settings describe, including all defaults."""

from typing import Any

from api.submission.plan import output_of
from reelbatch.models.wire.jobs import JobCreation

TEMPLATE = {"id": "01JTEMPLATE000000000000000"}


def job(**fields: Any) -> JobCreation:
    return JobCreation.model_validate({"template": TEMPLATE, **fields})


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
