"""The connection to Temporal, with the data converter that all processes must share."""

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
    """Converts Pydantic models to JSON. The SDK makes a converter for each workflow and activation.
    All of ours share their parts, so that the models' adapters are made once in a process.
    """

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)


def data_converter(settings: Settings, store: ObjectStore) -> DataConverter:
    """Converts models to JSON, encrypts it if there are keys, and stores what is large as objects.

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
    """Connect to the Temporal server. Raises RuntimeError if it does not answer, and ValueError if
    the keys of payloads or the settings of the connection cannot be used.
    """
    return await _connect(settings, data_converter(settings, store), runtime, interceptors)


async def connect_without_payloads(settings: Settings) -> Client:
    """Connect like `connect`, for callers that read no inputs or results of workflows."""
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
        raise RuntimeError(f"Temporal does not answer at {address}: {reason}") from error


def _reason(error: RuntimeError, *, with_tls: bool) -> str:
    """The usual meaning of the SDK's message, followed by the message itself."""
    text = str(error)
    if "InvalidCertificate" in text:
        return (
            "its certificate is not trusted. TEMPORAL_TLS_SERVER_CA_CERT_PATH must name the "
            f"authority that signed it, TEMPORAL_TLS_SERVER_NAME the name in it. ({text})"
        )
    if "after connection" not in text or "transport error" not in text:
        return text
    if with_tls:
        return (
            "it broke off. It may not know the client certificate: look at "
            f"TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH. ({text})"
        )
    return f"it broke off. It may want TLS: set TEMPORAL_TLS=true or certificates. ({text})"
