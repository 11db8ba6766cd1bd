"""Starts the workflows of templates, with summaries for operators."""

from urllib.parse import urlsplit

from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from api.resources import Resources
from reelbatch.checks.addresses import not_public, private_host
from reelbatch.engines.registry import claims_on
from reelbatch.models.errors import RequestError
from reelbatch.models.orchestration import search_attributes
from reelbatch.models.orchestration.names import CONTROL_TASK_QUEUE, template_workflow_id
from reelbatch.models.orchestration.templates import TemplateDownloadJob
from reelbatch.models.stored.templates import TemplateDownload, TemplateRecord
from reelbatch.models.wire.errors import FieldError
from reelbatch.models.wire.secrets import has_reference
from reelbatch.models.wire.urls import is_http_url
from reelbatch.settings import Settings
from reelbatch.storage.templates import delete_template
from workflows.markdown import headline, plain
from workflows.template import DownloadTemplateWorkflow

_LONGEST_URL = 8192  # characters


def check_src(src: str, settings: Settings) -> None:
    """Raises RequestError for a URL that workers would not fetch."""
    if has_reference(src):
        raise _refused("It cannot refer to secrets: use a presigned URL.")
    schemes = settings.template_schemes
    if len(src) > _LONGEST_URL or not is_http_url(src) or urlsplit(src).scheme not in schemes:
        usual = " or ".join(sorted(schemes))
        raise _refused(f"It must be an {usual} URL of up to {_LONGEST_URL} characters.")
    if not settings.allow_private_networks and (host := private_host(src)):
        raise _refused(not_public(host))


async def start_download(
    resources: Resources, record: TemplateRecord, download: TemplateDownload
) -> None:
    """Have a worker fetch the file. If the download cannot be started, the template is deleted."""
    try:
        await resources.client.start_workflow(
            DownloadTemplateWorkflow.run,
            TemplateDownloadJob(
                team=record.team,
                template_id=record.id,
                engine=record.engine,
                download=download.id,
                claims=claims_on(resources.engines, record.type) or None,
            ),
            id=f"{template_workflow_id(record.team, record.id)}/{download.id}",
            task_queue=CONTROL_TASK_QUEUE,
            search_attributes=template_search_attributes(record),
            static_summary=template_headline(record),
        )
    except RPCError:
        await delete_template(resources.store, record.team, record.id)
        raise


def template_search_attributes(record: TemplateRecord) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(search_attributes.TEAM, record.team),
            SearchAttributePair(
                search_attributes.TAGS, [search_attributes.template_tag(record.id)]
            ),
        ]
    )


def template_headline(record: TemplateRecord) -> str:
    """One line for lists in the Temporal Web UI: `Promo · lottie`."""
    return headline(plain(record.display_name), record.type)


def _refused(message: str) -> RequestError:
    return RequestError(f"src: {message}", details=[FieldError(field="src", message=message)])
