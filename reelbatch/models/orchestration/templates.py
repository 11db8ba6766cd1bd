"""Inspecting and downloading templates: the inputs and results of workflows and activities."""

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
    claims: Absent[dict[str, str]] = None  # engines by the file that makes an archive theirs


class DownloadedTemplate(RecordModel):
    """The result of `download_template`."""

    source: str | None  # object key; None if the file is no longer needed
    engine: Absent[str] = None  # the engine that claims it, if it isn't the one of its type


class TemplateFailure(WireModel):
    """The input of `fail_template`: the reason why the template has no usable file.

    It concerns one download or one file. A record that has another one by now stays as it is.
    """

    team: str
    template_id: str
    reason: str
    download: str | None = None  # its id
    source: str | None = None  # object key
