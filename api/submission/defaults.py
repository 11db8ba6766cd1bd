"""What holds for all jobs of a batch, merged into each of them before it is checked."""

from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from api.submission.outputs import Outputs
from reelbatch.models.problems import Problem

_MERGED_KEY_BY_KEY = ("template", "settings")
# Two assets that agree in all of these address the same thing: the job's own replaces the default.
_IDENTITY = ("type", "layerName", "composition", "property", "name")

RawJob = JsonValue | Problem
"""A job as it was sent, or why it could not even be read."""

_Identity = tuple[str | None, ...]


class JobDefaults:
    """`defaults` of a batch: what each of its jobs has unless the job says otherwise.

    `quality` is what each has whatever it says, and `outputs` what the batch is rendered in.
    """

    def __init__(
        self,
        fields: Mapping[str, JsonValue] | None = None,
        quality: str | None = None,
        outputs: Outputs | None = None,
    ) -> None:
        self._fields = fields or {}
        self._quality = quality
        self._outputs = outputs
        self._assets = [(asset, _identity(asset)) for asset in _list(self._fields.get("assets"))]

    def merged_into(self, job: RawJob, index: int) -> RawJob:
        """The job at `index` with the defaults and in its output; what is no object stays as it is,
        for its own error."""
        if not isinstance(job, dict):
            return job
        merged = self._with_defaults(job)
        if self._outputs:
            merged = self._outputs.merged_into(merged, index)
        settings = merged.get("settings") or {}
        if self._quality and isinstance(settings, dict):
            return {**merged, "settings": {**settings, "quality": self._quality}}
        return merged

    def _with_defaults(self, job: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if not self._fields:
            return job
        merged = {**self._fields, **job}
        for name in _MERGED_KEY_BY_KEY:
            common, own = self._fields.get(name), job.get(name)
            if isinstance(common, dict) and isinstance(own, dict):
                merged[name] = {**common, **own}
        own_assets = job.get("assets")
        if isinstance(own_assets, list):
            merged["assets"] = [*self._assets_beside(own_assets), *own_assets]
        return merged

    def named_in(self, problems: list[Problem], job: RawJob, index: int) -> list[Problem]:
        """Say which of the merged job's problems come from the defaults or its output, and not from
        the job."""
        if not isinstance(job, dict):
            return problems
        if self._outputs:
            problems = self._outputs.named_in(problems, self._with_defaults(job), index)
        if not self._fields:
            return problems
        number_of_assets = len(self._assets_beside(_list(job.get("assets"))))
        return [
            Problem(problem.kind, problem.field, f"{problem.message} (from `defaults`)")
            if self._has(problem.field.split("."), job, number_of_assets)
            else problem
            for problem in problems
        ]

    def _has(self, path: list[str], job: Mapping[str, JsonValue], number_of_assets: int) -> bool:
        """Whether the merged job's field is the defaults'; their assets come first in it."""
        first, *rest = path
        if first not in job:
            return first in self._fields
        common, own = self._fields.get(first), job[first]
        if first in _MERGED_KEY_BY_KEY and isinstance(common, dict) and isinstance(own, dict):
            return bool(rest) and rest[0] in common and rest[0] not in own
        if first == "assets" and isinstance(own, list) and rest and rest[0].isdecimal():
            return int(rest[0]) < number_of_assets
        return False

    def _assets_beside(self, own_assets: list[JsonValue]) -> list[JsonValue]:
        """The default assets that none of the job's own replaces."""
        replaced = {_identity(asset) for asset in own_assets} - {None}
        return [asset for asset, identity in self._assets if identity not in replaced]


def _identity(asset: JsonValue) -> _Identity | None:
    """None for what is no asset: it replaces nothing."""
    if not isinstance(asset, dict):
        return None
    fields = cast("dict[str, JsonValue]", asset)
    params = fields.get("params")
    layers = params.get("layerName") if isinstance(params, dict) else None
    parts = [*(fields.get(name) for name in _IDENTITY), *(_list(layers) or [layers])]
    words = [part for part in parts if part is None or isinstance(part, str)]
    return tuple(words) if len(words) == len(parts) else None


def _list(value: JsonValue) -> list[JsonValue]:
    return cast("list[JsonValue]", value) if isinstance(value, list) else []
