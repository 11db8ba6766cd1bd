"""Joining clips, one after the other, into one video (contract 3.7)."""

from typing import Annotated, Literal

from pydantic import Field, Tag
from typing_extensions import TypeAliasType

from reelbatch.models.wire.assets import Asset, MediaAsset, NestedJob, NestedJobAsset
from reelbatch.models.wire.base import LenientWireModel, OpenWireModel
from reelbatch.models.wire.jobs import AnyJobCreation
from reelbatch.models.wire.render_settings import Poster

MAX_CLIPS = 100


class VideoClip(OpenWireModel):
    """A video that a worker fetches from `src`."""

    type: Literal["video"]
    src: str = Field(min_length=1)


class JobClip(NestedJob):
    """A clip that a nested job renders first."""


Clip = TypeAliasType(
    "Clip",
    Annotated[
        Annotated[VideoClip, Tag("video")] | Annotated[JobClip, Tag("job")],
        Field(discriminator="type"),
    ],
)


class JoinSettings(LenientWireModel):
    """The settings of the output, which so far is always MP4 with H.264."""

    preset: Literal["mp4"] | None = None
    poster: Poster = None


class JoinCreation(AnyJobCreation):
    """The body of POST /jobs/join."""

    assets: list[Clip] = Field(min_length=1, max_length=MAX_CLIPS)
    settings: JoinSettings | None = None

    @property
    def clips(self) -> list[Asset]:
        """The clips as assets of a job; their position stands in for the name of a layer."""
        return [_asset(clip, f"assets.{position}") for position, clip in enumerate(self.assets)]


def _asset(clip: VideoClip | JobClip, place: str) -> Asset:
    if isinstance(clip, VideoClip):
        return MediaAsset(type="video", layer_name=place, src=clip.src)
    return NestedJobAsset(
        type="job",
        layer_name=place,
        template=clip.template,
        assets=clip.assets,
        preview=clip.preview,
        settings=clip.settings,
    )
