"""A job's assets in the tool's format, with our own scripts for what the tool does not support.

The tool accepts what passes `validate` in job.js of the npm package @nexrender/types 1.62. The
handling of each type is in src/tasks of @nexrender/core 1.63.
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
# Match names, since the display name `Source Text` is different in each language.
_WORDS = "ADBE Text Properties->ADBE Text Document"
_SLOT = "slots."


@dataclass
class ToolAssets:
    """Collects assets in the order of the job. Consecutive operations become one script."""

    project: Project
    file: Path  # the unpacked project
    files: Sequence[Path]  # all unpacked files
    composition: str  # the job's
    scripts: Path  # the folder for scripts
    is_output: bool = False
    """Whether the project is the output, so that the job's files must be in its folder."""
    _found: list[ToolAsset] = field(default_factory=list[ToolAsset])
    _operations: list[Operation] = field(default_factory=list[Operation])

    def of(self, assets: Sequence[ResolvedAsset]) -> list[ToolAsset]:
        """Convert assets. Raises AssetInvalid, or RenderError for an unsupported type."""
        statics = [one.asset.name for one in assets if isinstance(one.asset, StaticAsset)]
        beside = [self.file.parent / name for name in statics]
        self._operations = [relinking([*beside, *self.files])]
        for number, asset in enumerate(assets):
            try:
                self._add(asset, number)
            except ValueUnusable as error:
                raise AssetInvalid(f"assets.{number}: {error.message}") from error
        if self.is_output:
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
            raise RenderError(f"After Effects does not support assets of the type {asset.type}.")

    def _value(self, asset: TextAsset | DataAsset, path: str, value: object) -> ToolAsset:
        converted = with_returns(cast("JsonValue", value))
        return {"type": "data", "property": path, "value": converted, **self._layer_place(asset)}

    def _layer_place(self, asset: TextAsset | DataAsset | MediaAsset) -> ToolAsset:
        """Name the composition: otherwise the tool would look for the layer in all of them."""
        composition = asset.composition or self.composition
        return {"layerName": asset.layer_name, "composition": composition}

    def _media_place(self, asset: MediaAsset) -> ToolAsset:
        """Return the layer that the asset fills, also if it names a control for media."""
        control = control_named([asset.layer_name], self.project, self.composition, media=True)
        if control is None:
            return self._layer_place(asset)
        composition, _, name = layer_of(control, self.project)
        return {"layerName": name, "composition": composition}

    def _media(self, file: Path, number: int) -> Path:
        """Return the file's path for the tool: in the project's folder if that is the output."""
        if not self.is_output:
            return file
        check_name("folder", str(self.project.path.parent))
        return self._beside(file, PurePosixPath("assets", f"{number}-{file.name}"))

    def _beside(self, file: Path, path: PurePosixPath) -> Path:
        """Copy a file to the project's folder."""
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
