"""The settings of every process: flags and `REELBATCH_…` variables end here and nowhere else."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from engines.base import RenderLimits
from engines.pool import Confinement, ConfinementLevel


def _processors() -> int:
    import os

    return max(1, len(os.sched_getaffinity(0)))


class Settings(BaseSettings):
    """One class for all processes; each reads what it needs."""

    model_config = SettingsConfigDict(env_prefix="REELBATCH_", extra="ignore", frozen=True)

    # Temporal
    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"

    # The object store: a folder, or a URL such as s3://bucket/prefix with the usual variables
    object_store: str = Field(default="reelbatch-home/objects")

    # The API
    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = None  # how clients reach the API; None: as the request came
    max_body_bytes: int = Field(default=64 * 1024**2, ge=1024)
    max_job_bytes: int = Field(default=1024**2, ge=1024)
    max_template_bytes: int = Field(default=256 * 1024**2, ge=1024)
    max_font_bytes: int = Field(default=40 * 1024**2, ge=1024)
    rate_limit_per_minute: int | None = Field(default=None, ge=1)  # requests of a token; None: any
    signing_key: SecretStr | None = None  # signs output and upload URLs; None: kept in the store
    secrets_key: SecretStr | None = None  # base64 of 32 bytes, encrypts secrets; None: no secrets

    # Batches
    batch_concurrency: int = Field(default=20, ge=1, le=1000)  # child workflows in flight
    max_batch_concurrency: int = Field(default=100, ge=1, le=1000)  # the most that a batch may ask

    # Workers
    engines: list[str] = []  # names of the engines to serve; empty: all that are installed
    render_processes: int = Field(default_factory=_processors, ge=1, le=256)
    renders_per_process: int = Field(default=200, ge=1)  # then a new process takes its place
    confinement: ConfinementLevel = ConfinementLevel.AVAILABLE
    readable_paths: list[Path] = []  # what render processes may read beside Python's packages
    scratch: Path | None = None  # folder for work files; None: the system's temporary folder
    render_timeout: float = Field(default=900.0, gt=0)  # seconds for one render
    render_memory: int = Field(default=4 * 1024**3, ge=256 * 1024**2)  # bytes a render process
    max_frame_pixels: int = Field(default=4096 * 4096, ge=1)
    max_frames: int = Field(default=60 * 60 * 30, ge=1)
    max_asset_bytes: int = Field(default=256 * 1024**2, ge=1024)
    allow_private_networks: bool = False  # let assets be fetched from private addresses
    object_cache_bytes: int = Field(default=1024**3, ge=0)  # templates and fonts on a worker's disk
    webhook_signing_secret: SecretStr | None = None  # whsec_ and base64; None: not signed
    drain_timeout: float = Field(default=10.0, ge=0)  # seconds that SIGTERM gives running renders

    log_level: str = "info"
    log_json: bool = False

    @property
    def render_confinement(self) -> Confinement:
        return Confinement(self.confinement, tuple(self.readable_paths))

    @property
    def render_limits(self) -> RenderLimits:
        return RenderLimits(
            pixels_per_frame=self.max_frame_pixels,
            frames=self.max_frames,
            seconds=self.render_timeout,
            memory=self.render_memory,
            template_size=self.max_template_bytes,
        )
