"""The connection to Temporal, with the data converter that all processes must share."""

import dataclasses
import logging
import os
import sys
from typing import NoReturn

from obstore.store import ObjectStore
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    ExternalStorage,
)
from temporalio.runtime import Runtime

from settings import Settings
from storage.payload_encryption import EncryptingCodec, open_key_ring
from storage.payloads import PAYLOAD_THRESHOLD, ObjectStoreDriver


def data_converter(settings: Settings, store: ObjectStore) -> DataConverter:
    """Pydantic models as JSON, encrypted if there are keys; what is large goes to the object store.

    Raises ValueError if the keys cannot be used.
    """
    ring = open_key_ring(settings.payload_keys)
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncryptingCodec(ring),
        failure_converter_class=(
            DefaultFailureConverterWithEncodedAttributes
            if ring.current
            else DefaultFailureConverter
        ),
        external_storage=ExternalStorage(
            drivers=[ObjectStoreDriver(store)], payload_size_threshold=PAYLOAD_THRESHOLD
        ),
    )


async def connect(settings: Settings, store: ObjectStore, runtime: Runtime | None = None) -> Client:
    """Connect to the Temporal server. Raises RuntimeError if it does not answer, ValueError
    if the keys of payloads cannot be used.
    """
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(settings, store),
        runtime=runtime,
    )


def end_process(code: int) -> NoReturn:
    """Leave without the interpreter's own clean-up; call it when everything is closed.

    Threads of the SDK's core may still hold Python objects for some milliseconds after the last
    worker has ended, and crash the interpreter while it takes itself apart: seen in 4 of 12 ends.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
