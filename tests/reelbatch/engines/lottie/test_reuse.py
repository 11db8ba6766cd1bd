"""Renders in one process: what is cached for one never shows in another."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reelbatch.engines.lottie.byte_cache import ByteCache
from reelbatch.models.errors import LimitExceeded

BLUE, RED = [0, 0, 255, 255], [255, 0, 0, 255]
TYPEFACES = Path(__file__).parents[4] / "reelbatch" / "engines" / "lottie" / "typefaces"


@pytest.fixture
def card(workshop: Any) -> Any:
    """A document with a picture, words and a solid."""
    asset = {"id": "photo", "w": 100, "h": 60, "u": "images/", "p": "photo.png", "e": 0}
    return workshop.document(
        workshop.text("Headline", "Hi"),
        workshop.layer(2, "Photo", refId="photo"),
        assets=[asset],
    )


def a_template(workshop: Any, card: Any, *color: int) -> Any:
    photo = workshop.picture(color)
    return workshop.archive({"data.json": card, "images/photo.png": photo}, f"{color}.zip")


def test_a_job_without_assets_is_drawn_as_if_no_other_job_had_changed_its_template(
    workshop: Any, card: Any
) -> None:
    template = a_template(workshop, card, 0, 0, 255)
    before = workshop.still(template)
    changed = workshop.still(
        template,
        workshop.asset(type="text", layerName="Headline", value="Wow"),
        workshop.value("Headline", "Transform.Position", [0, 20]),
        workshop.asset(
            workshop.picture((255, 0, 0)),
            type="image",
            src="https://a.example/b.png",
            layerName="Photo",
        ),
    )
    assert (changed != before).any()
    assert (workshop.still(template) == before).all()


def test_templates_that_differ_only_in_a_picture_show_their_own(workshop: Any, card: Any) -> None:
    templates = [a_template(workshop, card, *color[:3]) for color in (BLUE, RED, BLUE)]
    corners = [workshop.still(template)[4, 4].tolist() for template in templates]
    assert corners == [BLUE, RED, BLUE]


def test_one_picture_in_boxes_of_two_sizes_is_fitted_into_each(workshop: Any) -> None:
    photo = workshop.picture((255, 0, 0))
    for size in (20, 50, 20):
        document = workshop.document(workshop.solid("Box", "#0000ff", w=size, h=size))
        asset = workshop.asset(photo, type="image", src="https://a.example/b.png", layerName="Box")
        picture = workshop.still(document, asset)
        assert (picture[..., 3] > 0).sum() == size * size


def test_equal_font_files_keep_the_names_that_each_template_gives_them(workshop: Any) -> None:
    content = base64.b64encode((TYPEFACES / "Anton-Regular.ttf").read_bytes()).decode()
    pictures: list[Any] = []
    for name in ("First", "Second"):
        entry = {"fName": name, "fFamily": name, "fStyle": "Regular", "ascent": 75}
        fonts = {"list": [entry | {"fPath": f"data:font/ttf;base64,{content}"}]}
        document = workshop.document(workshop.text("Headline", "Hi", name), fonts=fonts)
        offered = workshop.inspect(document).embedded_fonts
        assert [font.family for font in offered] == [name]
        pictures.append(workshop.still(document))
    assert (pictures[0] == pictures[1]).all()
    stand_in = workshop.document(workshop.text("Headline", "Hi", "First"))
    assert (workshop.still(stand_in) != pictures[0]).any()


def test_stricter_limits_hold_for_a_template_that_was_rendered_before(
    workshop: Any, card: Any
) -> None:
    template = a_template(workshop, card, 0, 0, 255)
    workshop.still(template)
    workshop.limits = replace(workshop.limits, frames=1)
    with pytest.raises(LimitExceeded, match="at most 1"):
        workshop.still(template)


def test_the_least_recently_used_value_makes_room() -> None:
    cache = ByteCache(40)
    for key in "abcd":
        cache.put(key, key.encode() * 10)
    assert cache.get("a") == b"a" * 10
    cache.put("e", b"e" * 10)
    assert [cache.get(key) is not None for key in "abcde"] == [True, False, True, True, True]


def test_a_value_never_displaces_all_others() -> None:
    cache = ByteCache(40)
    cache.put("small", b"-" * 10)
    cache.put("large", b"-" * 11)
    assert (cache.get("small"), cache.get("large")) == (b"-" * 10, None)


def test_a_value_that_is_put_again_counts_once() -> None:
    cache = ByteCache(40)
    for _ in range(9):
        cache.put("same", b"-" * 10)
    cache.put("other", b"-" * 10)
    assert cache.get("same") is not None
