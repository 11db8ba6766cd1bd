"""Finds what the columns of a table mean in its template."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from unicodedata import combining, normalize

from api.submission.tables.columns import CONTROL, KINDS, Column, column_of, guessed_job_field
from api.submission.tables.fields import Field, fields_of
from reelbatch.checks.template import TemplateOffer, first_few, layers_meant, listed
from reelbatch.models.errors import RequestError
from reelbatch.models.stored.templates import Composition
from reelbatch.models.wire.tables import TableColumn
from reelbatch.spelling import did_you_mean

LONGEST_NAME = 100  # characters of a column's name in messages
_COLUMNS_SHOWN = 20  # in the list of those that are left out
_PLACES_SHOWN = 5
_NO_LETTERS = re.compile(r"[\s_-]+")


@dataclass(frozen=True)
class Meaning:
    """The meaning of one column, which is left out if it has neither a `column` nor a `problem`."""

    name: str  # in the table
    column: Column | None = None
    full_name: str | None = None  # absent if the template has no such layer
    reason: str | None = None  # why it is left out
    problem: str | None = None  # why the table cannot be used

    @property
    def wire(self) -> TableColumn:
        column = self.column if self.full_name else None
        is_layer = column is not None and column.of_layer
        return TableColumn(
            name=self.name,
            means=self.full_name,
            kind=column.kind if column else None,
            layer=column.target if column and is_layer else None,
            composition=(column.composition or None) if column else None,
            left_out=self.column is None and self.problem is None,
            reason=self.problem or self.reason,
        )


class Meanings:
    """Finds what names mean. Without a template, all names are accepted as they are."""

    def __init__(self, template: TemplateOffer | None, composition_name: str | None) -> None:
        composition = template.composition_named(composition_name) if template else None
        self._template = template if composition else None
        self._composition = composition
        self._fields = fields_of(template, composition) if template and composition else []
        self._names = {field.column.place: field.name for field in self._fields}
        self._by_spelling: dict[str, list[Column]] = {}
        for field in self._fields:
            for spelling in _spellings(field):
                self._by_spelling.setdefault(spelling, []).append(field.column)

    def of(self, names: Sequence[str], mapping: Mapping[str, str]) -> list[Meaning]:
        """The meanings of a header's names.

        `mapping` replaces the names of some columns, and an empty name leaves its column out.
        """
        found = [self._of(name, mapping.get(name)) for name in names]
        self._note_hints(found)
        return _with_duplicates(found)

    def left_out(self, meanings: Sequence[Meaning]) -> str | None:
        """A sentence without a full stop about the columns that match no layer."""
        unknown = [each for each in meanings if each.reason and not each.full_name]
        if not unknown or self._composition is None:
            return None
        described = [each.name[:LONGEST_NAME] + _aside(each.reason) for each in unknown]
        what, verb = ("column", "does") if len(unknown) == 1 else ("columns", "do")
        shown = first_few(described, _COLUMNS_SHOWN)
        return f"The {what} {shown} {verb} not match any layer of {self._composition.name}"

    def _of(self, name: str, mapped: str | None) -> Meaning:
        if mapped == "" or not name:
            return Meaning(name)
        try:
            column, is_explicit = column_of(name if mapped is None else mapped)
            found = self._found(column, is_explicit=is_explicit)
        except RequestError as error:
            return Meaning(name, problem=error.message)
        if found is not None:
            full_name = self._names.get(found.place, found.full_name)
            return Meaning(name, found, full_name)
        message = f"{_main(self._composition)} has no layer with this name."
        if mapped is None:
            return Meaning(name, column, reason=message)
        hint = did_you_mean(mapped, self._names.values())
        names = hint or f" {listed('columns', self._names.values())}"
        return Meaning(name, problem=f"The column {name} cannot be {mapped}: {message}{names}")

    def _found(self, column: Column, *, is_explicit: bool) -> Column | None:
        """The column with its layer. Raises RequestError if it may mean several layers."""
        if not column.of_layer or self._template is None:
            return column
        if column.kind == CONTROL:
            return self._control(column) or self._guessed(column, [CONTROL])
        if is_explicit:
            return self._with_layer(column) or self._guessed(column, [column.kind])
        kinds = [prefix for prefix, kind in KINDS.items() if kind.layer_types]
        by_kind = (self._with_layer_of_kind(replace(column, kind=kind)) for kind in kinds)
        found = next(filter(None, by_kind), None) or self._control(column)
        found = found or self._with_layer(column) or self._guessed(column, [CONTROL, *kinds])
        return found or guessed_job_field(column.target)

    def _control(self, column: Column) -> Column | None:
        """The column for the control with this name, if there is one."""
        control = replace(column, kind=CONTROL)
        return control if control.place in self._names else None

    def _with_layer_of_kind(self, column: Column) -> Column | None:
        """The column with its layer, if the layer itself is of the column's kind."""
        types = KINDS[column.kind].layer_types
        found = self._with_layer(column, types)
        if found is None or self._template is None:
            return None
        place = found.composition or _main(self._composition)
        layers = self._template.layers_of(place, found.target)
        return found if any(layer.layer_type in types for layer in layers) else None

    def _with_layer(self, column: Column, types: frozenset[str] | None = None) -> Column | None:
        template, composition = self._template, self._composition
        if template is None or composition is None:
            return None
        meant = layers_meant(
            column.target,
            template,
            composition,
            lambda layer: layer.layer_type in types if types else column.fits(template, layer),
        )
        places = [_placed(column, *each, composition) for each in meant]
        return _only_one(column, places) if places else None

    def _guessed(self, column: Column, kinds: Sequence[str]) -> Column | None:
        """A match whose name differs only in case, spaces, underscores, hyphens or accents."""
        folded = _folded(column.target)
        if not folded or column.kind == "data":
            return None
        alike = [each for each in self._by_spelling.get(folded, ()) if each.kind in kinds]
        nearest = [each for each in alike if not each.composition] or alike
        first = [each for each in nearest if each.kind == nearest[0].kind]
        return _only_one(column, first) if first else None

    def _note_hints(self, meanings: list[Meaning]) -> None:
        """Add hints to unknown columns, and leave these out if another column has a layer."""
        found = self._template.inspection if self._template else None
        layers = {each.name for each in (*found.layers, *(found.controls or ()))} if found else ()
        has_layer = any(
            each.full_name and each.column and each.column.of_layer for each in meanings
        )
        unknown = [at for at, each in enumerate(meanings) if each.reason and not each.full_name]
        for number, at in enumerate(unknown):
            each = meanings[at]
            word = (each.column.target if each.column else each.name)[:LONGEST_NAME]
            has_hint = number < _COLUMNS_SHOWN and each.name not in layers  # of other compositions
            hint = did_you_mean(word, layers) if has_hint else ""
            column = None if has_layer else each.column
            meanings[at] = replace(each, column=column, reason=f"{each.reason}{hint}")


def in_all_outputs(known: Mapping[str | None, list[Meaning]]) -> dict[str | None, list[Meaning]]:
    """The meanings in each composition.

    A column without a layer in one composition is left out there if any column has a layer in any
    of them.
    """
    columns = [each for meanings in known.values() for each in meanings]
    if not any(each.full_name and each.column and each.column.of_layer for each in columns):
        return dict(known)
    return {
        composition: [
            replace(each, column=None) if each.reason and not each.full_name else each
            for each in meanings
        ]
        for composition, meanings in known.items()
    }


def mapping_of(entries: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """The meanings of columns that a request specifies, such as `Name=Headline 01`.

    Raises RequestError for an entry that does not name a column of the table.
    """
    return dict(_entry(entry, names) for entry in entries)


def _entry(entry: str, names: Sequence[str]) -> tuple[str, str]:
    entry = entry.strip()
    for same in (str, str.casefold):
        for name in filter(None, names):  # a name may contain an equals sign
            rest = entry[len(name) :].lstrip()
            if rest.startswith("=") and same(entry[: len(name)]) == same(name):
                return name, rest[1:].strip()
    column, equals, _ = entry.partition("=")
    if not equals:
        raise RequestError(f"map: {entry[:LONGEST_NAME]} must have the form COLUMN=LAYER.")
    hint = did_you_mean(column, names) or f" {listed('columns', names)}"
    raise RequestError(f"map: The table has no column {column[:LONGEST_NAME]}.{hint}")


def _with_duplicates(meanings: list[Meaning]) -> list[Meaning]:
    """Add a problem to columns that have the same name or mean the same thing."""
    names = Counter(normalize("NFC", each.name) for each in meanings if each.name)
    places = Counter(each.column.place for each in meanings if each.column)
    return [
        replace(each, problem=_duplicates(each, meanings))
        if names[normalize("NFC", each.name)] > 1
        or (each.column is not None and places[each.column.place] > 1)
        else each
        for each in meanings
    ]


def _duplicates(one: Meaning, meanings: Sequence[Meaning]) -> str:
    name = one.full_name or one.name
    alike = [
        each.name[:LONGEST_NAME]
        for each in meanings
        if each.name == one.name
        or (each.column and one.column and each.column.place == one.column.place)
    ]
    return f"The table has more than one column {name[:LONGEST_NAME]}: {first_few(alike, 5)}."


def _only_one(column: Column, found: Sequence[Column]) -> Column:
    """Raises RequestError if there are several."""
    if len(found) == 1:
        return found[0]
    shown = found[:_PLACES_SHOWN]
    places = " or of ".join(each.composition or "the composition itself" for each in shown)
    raise RequestError(
        f"The column {column.target[:LONGEST_NAME]} may mean a layer of {places}: "
        f"write {' or '.join(each.full_name for each in shown)}."
    )


def _placed(column: Column, place: str, layer: str, composition: Composition) -> Column:
    own = normalize("NFC", place) == normalize("NFC", composition.name)
    return replace(column, composition="" if own else place, target=layer)


def _spellings(field: Field) -> set[str]:
    column = field.column
    return {_folded(column.target), _folded(f"{column.composition}/{column.target}")}


def _folded(name: str) -> str:
    letters = normalize("NFKD", _NO_LETTERS.sub("", name)).casefold()
    return "".join(letter for letter in letters if not combining(letter))


def _main(composition: Composition | None) -> str:
    return composition.name if composition else ""


def _aside(reason: str | None) -> str:
    """The hint at the end of a reason, in parentheses."""
    _, mean, hint = (reason or "").partition(" Did you mean ")
    return f" (Did you mean {hint})" if mean else ""
