"""Connections to Temporal over TLS, with certificates and with API keys."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from obstore.store import ObjectStore

from reelbatch.connection import connect
from reelbatch.settings import Settings
from reelbatch.storage.objects import open_store
from reelbatch.temporal_target import temporal_target
from tests.api.temporal import connected, temporal_server
from tests.certificates import Authority
from tests.reelbatch.connection.tls_proxy import TlsProxy, tls_proxy


@pytest_asyncio.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    home = tmp_path_factory.mktemp("temporal")
    async with temporal_server(home) as address:
        await connected(Settings(temporal_address=address), open_store(str(home)))
        yield address


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "objects"))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest_asyncio.fixture
async def mutual(server: str, authority: Authority) -> AsyncGenerator[TlsProxy]:
    async with tls_proxy(server, authority.issue("server"), authority.certificate) as proxy:
        yield proxy


@pytest_asyncio.fixture
async def with_keys(server: str, authority: Authority) -> AsyncGenerator[TlsProxy]:
    async with tls_proxy(server, authority.issue("server")) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Point to a configuration file that does not exist, so that the machine's own is not used."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    monkeypatch.setenv("HOME", str(tmp_path / "no-home"))
    return monkeypatch


def present(environment: pytest.MonkeyPatch, authority: Authority, signed_by: Authority) -> None:
    """Trust `authority`, and present a certificate signed by `signed_by`."""
    client = signed_by.issue("client")
    environment.setenv("TEMPORAL_TLS_SERVER_CA_CERT_PATH", str(authority.certificate))
    environment.setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", str(client.certificate))
    environment.setenv("TEMPORAL_TLS_CLIENT_KEY_PATH", str(client.key))


async def test_a_client_certificate_from_the_environment_is_accepted(
    environment: pytest.MonkeyPatch, mutual: TlsProxy, authority: Authority, store: ObjectStore
) -> None:
    present(environment, authority, authority)
    environment.setenv("TEMPORAL_ADDRESS", mutual.address)
    environment.setenv("TEMPORAL_NAMESPACE", "idle")
    client = await connect(Settings(), store)
    assert client.namespace == "idle"
    assert (await client.count_workflows()).count == 0


async def test_an_unknown_client_certificate_is_named_as_the_reason(
    environment: pytest.MonkeyPatch,
    mutual: TlsProxy,
    authority: Authority,
    store: ObjectStore,
    tmp_path: Path,
) -> None:
    present(environment, authority, Authority(tmp_path, "stranger"))
    with pytest.raises(RuntimeError, match="TEMPORAL_TLS_CLIENT_CERT_PATH"):
        await connect(Settings(temporal_address=mutual.address), store)


async def test_an_untrusted_server_is_named_as_the_reason(
    environment: pytest.MonkeyPatch, mutual: TlsProxy, store: ObjectStore, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    present(environment, stranger, stranger)
    with pytest.raises(RuntimeError, match="certificate is not trusted"):
        await connect(Settings(temporal_address=mutual.address), store)


async def test_a_server_that_requires_tls_is_named_as_the_reason(
    mutual: TlsProxy, store: ObjectStore
) -> None:
    with pytest.raises(RuntimeError, match="may require TLS"):
        await connect(Settings(temporal_address=mutual.address), store)


async def test_an_api_key_is_sent_with_every_request(
    environment: pytest.MonkeyPatch, with_keys: TlsProxy, authority: Authority, store: ObjectStore
) -> None:
    environment.setenv("TEMPORAL_TLS_SERVER_CA_CERT_PATH", str(authority.certificate))
    environment.setenv("TEMPORAL_API_KEY", "the-key")
    client = await connect(Settings(temporal_address=with_keys.address), store)
    await client.count_workflows()
    assert len(with_keys.headers) >= 2
    assert {headers["authorization"] for headers in with_keys.headers} == {"Bearer the-key"}


async def test_a_profile_from_temporals_configuration_file_is_used(
    environment: pytest.MonkeyPatch,
    with_keys: TlsProxy,
    authority: Authority,
    store: ObjectStore,
    tmp_path: Path,
) -> None:
    file = tmp_path / "temporal.toml"
    file.write_text(f"""
        [profile.production]
        address = "{with_keys.address}"
        namespace = "idle"
        api_key = "from-the-file"
        [profile.production.tls]
        server_ca_cert_path = "{authority.certificate}"
    """)
    environment.setenv("TEMPORAL_CONFIG_FILE", str(file))
    environment.setenv("TEMPORAL_PROFILE", "production")
    client = await connect(Settings(), store)
    assert client.namespace == "idle"
    assert with_keys.headers[0]["authorization"] == "Bearer from-the-file"


def test_our_own_settings_take_precedence_over_temporals(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TEMPORAL_ADDRESS", "elsewhere:7233")
    environment.setenv("TEMPORAL_NAMESPACE", "theirs")
    own = Settings(temporal_address="here:7233", temporal_namespace="ours")
    assert temporal_target(own) == {"target_host": "here:7233", "namespace": "ours"}


def test_temporals_environment_can_be_ignored(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TEMPORAL_ADDRESS", "elsewhere:7233")
    environment.setenv("TEMPORAL_API_KEY", "key")
    assert temporal_target(Settings(temporal_environment=False)) == {}


def test_unusable_settings_are_named(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("TEMPORAL_TLS_CLIENT_CERT_PATH", str(tmp_path / "missing.pem"))
    with pytest.raises(ValueError, match=r"missing\.pem"):
        temporal_target(Settings())
    environment.delenv("TEMPORAL_TLS_CLIENT_CERT_PATH")
    environment.setenv("TEMPORAL_PROFILE", "no-such-profile")
    with pytest.raises(ValueError, match="no-such-profile"):
        temporal_target(Settings())
