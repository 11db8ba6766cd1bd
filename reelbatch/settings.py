"""The settings of the API and of workers, from `REELBATCH_…` variables."""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeVar

from pydantic import BeforeValidator, Field, IPvAnyNetwork, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.pool import Confinement, ConfinementLevel, Expressions, carried_processes

# An origin as browsers write it: without a path, not even a slash (RFC 6454, 6.2).
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[A-Za-z0-9.\[\]:-]+)$")]


def _split(value: object) -> object:
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


# The host must be digits: Temporal's SDK looks up no names.
ListenAddress = Annotated[str, Field(pattern=r"^(\d+\.\d+\.\d+\.\d+|\[[0-9A-Fa-f:]+\]):\d{1,5}$")]

T = TypeVar("T")
CommaSeparated = Annotated[T, NoDecode, BeforeValidator(_split)]


class ByteLimit(NamedTuple):
    """The most bytes of something, and the setting that whoever runs the server has for it."""

    size: int
    setting: str | None = None  # None: it is always the same

    def __str__(self) -> str:
        source = f" ({self.setting})" if self.setting else ""
        return f"the {self.size} bytes that this server takes{source}"

    def up_to(self, other: "ByteLimit") -> "ByteLimit":
        """The lower one."""
        return self if self.size <= other.size else other


class Settings(BaseSettings):
    """One class for all processes; each reads what it needs."""

    model_config = SettingsConfigDict(env_prefix="REELBATCH_", extra="ignore", frozen=True)

    # Temporal
    temporal_address: str | None = None  # None: TEMPORAL_ADDRESS, else 127.0.0.1:7233
    temporal_namespace: str | None = None  # None: TEMPORAL_NAMESPACE, else default
    temporal_environment: bool = True  # take TEMPORAL_… and Temporal's own configuration file

    payload_keys: SecretStr | None = None  # id:base64,…: encrypt what Temporal keeps; None: do not
    web_ui_origin: str | None = None  # the Temporal Web UI's, to read the codec's responses
    operator_team: str | None = None  # its tokens decode the payloads of every team

    # The object store: a folder, or a URL such as s3://bucket/prefix with the usual variables
    object_store: str = Field(default="reelbatch-home/objects")

    # The API
    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = None  # how clients reach the API; None: where this server listens
    trusted_proxies: CommaSeparated[list[IPvAnyNetwork]] = []  # their X-Forwarded-… is believed
    cors_origins: CommaSeparated[list[Origin]] = []  # web pages' that may use the API; `*`: any
    body_timeout: float = Field(default=300.0, gt=0)  # seconds for a request's body to arrive
    keep_alive: int = Field(default=75, ge=1)  # seconds that a connection may be idle
    max_body_bytes: int = Field(default=64 * 1024**2, ge=1024)
    max_job_bytes: int = Field(default=1024**2, ge=1024)
    max_template_bytes: int = Field(default=256 * 1024**2, ge=1024)
    max_font_bytes: int = Field(default=40 * 1024**2, ge=1024)
    rate_limit_per_minute: int | None = Field(default=None, ge=1)  # of one token; None: no limit
    max_followers: int = Field(default=100, ge=1)  # event streams and long polls of one token
    max_team_bytes: int | None = Field(default=None, ge=1)  # of a team's objects; None: any
    max_pending_jobs: int | None = Field(default=None, ge=1)  # of a team; None: any number
    wrong_tokens_per_minute: int = Field(default=30, ge=1)  # from one client's address
    signing_key: SecretStr | None = None  # signs output and upload URLs; None: kept in the store
    secrets_key: SecretStr | None = None  # base64 of 32 bytes, encrypts secrets; None: no secrets

    # Batches
    batch_concurrency: int = Field(default=20, ge=1, le=1000)  # child workflows in flight
    max_batch_concurrency: int = Field(default=100, ge=1, le=1000)  # the most that a batch may ask

    # Long renders
    segment_pixels: int = Field(default=500_000_000, ge=0)  # at least in a segment; 0: never

    # After Effects
    output_modules: dict[Literal["opaque", "alpha", "prores"], str] = {}  # names, by their use
    unserved_timeout: float = Field(default=3600.0, gt=0)  # seconds; then jobs fail without them

    # Workers
    engines: list[str] = []  # served here; empty: all that are installed and lack nothing
    render_processes: int = Field(default_factory=carried_processes, ge=1, le=256)
    renders_per_process: int = Field(default=200, ge=1)  # then a new process takes its place
    confinement: ConfinementLevel = ConfinementLevel.AVAILABLE
    expressions: Expressions = Expressions.CONFINED  # where the scripts of Lottie templates run
    lottie_web: Path | None = None  # the player's file; its engine looks for it; None: not served
    readable_paths: list[Path] = []  # what render processes may read beside Python's packages
    scratch: Path | None = None  # folder for work files; None: the system's temporary folder
    render_timeout: float = Field(default=900.0, gt=0)  # seconds for one render
    render_memory: int = Field(default=4 * 1024**3, ge=256 * 1024**2)  # bytes, each process
    max_frame_pixels: int = Field(default=6144 * 6144, ge=1)
    max_frames: int = Field(default=60 * 60 * 30, ge=1)
    max_asset_bytes: int = Field(default=256 * 1024**2, ge=1024)
    download_timeout: float = Field(default=300.0, gt=0)  # seconds for one asset, in all
    asset_cache_bytes: int = Field(default=1024**3, ge=0)  # fetched assets on a worker's disk
    allow_private_networks: bool = False  # let assets be fetched from private addresses
    render_cache: bool = True  # jobs with equal inputs share one render
    object_cache_bytes: int = Field(default=1024**3, ge=0)  # templates and fonts on a worker's disk
    webhook_signing_secret: SecretStr | None = None  # whsec_ and base64: signs too; None: not
    worker_deployment: str = "reelbatch"  # groups the versions of one installation's workers
    worker_build_id: str | None = None  # this worker's version; None or empty: it has none
    drain_timeout: float = Field(default=10.0, ge=0)  # seconds that SIGTERM gives running renders

    # The object store's regular sweep: days after which objects may go; None: never
    keep_payloads_days: int = Field(default=90, ge=2)  # once Temporal needs them no longer
    keep_records_days: int | None = Field(default=None, ge=2)  # batches, jobs, webhooks
    keep_logs_days: int | None = Field(default=None, ge=2)
    keep_outputs_days: int | None = Field(default=None, ge=1)
    keep_renders_days: int = Field(default=3, ge=1)  # never longer than outputs

    # For operators alone: whoever reaches these addresses reads them. None: not served
    api_metrics_address: ListenAddress | None = None
    worker_metrics_address: ListenAddress | None = None
    worker_health_address: ListenAddress | None = None

    log_level: str = "info"
    log_json: bool = False

    def limit_of(self, thing: Literal["asset", "body", "font", "template"]) -> ByteLimit:
        """Of one such thing."""
        sizes = {
            "asset": self.max_asset_bytes,
            "body": self.max_body_bytes,
            "font": self.max_font_bytes,
            "template": self.max_template_bytes,
        }
        return ByteLimit(sizes[thing], f"REELBATCH_MAX_{thing.upper()}_BYTES")

    @property
    def has_quotas(self) -> bool:
        return self.max_team_bytes is not None or self.max_pending_jobs is not None

    @property
    def template_schemes(self) -> frozenset[str]:
        """Schemes of URLs that templates may come from; plain http is for private networks."""
        plain = {"http"} if self.allow_private_networks else set[str]()
        return frozenset({"https", *plain})

    @property
    def kept_renders_days(self) -> int:
        """Days after which renders for equal jobs may go: never later than outputs."""
        return min(self.keep_renders_days, self.keep_outputs_days or self.keep_renders_days)

    @property
    def render_confinement(self) -> Confinement:
        return Confinement(self.confinement, tuple(self.readable_paths), self.expressions)

    @property
    def render_limits(self) -> RenderLimits:
        return RenderLimits(
            pixels_per_frame=self.max_frame_pixels,
            frames=self.max_frames,
            seconds=self.render_timeout,
            memory=self.render_memory,
            template_size=self.max_template_bytes,
        )
