"""Templates as a JSON, a dotLottie and a zip."""

import base64
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from reelbatch.models.errors import LimitExceeded, TemplateInvalid

BLUE = [0, 0, 255, 255]
CLEAR = [0, 0, 0, 0]


@pytest.fixture
def card(workshop: Any) -> Any:
    """A document that is filled by the picture `images/photo.png`."""
    asset = {"id": "photo", "w": 100, "h": 60, "u": "images/", "p": "photo.png", "e": 0}
    return workshop.document(workshop.layer(2, "Photo", refId="photo"), assets=[asset])


def test_a_json_is_drawn(workshop: Any) -> None:
    assert workshop.still(workshop.document(workshop.solid("Sky", "#0000ff")))[30, 50].tolist() == (
        BLUE
    )


def test_a_zip_brings_its_pictures(workshop: Any, card: Any) -> None:
    template = workshop.archive(
        {
            "__MACOSX/._anim.json": b"\0\5\x16",
            "project/anim.json": card,
            "project/images/photo.png": workshop.picture((0, 0, 255)),
        }
    )
    assert workshop.still(template)[30, 50].tolist() == BLUE


@pytest.mark.parametrize(
    ("animations", "images"), [("animations", "images"), ("a", "i")], ids=["version 1", "version 2"]
)
def test_a_dotlottie_is_drawn(workshop: Any, card: Any, animations: str, images: str) -> None:
    other = workshop.document(workshop.solid("Red", "#ff0000"))
    template = workshop.archive(
        {
            "manifest.json": {
                "version": "2",
                "animations": [{"id": "first"}, {"id": "second"}],
                "initial": {"animation": "second"},
            },
            f"{animations}/first.json": other,
            f"{animations}/second.json": card,
            f"{images}/photo.png": workshop.picture((0, 0, 255)),
        },
        "template.lottie",
    )
    assert workshop.still(template)[30, 50].tolist() == BLUE


def test_the_lottie_with_the_usual_name_is_chosen_from_several_json_files(workshop: Any) -> None:
    template = workshop.archive(
        {
            "another.json": workshop.document(workshop.solid("Red", "#ff0000")),
            "data.json": workshop.document(workshop.solid("Blue", "#0000ff")),
            "animation.json": {"settings": True},
        }
    )
    assert workshop.still(template)[30, 50].tolist() == BLUE


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_in_the_json_is_drawn_even_if_it_is_not_marked_as_embedded(
    workshop: Any, card: Any, kind: str
) -> None:
    packed = base64.b64encode(workshop.picture((0, 0, 255), (50, 30), kind)).decode()
    card["assets"] = [
        {"id": "photo", "w": 100, "h": 60, "u": "", "p": f"data:image/odd;base64,{packed}"}
    ]
    red, _, blue, alpha = workshop.still(card)[30, 50].tolist()
    assert (red < 5, blue > 250, alpha) == (True, True, 255)


def test_a_missing_picture_leaves_its_place_empty(workshop: Any, card: Any) -> None:
    assert workshop.still(card)[30, 50].tolist() == CLEAR


@pytest.mark.unconfined
def test_a_file_of_the_server_is_never_shown_even_without_confinement(
    workshop: Any, card: Any
) -> None:
    secret = workshop.file(workshop.picture((0, 0, 255)), "secret.png")
    card["assets"][0].update(u="", p="../" * 20 + str(secret).lstrip("/"))
    assert workshop.still(card)[30, 50].tolist() == CLEAR
    card["assets"][0].update(u=f"{secret.parent}/", p="secret.png")
    assert workshop.still(card)[30, 50].tolist() == CLEAR


def test_an_archive_without_a_lottie_is_refused(workshop: Any) -> None:
    template = workshop.archive({"readme.json": {"hello": 1}})
    with pytest.raises(TemplateInvalid, match="contains no Lottie JSON"):
        workshop.inspect(template)


def test_a_broken_archive_is_refused(workshop: Any, card: Any) -> None:
    content = workshop.archive({"data.json": card}).read_bytes()
    with pytest.raises(TemplateInvalid, match="archive cannot be read"):
        workshop.inspect(workshop.file(content[: len(content) // 2], "half.zip"))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(workshop: Any, card: Any) -> None:
    workshop.limits = replace(workshop.limits, template_size=1_000_000)
    template = workshop.archive({"data.json": card, "images/zeros.png": b"\0" * 1_000_001})
    assert template.stat().st_size < 10_000
    with pytest.raises(LimitExceeded, match="larger than the 1000000 bytes, unpacked"):
        workshop.inspect(template)


def test_an_archive_with_too_many_files_is_refused(workshop: Any) -> None:
    template = workshop.archive({f"{number}.txt": b"" for number in range(5001)})
    with pytest.raises(LimitExceeded, match="more than 5000 entries"):
        workshop.inspect(template)


def test_a_picture_of_too_many_pixels_is_refused(workshop: Any, card: Any) -> None:
    workshop.limits = replace(workshop.limits, pixels_per_frame=100 * 60)
    template = workshop.archive(
        {"data.json": card, "images/photo.png": workshop.picture((0, 0, 255), (100, 61))}
    )
    with pytest.raises(LimitExceeded, match="more than 6000 pixels"):
        workshop.still(template)


@pytest.mark.parametrize(("h", "fits"), [(60, True), (61, False)])
def test_the_box_that_a_picture_is_fitted_into_is_limited(
    workshop: Any, card: Any, h: int, fits: bool
) -> None:
    workshop.limits = replace(workshop.limits, pixels_per_frame=100 * 60)
    card["assets"][0]["h"] = h
    photo = workshop.asset(
        workshop.picture((0, 0, 255)), type="image", layerName="Photo", src="https://example.com/a"
    )
    with nullcontext() if fits else pytest.raises(LimitExceeded, match="more than 6000 pixels"):
        assert workshop.still(card, photo)[30, 50].tolist() == BLUE


def test_a_picture_of_as_many_pixels_as_allowed_is_shown(workshop: Any, card: Any) -> None:
    workshop.limits = replace(workshop.limits, pixels_per_frame=100 * 60)
    photo = workshop.picture((0, 0, 255), (100, 60))
    template = workshop.archive({"data.json": card, "images/photo.png": photo})
    assert workshop.still(template)[30, 50].tolist() == BLUE


@pytest.mark.parametrize("name", ["photo.png", "images/photo.png", "Photo.PNG"])
def test_a_static_file_is_the_picture_that_a_template_refers_to(
    workshop: Any, card: Any, name: str
) -> None:
    static = workshop.asset(
        workshop.picture((0, 0, 255)), type="static", name=name, src="https://example.com/a"
    )
    assert workshop.still(card)[30, 50].tolist() == CLEAR
    assert workshop.still(card, static)[30, 50].tolist() == BLUE


def test_a_static_file_replaces_the_templates_own(workshop: Any, card: Any) -> None:
    template = workshop.archive(
        {"data.json": card, "images/photo.png": workshop.picture((255, 0, 0))}
    )
    blue = workshop.picture((0, 0, 255))
    placed = [
        workshop.asset(blue, type="static", name=name, src="https://example.com/a")
        for name in ("other.png", "photo.png")
    ]
    assert workshop.still(template, placed[0])[30, 50].tolist() == [255, 0, 0, 255]
    assert workshop.still(template, *placed)[30, 50].tolist() == BLUE


def test_a_template_for_a_large_wall_is_accepted(workshop: Any) -> None:
    found = workshop.inspect(workshop.document(workshop.solid("Wall", "#ff0000"), w=5800, h=6075))
    assert (found.compositions[0].width, found.compositions[0].height) == (5800, 6075)
