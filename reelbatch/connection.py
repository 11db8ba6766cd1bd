"""Connecting to Temporal, with the data converter that all processes must share."""

from collections.abc import Sequence

from obstore.store import ObjectStore
from temporalio.client import Client, Interceptor
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    ExternalStorage,
)
from temporalio.runtime import Runtime

from reelbatch.settings import Settings
from reelbatch.storage.payload_encryption import EncryptingCodec, open_key_ring
from reelbatch.storage.payloads import PAYLOAD_THRESHOLD, ObjectStoreDriver
from reelbatch.temporal_target import DEFAULT_ADDRESS, DEFAULT_NAMESPACE, temporal_target

_CONVERTERS = tuple(PydanticPayloadConverter().converters.values())


class SharedPydanticConverter(CompositePayloadConverter):
    """Converts Pydantic models to JSON.

    The SDK creates a converter for each workflow and activation. These share their parts, so that
    each process builds the models' adapters only once.
    """

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)


def data_converter(settings: Settings, store: ObjectStore) -> DataConverter:
    """A converter of models to JSON, which it encrypts if there are keys. Large payloads become
    objects in the store.

    Raises ValueError if the keys cannot be used.
    """
    ring = open_key_ring(settings.payload_keys)
    return DataConverter(
        payload_converter_class=SharedPydanticConverter,
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


async def connect(
    settings: Settings,
    store: ObjectStore,
    runtime: Runtime | None = None,
    interceptors: Sequence[Interceptor] = (),
) -> Client:
    """Connect to the Temporal server.

    Raises RuntimeError if it does not respond, and ValueError if the payload keys or the connection
    settings are invalid.
    """
    return await _connect(settings, data_converter(settings, store), runtime, interceptors)


async def connect_without_payloads(settings: Settings) -> Client:
    """Connect like `connect`, for callers that do not read inputs or results of workflows."""
    return await _connect(settings, DataConverter.default)


async def _connect(
    settings: Settings,
    converter: DataConverter,
    runtime: Runtime | None = None,
    interceptors: Sequence[Interceptor] = (),
) -> Client:
    target = temporal_target(settings)
    address = target.get("target_host", DEFAULT_ADDRESS)
    try:
        return await Client.connect(
            address,
            namespace=target.get("namespace", DEFAULT_NAMESPACE),
            api_key=target.get("api_key"),
            tls=target.get("tls", False),
            rpc_metadata=target.get("rpc_metadata", {}),
            data_converter=converter,
            runtime=runtime,
            interceptors=interceptors,
        )
    except RuntimeError as error:
        reason = _reason(error, with_tls=bool(target.get("tls")))
        raise RuntimeError(f"Temporal does not respond at {address}: {reason}") from error


def _reason(error: RuntimeError, *, with_tls: bool) -> str:
    """The usual meaning of the SDK's message, followed by the message itself."""
    text = str(error)
    if "InvalidCertificate" in text:
        return (
            "its certificate is not trusted. Set TEMPORAL_TLS_SERVER_CA_CERT_PATH to the authority "
            f"that signed it and TEMPORAL_TLS_SERVER_NAME to the name in it. ({text})"
        )
    if "after connection" not in text or "transport error" not in text:
        return text
    if with_tls:
        return (
            "it closed the connection. It may not accept the client certificate: check "
            f"TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH. ({text})"
        )
    return (
        "it closed the connection. It may require TLS: set TEMPORAL_TLS=true or certificates. "
        f"({text})"
    )
