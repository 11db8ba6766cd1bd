"""The assets of a job as the tool takes them, with scripts of ours for what it has no words for.

What the tool takes is what `validate` in the job.js of npm's @nexrender/types 1.62 lets pass, and
its ways with each type are in src/tasks of @nexrender/core 1.63.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, cast

from pydantic import JsonValue

from reelbatch.engines.base import ResolvedAsset
from reelbatch.engines.lottie.properties import ValueUnusable
from reelbatch.engines.nexrender.operations import (
    Operation,
    control_named,
    control_setting,
    function_calls,
    layer_of,
    relinking,
    saving,
    script_of,
    setting_of,
    with_returns,
)
from reelbatch.engines.nexrender.project import Project, place_in
from reelbatch.engines.nexrender.tool import check_name
from reelbatch.models.errors import AssetInvalid, RenderError
from reelbatch.models.wire.assets import (
    DataAsset,
    EssentialAsset,
    FunctionAsset,
    MediaAsset,
    ScriptAsset,
    StaticAsset,
    TextAsset,
)

ToolAsset = dict[str, Any]
# As match names, since the display name `Source Text` is another one in each language.
_WORDS = "ADBE Text Properties->ADBE Text Document"
_SLOT = "slots."


@dataclass
class ToolAssets:
    """Collects them in the order of the job; runs of operations become one script."""

    project: Project
    file: Path  # the project's, unpacked
    files: Sequence[Path]  # all that were unpacked
    composition: str  # the job's own
    scripts: Path  # the folder for them
    is_kept: bool = False
    """Whether the project is the output, so that files of the job must lie beside it."""
    _found: list[ToolAsset] = field(default_factory=list[ToolAsset])
    _operations: list[Operation] = field(default_factory=list[Operation])

    def of(self, assets: Sequence[ResolvedAsset]) -> list[ToolAsset]:
        """Raises AssetInvalid, or RenderError for a type that it does not know."""
        statics = [one.asset.name for one in assets if isinstance(one.asset, StaticAsset)]
        beside = [self.file.parent / name for name in statics]
        self._operations = [relinking([*beside, *self.files])]
        for number, asset in enumerate(assets):
            try:
                self._add(asset, number)
            except ValueUnusable as error:
                raise AssetInvalid(f"assets.{number}: {error.message}") from error
        if self.is_kept:
            self._operations.append(saving(self.file))
        self._flush()
        return self._found

    def _add(self, resolved: ResolvedAsset, number: int) -> None:
        asset = resolved.asset
        if isinstance(asset, (FunctionAsset, EssentialAsset)) or self._is_slot(asset):
            self._operations += self._operations_of(asset)
            return
        self._flush()
        self._found += self._tool_assets(resolved, number)

    def _is_slot(self, asset: object) -> bool:
        return isinstance(asset, DataAsset) and asset.property.casefold().startswith(_SLOT)

    def _operations_of(self, asset: object) -> Iterator[Operation]:
        if isinstance(asset, FunctionAsset):
            yield from function_calls(asset, self.composition)
        elif isinstance(asset, EssentialAsset):
            yield control_setting(asset, self.project, self.composition)
        elif isinstance(asset, DataAsset):
            name = asset.property[len(_SLOT) :]
            control = control_named([name], self.project, self.composition)
            if control is None:
                raise AssetInvalid(f"The project has no control {name!r}.")
            yield setting_of(control, self.project, cast("JsonValue", asset.value))

    def _tool_assets(self, resolved: ResolvedAsset, number: int) -> Iterator[ToolAsset]:
        asset, file = resolved.asset, resolved.file
        if isinstance(asset, TextAsset):
            yield self._value(asset, _WORDS, asset.value)
        elif isinstance(asset, DataAsset):
            yield self._value(asset, asset.property, asset.value)
        elif isinstance(asset, MediaAsset) and file is not None:
            yield {**_file(asset.type, self._media(file, number)), **self._media_place(asset)}
        elif isinstance(asset, StaticAsset) and file is not None:
            place = self._beside(file, PurePosixPath(asset.name))
            yield {**_file("static", place), "name": asset.name}
        elif isinstance(asset, ScriptAsset) and file is not None:
            yield _file("script", file)
        else:
            raise RenderError(f"After Effects takes no asset of the type {asset.type} here.")

    def _value(self, asset: TextAsset | DataAsset, path: str, value: object) -> ToolAsset:
        told = with_returns(cast("JsonValue", value))
        return {"type": "data", "property": path, "value": told, **self._layer_place(asset)}

    def _layer_place(self, asset: TextAsset | DataAsset | MediaAsset) -> ToolAsset:
        """Without a composition the tool would look for the layer in all of them."""
        composition = asset.composition or self.composition
        return {"layerName": asset.layer_name, "composition": composition}

    def _media_place(self, asset: MediaAsset) -> ToolAsset:
        """A control that replaces a source has the place of its layer."""
        control = control_named([asset.layer_name], self.project, self.composition, media=True)
        if control is None:
            return self._layer_place(asset)
        composition, _, name = layer_of(control, self.project)
        return {"layerName": name, "composition": composition}

    def _media(self, file: Path, number: int) -> Path:
        """Where the tool's script is to find it: beside the project, if that is kept."""
        if not self.is_kept:
            return file
        check_name("folder", str(self.project.path.parent))
        return self._beside(file, PurePosixPath("assets", f"{number}-{file.name}"))

    def _beside(self, file: Path, path: PurePosixPath) -> Path:
        """Copy a file to the project."""
        place = place_in(self.file.parent, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
        return place

    def _flush(self) -> None:
        if self._operations:
            script = self.scripts / f"operations-{len(self._found)}.jsx"
            script.write_text(script_of(self._operations), encoding="ascii")
            self._found.append(_file("script", script))
            self._operations = []


def _file(kind: str, file: Path) -> ToolAsset:
    return {"type": kind, "src": file.as_uri(), "useOriginal": True}
