"""The outputs of a batch: each of its jobs, or rows of its table, is rendered in all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from api.http.requests import as_model, parse_json
from reelbatch.models.errors import RequestError
from reelbatch.models.problems import Problem, error_of
from reelbatch.models.wire.batches import BatchOptions, BatchOutput
from reelbatch.models.wire.codecs import OutputType, find_codec
from reelbatch.models.wire.render_settings import RenderSettings

_TYPE_SPECIFIC = ("type", "codec", "frames", "poster")  # settings without a meaning for other types
_ROW_DIGITS = 5

_Fields = Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """The jobs of a batch are ordered row by row, and within a row in the order of the outputs."""

    outputs: Sequence[BatchOutput]
    first_row: int = 0  # of the batch, which may be a later part of a table
    frame: int = 0  # for images whose output does not name a frame

    def __len__(self) -> int:
        return len(self.outputs)

    def place_of(self, index: int) -> tuple[int, int]:
        """The row of a job and the position of its output, both from 0."""
        row, place = divmod(index, len(self.outputs))
        return self.first_row + row, place

    def merged_into(self, job: dict[str, JsonValue], index: int) -> dict[str, JsonValue]:
        """The job at `index` with its output, which overrides the job's own fields."""
        row, place = self.place_of(index)
        output, template, settings = self.outputs[place], job.get("template"), job.get("settings")
        merged = dict(job)
        if output.composition and isinstance(template, dict):
            merged["template"] = {**template, "composition": output.composition}
        if output.settings and (settings is None or isinstance(settings, dict)):
            merged["settings"] = self._settings(settings or {}, output.settings)
        name = job.get("name")
        if output.name and (name is None or isinstance(name, str)):
            merged["name"] = f"{name or f'{row:0{_ROW_DIGITS}d}'}-{output.name}"
        return merged

    def with_origins(self, problems: Sequence[Problem], job: _Fields, index: int) -> list[Problem]:
        """Mark those of the merged job's problems that come from its output."""
        _, place = self.place_of(index)
        settings = job.get("settings")
        own = settings if isinstance(settings, dict) else {}
        return [_with_origin(problem, place, self.outputs[place], own) for problem in problems]

    def check(self, problems: Sequence[Sequence[Problem]]) -> None:
        """Raise the problems of an output in which no job can be rendered, so that nothing starts.

        `problems` are those of each job, in the order of their indexes.
        """
        for place in range(len(self)):
            of_jobs = problems[place :: len(self)]
            prefix = f"outputs.{place}."
            own = (each for job in of_jobs for each in job if each.field.startswith(prefix))
            found = list(dict.fromkeys(own))
            if found and all(of_jobs):
                raise error_of(found)

    def _settings(self, own: _Fields, output: RenderSettings) -> dict[str, JsonValue]:
        """Merge the settings, but drop those of a film for an image, and the other way round."""
        changes = output.model_dump(mode="json", by_alias=True, exclude_unset=True)
        kind = output.output_type
        if (output.type is None and output.codec is None) or kind == _type_of(own):
            return {**own, **changes}
        common = {name: value for name, value in own.items() if name not in _TYPE_SPECIFIC}
        frames: dict[str, JsonValue] = {"frames": self.frame} if kind == "image" else {}
        return {**common, "type": kind, **frames, **changes}


def outputs_in(text: str, *, first_row: int, frame: int) -> Outputs:
    """Parse the parameter `outputs`. Raises InvalidJson or RequestError."""
    named = {"outputs": parse_json(text.encode(), "The parameter outputs")}
    given = as_model(named, BatchOptions).outputs
    if given is None:
        raise RequestError("The parameter outputs must be a list.")
    return Outputs(outputs=given, first_row=first_row, frame=frame)


def _type_of(settings: _Fields) -> OutputType:
    """The output type of settings that are not validated yet."""
    if isinstance(settings.get("type"), str):
        types: dict[object, OutputType] = {"image": "image", "aep": "aep"}
        return types.get(settings["type"], "video")
    name = settings.get("codec")
    codec = find_codec(name) if isinstance(name, str) else None
    return codec.output_type if codec else "video"


def _with_origin(problem: Problem, place: int, output: BatchOutput, own: _Fields) -> Problem:
    """The problem, with its field in the output; `own` are the job's settings without it."""
    first, _, rest = problem.field.partition(".")
    if problem.field == "template.composition" and output.composition:
        return replace(problem, field=f"outputs.{place}.composition")
    if first == "settings" and rest and output.settings:
        name = rest.partition(".")[0]
        if name in output.settings.model_fields_set or name not in own:
            return problem.inside(f"outputs.{place}")
    return problem
