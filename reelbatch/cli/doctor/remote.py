"""Checks whether the Temporal server and the object store in the settings are ready for use."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import partial

from obstore.exceptions import BaseError as ObjectStoreError
from temporalio.service import RPCError

from reelbatch.cli.console import CommandFailed
from reelbatch.cli.doctor.check import Check
from reelbatch.cli.stack.settings import current_settings
from reelbatch.connection import connect_without_payloads
from reelbatch.preparation import check_namespace, check_store, in_words
from reelbatch.settings import Settings
from reelbatch.storage.objects import open_store
from reelbatch.temporal_target import temporal_target


def remote_checks() -> list[Check]:
    """The checks, only for servers that the settings name: `reelbatch up` runs its own."""
    settings, checks = current_settings(), list[Check]()
    if settings.temporal_address or "target_host" in temporal_target(settings):
        checks.append(Check("remote Temporal", partial(_temporal, settings)))
    if "://" in settings.object_store:
        checks.append(Check("remote object store", partial(_store, settings)))
    return checks


async def _temporal(settings: Settings) -> str:
    with _in_words():
        client = await connect_without_payloads(settings)
        await check_namespace(client)
    return f"the namespace {client.namespace} is prepared"


async def _store(settings: Settings) -> str:
    with _in_words():
        await check_store(open_store(settings.object_store))
    return f"{settings.object_store} stores and returns objects"


@contextmanager
def _in_words() -> Generator[None]:
    """Turn errors of the server or the store into CommandFailed."""
    try:
        yield
    except (RPCError, ObjectStoreError) as error:
        raise CommandFailed(in_words(error)) from error
    except (RuntimeError, ValueError) as error:
        raise CommandFailed(str(error)) from error
