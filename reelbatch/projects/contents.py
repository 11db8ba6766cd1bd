"""The effects, expressions and footage of a project, as shown with its template."""

from collections.abc import Iterator
from itertools import islice

from reelbatch.models.wire.templates import (
    ProjectContents,
    ProjectEffect,
    ProjectExpression,
    ProjectFootage,
)
from reelbatch.projects.footage import FootageFiles, name_of
from reelbatch.projects.model import Composition, Footage, Layer, Project

_MAX_ITEMS = 500  # of each kind, because a template's record is read with each job


def contents_of(project: Project, files: FootageFiles) -> ProjectContents:
    """Up to 500 each of the effects, expressions and files, in the order of the project."""
    return ProjectContents(
        effects=[*islice(_effects(project), _MAX_ITEMS)],
        expressions=[*islice(_expressions(project), _MAX_ITEMS)],
        footage=[*islice(_footage(project, files), _MAX_ITEMS)],
    )


def _layers(project: Project) -> Iterator[tuple[Composition, Layer]]:
    return ((one, layer) for one in project.compositions for layer in one.layers)


def _effects(project: Project) -> Iterator[ProjectEffect]:
    for composition, layer in _layers(project):
        for effect in layer.tree.group("ADBE Effect Parade").groups:
            yield ProjectEffect(
                name=effect.name,
                match_name=effect.match_name,
                enabled=effect.enabled and layer.switches.effects,
                layer=layer.name,
                composition=composition.name,
            )


def _expressions(project: Project) -> Iterator[ProjectExpression]:
    """The expressions that are switched on."""
    for composition, layer in _layers(project):
        for one in layer.tree.all_properties():
            if one.expression:
                yield ProjectExpression(
                    property=one.name, layer=layer.name, composition=composition.name
                )


def _footage(project: Project, files: FootageFiles) -> Iterator[ProjectFootage]:
    for item in project.items.values():
        if isinstance(item, Footage):
            path = item.frames[0] if item.frames else item.path
            found = bool(path) and files.find(path) is not None
            yield ProjectFootage(name=item.name, file=name_of(path), missing=not found)
