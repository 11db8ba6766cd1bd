"""Temporal's address and connection: from Reelbatch's settings, then Temporal's environment.

Temporal's SDKs and command line share variables (TEMPORAL_ADDRESS, TEMPORAL_TLS_…) and a file with
profiles: https://docs.temporal.io/develop/environment-configuration.
"""

from temporalio.envconfig import ClientConfigProfile, ClientConnectConfig

from reelbatch.settings import Settings

DEFAULT_ADDRESS = "127.0.0.1:7233"
DEFAULT_NAMESPACE = "default"


def temporal_target(settings: Settings) -> ClientConnectConfig:
    """The arguments of `Client.connect`. Raises ValueError if a variable or file cannot be used."""
    config = _from_environment() if settings.temporal_environment else ClientConnectConfig()
    if settings.temporal_address:
        config["target_host"] = settings.temporal_address
    if settings.temporal_namespace:
        config["namespace"] = settings.temporal_namespace
    return config


def _from_environment() -> ClientConnectConfig:
    try:
        return ClientConfigProfile.load().to_client_connect_config()
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"Temporal's environment (TEMPORAL_… and its file) cannot be used: {error}"
        ) from error
