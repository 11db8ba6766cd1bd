"""What is asked for to look into a template, or to fetch it."""

from reelbatch.models.wire.base import Absent, RecordModel, WireModel


class TemplateInspectionJob(WireModel):
    """The input of InspectTemplateWorkflow and `inspect_template`."""

    team: str
    template_id: str
    engine: str
    source: str  # object key


class TemplateDownloadJob(WireModel):
    """The input of DownloadTemplateWorkflow and `download_template`."""

    team: str
    template_id: str
    engine: str
    download: str  # its id
    claims: Absent[dict[str, str]] = None  # by files of an archive, the engines whose it is then


class DownloadedTemplate(RecordModel):
    """The result of `download_template`."""

    source: str | None  # object key; None if nobody wants the file any more
    engine: Absent[str] = None  # that claims it, where that is not the one of its type


class TemplateFailure(WireModel):
    """The input of `fail_template`: why the template has no file that can be used.

    It is about one download or one file; a record that has another one by now stays as it is.
    """

    team: str
    template_id: str
    reason: str
    download: str | None = None  # its id
    source: str | None = None  # object key
