"""The settings of the API and the workers, read from `REELBATCH_…` variables."""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeVar

from pydantic import BeforeValidator, Field, IPvAnyNetwork, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from reelbatch.engines.base import RenderLimits
from reelbatch.engines.pool import Confinement, ConfinementLevel, Expressions, carried_processes

# An origin as browsers send it: without a path, not even a slash (RFC 6454, 6.2).
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[A-Za-z0-9.\[\]:-]+)$")]


def _split(value: object) -> object:
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


# The host must be an IP address: Temporal's SDK does not resolve names.
ListenAddress = Annotated[str, Field(pattern=r"^(\d+\.\d+\.\d+\.\d+|\[[0-9A-Fa-f:]+\]):\d{1,5}$")]

T = TypeVar("T")
CommaSeparated = Annotated[T, NoDecode, BeforeValidator(_split)]


class ByteLimit(NamedTuple):
    """The maximum size of something, and the setting with which the operator changes it."""

    size: int
    setting: str | None = None  # None: the limit is fixed

    def __str__(self) -> str:
        source = f" ({self.setting})" if self.setting else ""
        return f"the {self.size} bytes that this server accepts{source}"

    def up_to(self, other: "ByteLimit") -> "ByteLimit":
        """Return the lower of the two limits."""
        return self if self.size <= other.size else other


class Settings(BaseSettings):
    """The settings of all processes; each process reads the ones that it needs.

    The descriptions are Markdown: docs/settings.md is made from them by docs/settings_page.py.
    """

    model_config = SettingsConfigDict(env_prefix="REELBATCH_", extra="ignore", frozen=True)

    # Temporal
    temporal_address: str | None = Field(
        default=None,
        description="Host and port of the Temporal server. Unset: `TEMPORAL_ADDRESS`, or else "
        "`127.0.0.1:7233`.",
    )
    temporal_namespace: str | None = Field(
        default=None,
        description="The Temporal namespace. Unset: `TEMPORAL_NAMESPACE`, or else `default`.",
    )
    temporal_environment: bool = Field(
        default=True,
        description="Read [Temporal's own variables and configuration file]"
        "(operating.md#connecting-to-temporal), for example for TLS and API keys.",
    )
    payload_keys: SecretStr | None = Field(
        default=None,
        description="Keys that [encrypt what Temporal stores]"
        "(operating.md#encryption-of-what-temporal-stores), as `id:base64` separated by commas. "
        "Set the same value for the API and the workers. Unset: nothing is encrypted.",
    )
    web_ui_origin: str | None = Field(
        default=None,
        description="Origin of the Temporal Web UI, such as `http://127.0.0.1:8233`. Its pages may "
        "read responses of `/codec`. Unset: none may.",
    )
    operator_team: str | None = Field(
        default=None,
        description="The team whose tokens may decode the payloads of every team. Unset: a token "
        "decodes only its own team's payloads.",
    )

    # The object store
    object_store: str = Field(
        default="reelbatch-home/objects",
        description="[The object store](buckets.md#the-services-own-object-store): a folder, or "
        "`s3://bucket/prefix`, `gs://…` or `az://…` with the provider's usual variables.",
    )

    # The API
    api_host: str = Field(default="127.0.0.1", description="Address that the API listens on.")
    api_port: int = Field(
        default=8080,
        ge=0,
        le=65535,
        description="Port that the API listens on; 0 picks a free one.",
    )
    public_url: str | None = Field(
        default=None,
        description="Base of output and upload links: the URL at which clients reach the API. Set "
        "it behind a proxy or a port mapping, because no request header changes links. Unset: "
        "`http://` and the address at which the connection arrived.",
    )
    trusted_proxies: CommaSeparated[list[IPvAnyNetwork]] = Field(
        default=[],
        description="Addresses or networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are "
        "trusted, separated by commas, such as `192.0.2.1,10.0.12.0/24`. List the proxies and "
        "nothing else.",
    )
    cors_origins: CommaSeparated[list[Origin]] = Field(
        default=[],
        description="Origins of web pages that may call the API from a browser, separated by "
        "commas, such as `https://app.example.com`; `*` allows any.",
    )
    body_timeout: float = Field(
        default=300.0,
        gt=0,
        description="Seconds within which a request's body must arrive. The headers have the same "
        "time, but at most 30 seconds.",
    )
    keep_alive: int = Field(
        default=75,
        ge=1,
        description="Seconds that an idle connection stays open. It must be longer than clients "
        "and the load balancer keep connections (AWS: 60, Google Cloud: 600). Otherwise a request "
        "that is sent just as the API closes the connection is lost.",
    )
    max_body_bytes: int = Field(
        default=64 * 1024**2,
        ge=1024,
        description="Maximum size of a JSON body or a table, in bytes.",
    )
    max_job_bytes: int = Field(
        default=1024**2, ge=1024, description="Maximum size of one job's JSON, in bytes."
    )
    max_template_bytes: int = Field(
        default=256 * 1024**2,
        ge=1024,
        description="Maximum size of a template's file, packed and unpacked, in bytes.",
    )
    max_font_bytes: int = Field(
        default=40 * 1024**2, ge=1024, description="Maximum size of a font file, in bytes."
    )
    rate_limit_per_minute: int | None = Field(
        default=None,
        ge=1,
        description="Requests per minute that a token may send to one API process. Unset: "
        "unlimited.",
    )
    max_followers: int = Field(
        default=100,
        ge=1,
        description="Event streams and waiting reads of batches that a token may have open at a "
        "time in one API process; further ones get a 429.",
    )
    max_team_bytes: int | None = Field(
        default=None,
        ge=1,
        description="Bytes that a team may have in the object store, outputs and records included. "
        "Beyond it, uploads and submissions get a 413 `QUOTA_EXCEEDED`; the outputs of accepted "
        "jobs are still written. Each API process counts for itself, at most a minute behind. "
        "Unset: unlimited.",
    )
    max_pending_jobs: int | None = Field(
        default=None,
        ge=1,
        description="Unfinished jobs that a team may have; at this number it gets a 429 for more. "
        "The request that reaches the number is accepted whole, and so are requests within the "
        "same second, because each API process counts once a second. Unset: unlimited.",
    )
    wrong_tokens_per_minute: int = Field(
        default=30,
        ge=1,
        description="Wrong tokens per minute that one client address may send to one API process. "
        "After that it gets a 429, except with a token that has already worked.",
    )
    signing_key: SecretStr | None = Field(
        default=None,
        description="Key that signs links, and from which the teams' webhook keys are derived. Set "
        "the same value for the API and the workers. Unset: a key is made once and stored in the "
        "object store.",
    )
    secrets_key: SecretStr | None = Field(
        default=None,
        description="Base64 of 32 bytes (`openssl rand -base64 32`) that encrypts the teams' "
        "secrets. Set the same value for the API and the workers. `reelbatch up` makes one and "
        "stores it in its home. Unset: secrets are unavailable.",
    )

    # Batches and long renders
    batch_concurrency: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="Jobs of a batch in progress at a time, unless it sets `concurrency`.",
    )
    max_batch_concurrency: int = Field(
        default=100, ge=1, le=1000, description="Upper bound for a batch's own `concurrency`."
    )
    segment_pixels: int = Field(
        default=500_000_000,
        ge=0,
        description="Minimum size of a segment in pixels, counted over all of its frames: the "
        "default is 241 frames of 1920 x 1080. An output of at least two such segments may be "
        "[rendered in segments](operating.md#long-renders-in-segments). 0: everything is rendered "
        "whole. Read by the API.",
    )

    # After Effects
    output_modules: dict[Literal["opaque", "alpha", "prores"], str] = Field(
        default={},
        description="Names of the [output modules](after-effects.md#output-modules) on a machine "
        "with After Effects, as a JSON object with the keys `opaque`, `alpha` and `prores`. "
        "Missing keys: After Effects' own modules. Set it on that machine.",
    )
    unserved_timeout: float = Field(
        default=3600.0,
        gt=0,
        description="Seconds that a job waits for a machine with "
        "[After Effects](after-effects.md#machines-with-after-effects) when there is none. Then it "
        "fails with `ENGINE_NOT_SERVED`. Read by the API.",
    )

    # Workers
    engines: list[str] = Field(
        default=[],
        description="Names of the engines to serve, as a JSON list; `join` is the engine behind "
        "`POST /jobs/join`. Empty: every installed engine that has what it needs on this machine.",
    )
    render_processes: int = Field(
        default_factory=carried_processes,
        ge=1,
        le=256,
        description="Renders at a time on one worker. By default one for each core (or each core "
        "of a container's quota), and at most one for each 512 MiB of memory.",
    )
    renders_per_process: int = Field(
        default=200,
        ge=1,
        description="Renders after which a render process is replaced by a new one. 1 gives each "
        "render its own process, which takes half a second longer.",
    )
    confinement: ConfinementLevel = Field(
        default=ConfinementLevel.AVAILABLE,
        description="[How renders are confined](security-corpus.md), and in the API the reading "
        "of workbooks. `available`: as far as the system can. `required`: nothing is rendered "
        "unless all of it is there. `off`: only the use of resources is limited.",
    )
    expressions: Expressions = Field(
        default=Expressions.CONFINED,
        description="Where the [expressions](lottie.md#expressions) of Lottie templates run. "
        "`confined`: only in fully confined render processes. `always`: everywhere. `never`: "
        "nowhere.",
    )
    lottie_web: Path | None = Field(
        default=None,
        description="Path of `lottie_svg.min.js` from the npm package lottie-web, for "
        "[its renderer](lottie.md#lottie-web). The API needs it too, to accept such jobs. Unset: "
        "the renderer is not served.",
    )
    readable_paths: list[Path] = Field(
        default=[],
        description="Files and folders that an engine needs in addition to Python's packages and "
        "`/usr`, as a JSON list.",
    )
    scratch: Path | None = Field(
        default=None,
        description="Folder for the work files of a worker, and of the API for workbooks. Unset: "
        "the system's temporary folder.",
    )
    render_timeout: float = Field(
        default=900.0, gt=0, description="Seconds that one render may take."
    )
    render_memory: int = Field(
        default=4 * 1024**3,
        ge=256 * 1024**2,
        description="Bytes of memory that one render process may use.",
    )
    max_frame_pixels: int = Field(
        default=6144 * 6144,
        ge=1,
        description="Maximum size of a composition, in pixels: width x height. The default is "
        "6144 x 6144.",
    )
    max_frames: int = Field(
        default=60 * 60 * 30, ge=1, description="Maximum number of frames of one render."
    )
    max_asset_bytes: int = Field(
        default=256 * 1024**2,
        ge=1024,
        description="Maximum size of an asset that a worker fetches or a team uploads, in bytes.",
    )
    download_timeout: float = Field(
        default=300.0,
        gt=0,
        description="Seconds that the download of one asset may take, from the first byte to the "
        "last.",
    )
    asset_cache_bytes: int = Field(
        default=1024**3,
        ge=0,
        description="Bytes of fetched assets on a worker's disk, in addition to those that running "
        "renders use. 0: only the last one stays.",
    )
    allow_private_networks: bool = Field(
        default=False,
        description="Let workers fetch assets from private addresses and upload to them. Templates "
        "may then also come from plain http URLs, so set it for the API and the workers alike.",
    )
    render_cache: bool = Field(
        default=True,
        description="Let a team's jobs with equal inputs share "
        "[one render](operating.md#the-render-cache).",
    )
    object_cache_bytes: int = Field(
        default=1024**3, ge=0, description="Bytes of templates and fonts on a worker's disk."
    )
    webhook_signing_secret: SecretStr | None = Field(
        default=None,
        description="`whsec_` and base64 of at least 16 bytes: the one key with which earlier "
        "versions signed every team's webhooks. Webhooks then carry its signature in addition to "
        "the team's, so that receivers can move to the [team's key](webhooks.md). Unset: only the "
        "team's key signs.",
    )
    worker_deployment: str = Field(
        default="reelbatch",
        description="Name that all [versions of workers](operating.md#changing-workflow-code) of "
        "one installation share.",
    )
    worker_build_id: str | None = Field(
        default=None,
        description="[Version of this worker](operating.md#changing-workflow-code). Unset or "
        "empty: it has none.",
    )
    drain_timeout: float = Field(
        default=10.0, ge=0, description="Seconds that running renders get to finish after SIGTERM."
    )

    # Retention
    keep_payloads_days: int = Field(
        default=90,
        ge=2,
        description="Days after which large workflow inputs and results are removed from the "
        "object store. They stay while Temporal has a workflow from their time.",
    )
    keep_records_days: int | None = Field(
        default=None,
        ge=2,
        description="Days after which the records of ended batches, single jobs and webhooks are "
        "removed. Unset: they are kept forever.",
    )
    keep_logs_days: int | None = Field(
        default=None,
        ge=2,
        description="Days after which the logs of jobs are removed. Unset: they are kept forever.",
    )
    keep_outputs_days: int | None = Field(
        default=None,
        ge=1,
        description="Days after which outputs are removed. Unset: they are kept forever.",
    )
    keep_renders_days: int = Field(
        default=3,
        ge=1,
        description="Days for which renders are stored for equal jobs, at most as long as outputs.",
    )

    # Monitoring and logs
    api_metrics_address: ListenAddress | None = Field(
        default=None,
        description="Address at which an API process serves "
        "[metrics for Prometheus](monitoring.md#metrics), such as `127.0.0.1:9464`. Whoever "
        "reaches it can read them. Unset: not served.",
    )
    worker_metrics_address: ListenAddress | None = Field(
        default=None, description="The same address for a worker. Unset: not served."
    )
    worker_health_address: ListenAddress | None = Field(
        default=None,
        description="Address at which a worker serves `/healthz` and `/readyz`. Unset: not served.",
    )
    log_level: str = Field(
        default="info", description="Lowest level that is logged, such as `debug` or `warning`."
    )
    log_json: bool = Field(default=False, description="Log JSON lines instead of text.")

    def limit_of(self, thing: Literal["asset", "body", "font", "template"]) -> ByteLimit:
        """Return the size limit of one such thing."""
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
        """The URL schemes that templates may come from; plain http is for private networks."""
        plain = {"http"} if self.allow_private_networks else set[str]()
        return frozenset({"https", *plain})

    @property
    def render_retention_days(self) -> int:
        """Days for which renders are stored for equal jobs: never longer than outputs."""
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
