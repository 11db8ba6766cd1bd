"""Template names in request files."""

from datetime import UTC, datetime, timedelta

import pytest

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.pushed_templates import fill_in_template_ids
from reelbatch.models.wire.templates import Template, TemplateStatus


def test_a_name_becomes_the_id_of_the_newest_usable_template() -> None:
    templates = [
        a_template("OLD", "promo", age=3),
        a_template("NEW", "promo", age=2),
        a_template("BROKEN", "promo", age=1, status=TemplateStatus.ERROR),
        a_template("OTHER", "badge", age=1),
    ]

    assert fill_in_template_ids('["{{promo}}", "{{ badge }}"]', templates) == '["NEW", "OTHER"]'


def test_an_unknown_name_is_reported_with_the_command_that_uploads_it() -> None:
    with pytest.raises(CommandFailed, match="templates push FILE --name promo"):
        fill_in_template_ids("{{promo}}", [a_template("A", "badge")])


def a_template(
    template_id: str,
    name: str,
    age: int = 0,
    status: TemplateStatus = TemplateStatus.UPLOADED,
) -> Template:
    """`age` is in days."""
    created = datetime(2030, 1, 31, tzinfo=UTC) - timedelta(days=age)
    return Template(
        id=template_id,
        type="lottie",
        display_name=name,
        status=status,
        created_at=created,
        updated_at=created,
    )
