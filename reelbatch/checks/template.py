"""Checks whether a template has the compositions, layers and frames that a job names.

They run at submission if the template is known by then, else once its file has been downloaded.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from reelbatch.engines.base import RenderEngine
from reelbatch.models.errors import (
    CompositionNotFound,
    FramesInvalid,
    LayerNotFound,
    NotSupported,
    RequestError,
)
from reelbatch.models.problems import Problem
from reelbatch.models.stored.templates import Composition, Layer, TemplateInspection
from reelbatch.models.wire.assets import (
    Asset,
    EssentialAsset,
    FunctionAsset,
    MediaAsset,
    StaticAsset,
    layer_names,
)
from reelbatch.models.wire.templates import MEDIA_CONTROL
from reelbatch.models.wire.warnings import MISSING_FILES, RenderWarning, WarningCode, bounded
from reelbatch.spelling import did_you_mean

_NAMES_SHOWN = 20
# These may still look as designed, which is only known when the job is rendered.
_NOT_DECIDED = (WarningCode.EXPRESSIONS_OFF, WarningCode.MISSING_FONT, WarningCode.FONT_NOT_READ)
_REASONS_SHOWN = 5


@dataclass(frozen=True)
class TemplateOffer:
    """The contents of a template, indexed for the lookups of a thousand jobs."""

    inspection: TemplateInspection
    engine: type[RenderEngine] = RenderEngine  # the base class reports no problems

    @cached_property
    def compositions(self) -> dict[str, Composition]:
        """The compositions by name in composed form (NFC), in which names are compared."""
        return {_composed(found.name): found for found in self.inspection.compositions}

    @cached_property
    def layers(self) -> dict[str, set[str]]:
        """The names of layers by composition, including compositions that only layers show."""
        layers: dict[str, set[str]] = {name: set() for name in self.compositions}
        for composition, name in self.layers_named:
            layers.setdefault(composition, set()).add(name)
        return layers

    @cached_property
    def layers_named(self) -> dict[tuple[str, str], list[Layer]]:
        """The layers by composition and name. The name may also be that of a control that replaces
        their source."""
        found: dict[tuple[str, str], list[Layer]] = {}
        for layer in self.inspection.layers:
            key = (_composed(layer.composition), _composed(layer.name))
            found.setdefault(key, []).append(layer)
        for control in self.inspection.controls or ():
            layers = found.get((_composed(control.composition), _composed(control.layer)), [])
            if control.type == MEDIA_CONTROL and layers:
                found.setdefault((_composed(control.composition), _composed(control.name)), layers)
        return found

    @cached_property
    def _places(self) -> dict[str, set[str]]:
        """The result of `places_of` by name."""
        found: dict[str, set[str]] = {}
        for layer in self.inspection.layers:
            found.setdefault(_composed(layer.name), set()).add(layer.composition)
        for control in self.inspection.controls or ():
            if control.type == MEDIA_CONTROL:
                found.setdefault(_composed(control.name), set()).add(control.composition)
        return found

    def places_of(self, name: str) -> set[str]:
        """The names of the compositions that have a layer with this name, or a layer whose source a
        control with this name replaces."""
        return self._places.get(_composed(name), set())

    def layers_of(self, composition: str, name: str) -> Sequence[Layer]:
        return self.layers_named.get((_composed(composition), _composed(name)), ())

    @cached_property
    def _shown(self) -> dict[str, frozenset[str]]:
        """The results of `shown_in` so far."""
        return {}

    def shown_in(self, composition: str) -> frozenset[str]:
        """The names of the compositions that are visible in this one, itself included."""
        if composition not in self._shown:
            inside: dict[str, set[str]] = {}
            for layer in self.inspection.layers:
                if layer.source_composition is not None:
                    inside.setdefault(layer.composition, set()).add(layer.source_composition)
            found, waiting = {composition}, [composition]
            while waiting:
                new = inside.get(waiting.pop(), set()) - found
                found |= new
                waiting += new
            self._shown[composition] = frozenset(found)
        return self._shown[composition]

    @property
    def root(self) -> Composition:
        return self.inspection.compositions[0]

    def composition_named(self, name: str | None) -> Composition | None:
        """The composition with this name; without a name, the first one."""
        return self.compositions.get(_composed(name)) if name else self.root


def as_drawn_by(engine: type[RenderEngine], inspection: TemplateInspection) -> TemplateInspection:
    """Another engine's inspection, reduced to what applies when `engine` draws it."""

    def remaining(warnings: list[RenderWarning]) -> list[RenderWarning]:
        return [warning for warning in warnings if warning.code not in engine.draws]

    compositions = [
        each
        if each.reasons is None
        else each.model_copy(update={"reasons": remaining(each.reasons)})
        for each in inspection.compositions
    ]
    changes = {
        "warnings": remaining(inspection.warnings),
        "compositions": compositions,
        # An engine with its own template types may run on other machines, with other fonts.
        "lent_characters": inspection.lent_characters if engine.instead_of else None,
    }
    return inspection.model_copy(update=changes) if engine.draws else inspection


def layers_meant(
    name: str, template: TemplateOffer, composition: Composition, fits: Callable[[Layer], bool]
) -> list[tuple[str, str]]:
    """The compositions and names of the layers that `name` may mean in a table's header.

    That is a layer of `composition`, else layers with this name below it, else COMPOSITION/LAYER
    anywhere. Layers that do not fit count only if no other one does. The result is empty if there
    is no such layer, and has several elements if the name is ambiguous.
    """
    shown = template.shown_in(composition.name)
    places = sorted(template.places_of(name) & shown, key=lambda at: (at != composition.name, at))
    named = {each: template.layers_of(each, name) for each in places}
    usable = [each for each in named if any(map(fits, named[each]))] or list(named)
    if usable:
        meant = usable[:1] if usable[0] == composition.name else usable
        return [(each, name) for each in meant]
    whole = _composed(name)
    places = sorted((each for each in template.layers if whole.startswith(f"{each}/")), key=len)
    splits = [(each, whole[len(each) + 1 :]) for each in places]
    return [split for split in splits if template.layers_of(*split)][:1]


def composition_problem(field: str, name: str | None, template: TemplateOffer) -> Problem:
    """The problem that the template has no composition with this name."""
    hint = did_you_mean(name or "", template.compositions)
    message = f"The template has no composition {name}.{hint}"
    return Problem(
        CompositionNotFound, field, f"{message} {listed('compositions', template.compositions)}"
    )


def frame_problems(frames: int | list[int] | None, composition: Composition) -> Iterator[Problem]:
    """Problems with `frames`, which are as in a job's settings."""
    count = composition.frames
    name = f"{composition.name} has {count} frames"
    if isinstance(frames, int) and frames >= count:
        message = f"{name}: the last frame is {count - 1}, not {frames}."
        yield Problem(FramesInvalid, "settings.frames", message)
    if isinstance(frames, list) and frames[1] > count:
        message = f"{name}: a range must end at {count} or before, not at {frames[1]}."
        yield Problem(FramesInvalid, "settings.frames", message)


def layer_problems(
    asset: Asset, field: str, template: TemplateOffer, composition: Composition | None
) -> Iterator[Problem]:
    """Problems with the layers that an asset names.

    `composition` is the job's; None if it is unknown, which is reported separately.
    """
    if isinstance(asset, EssentialAsset) and composition is not None:
        yield from _control_problems(asset, field, template, composition)
        return
    name = asset.composition or (composition.name if composition else None)
    if name is None:
        return
    layers = template.layers.get(_composed(name))
    if layers is None:
        yield composition_problem(f"{field}.composition", name, template)
        return
    in_params = isinstance(asset, FunctionAsset) and "layerName" in asset.params
    layer_field = f"{field}.params.layerName" if in_params else f"{field}.layerName"
    for layer in layer_names(asset):
        if _composed(layer) not in layers:
            message = f"{name} has no layer {layer}."
            hint = _layer_hint(_composed(layer), _composed(name), template.layers)
            yield Problem(LayerNotFound, layer_field, f"{message}{hint}")
        for found in template.layers_of(name, layer):
            if problem := template.engine.layer_problem(asset, found):
                wrong, message = problem
                place = layer_field if wrong == "layerName" else f"{field}.{wrong}"
                yield Problem(RequestError, place, message)
                break


def _control_problems(
    asset: EssentialAsset, field: str, template: TemplateOffer, composition: Composition
) -> Iterator[Problem]:
    """Problems with a control; if controls are unknown, as in a Lottie, the render reports them."""
    shown = template.shown_in(composition.name)
    controls = template.inspection.controls
    names = [each.name for each in controls or () if each.composition in shown]
    known = {name.casefold() for name in names}
    if controls is not None and not known & {name.casefold() for name in asset.control_names}:
        message = f"{composition.name} has no control {asset.layer_name}."
        hint = did_you_mean(asset.control_names[-1], names) or f" {listed('controls', names)}"
        yield Problem(LayerNotFound, f"{field}.layerName", f"{message}{hint}")
    media = {each.name.casefold() for each in controls or () if each.type == MEDIA_CONTROL}
    if media & {name.casefold() for name in asset.control_names}:
        message = (
            f"{asset.layer_name} replaces a picture or a video. Use an asset of type image or "
            "video with the control's name as its layerName."
        )
        yield Problem(RequestError, f"{field}.type", message)


def job_warnings(
    template: TemplateOffer, composition: str, assets: Sequence[Asset]
) -> list[RenderWarning]:
    """The template's warnings that apply to a job of this composition."""
    found = template.composition_named(composition)
    reasons = found.reasons if found is not None else None
    candidates = template.inspection.warnings if reasons is None else reasons
    if not candidates:
        return []
    shown = template.shown_in(composition)
    replaced = {
        name
        for each in assets
        if isinstance(each, MediaAsset)
        for named in layer_names(each)
        for name in (named, *_controlled(named, template, each.composition or composition))
    }
    has_files = any(isinstance(asset, StaticAsset) for asset in assets)
    return bounded(
        warning
        for warning in candidates
        if (reasons is not None or (warning.composition or composition) in shown)
        and not (
            warning.code in MISSING_FILES
            and (has_files or warning.layer in replaced)  # the job may supply the file
        )
    )


def _controlled(name: str, template: TemplateOffer, composition: str) -> Iterator[str]:
    """The names of the layers whose source is replaced by a control with this name."""
    return (layer.name for layer in template.layers_of(composition, name))


def lossy_problems(
    composition: Composition, warnings: Sequence[RenderWarning]
) -> Iterator[Problem]:
    """The problem that a composition will not look as designed, for jobs that are not `lossy`."""
    if reasons := conversion_reasons(composition, warnings):
        shown = "; ".join(map(str, reasons[:_REASONS_SHOWN]))
        more = len(reasons) - _REASONS_SHOWN
        yield Problem(
            NotSupported,
            "template.composition",
            f"{composition.name} cannot be drawn as it was designed: {shown}"
            f"{f'; and {more} more' if more > 0 else ''}. Set in the job's `template`, or on the "
            "template itself, `lossy` to true to draw it anyway, or `renderer` to "
            "after-effects if a machine has After Effects.",
        )


def conversion_reasons(
    composition: Composition, warnings: Sequence[RenderWarning]
) -> list[RenderWarning]:
    """The `warnings` because of which a project is only converted if it may be `lossy`."""
    if composition.reasons is None:
        return []
    return [one for one in warnings if one.code not in _NOT_DECIDED]


def _composed(name: str) -> str:
    """The name in NFC. macOS writes é as e with a separate accent (NFD), others as one letter."""
    return unicodedata.normalize("NFC", name)


def listed(what: str, names: Iterable[str]) -> str:
    """A sentence such as `Its layers: a, b.`; sets are sorted, other `names` keep their order."""
    known = sorted(names) if isinstance(names, (set, frozenset)) else list(names)
    if not known:
        return f"It has no {what}."
    return f"Its {what}: {first_few(known, _NAMES_SHOWN)}."


def first_few(words: Sequence[str], most: int) -> str:
    """The words as a list such as `a, b and 3 more`."""
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more} more" if more > 0 else "")


def _layer_hint(layer: str, composition: str, layers: Mapping[str, Iterable[str]]) -> str:
    elsewhere = [name for name, names in layers.items() if layer in names]
    if elsewhere:
        return f" {elsewhere[0]} has it: set the asset's `composition` to that."
    hint = did_you_mean(layer, layers[composition])
    return hint or f" {listed('layers', layers[composition])}"
