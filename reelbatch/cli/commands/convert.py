"""`reelbatch convert`: a composition of an After Effects project as a Lottie document."""

import asyncio
import base64
import json
import mimetypes
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated, Any

import typer

from reelbatch.cli.application import require_server
from reelbatch.cli.console import CommandFailed, print_result, say_warning
from reelbatch.cli.options import JsonOption
from reelbatch.models.stored.templates import TemplateInspection

_INDEX = "compositions.json"  # maps the names of compositions to their documents


def convert(
    project: Annotated[Path, typer.Argument(help="An .aep, .aet, .mogrt, or a .zip of one.")],
    *,
    composition: Annotated[
        str | None, typer.Option(help="Its name. Default: the project's first one.")
    ] = None,
    output: Annotated[Path, typer.Option(help="File for the Lottie document.")] = Path("main.json"),
    as_json: JsonOption = False,
) -> None:
    """Write a composition of an After Effects project as a Lottie document.

    It needs neither a service nor After Effects. Anything that Lottie cannot express is a warning.
    """
    require_server()
    if not project.is_file():
        raise CommandFailed(f"{project} does not exist.")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "converted"
        inspection = asyncio.run(_converted(project, archive))
        if not archive.exists():
            raise CommandFailed(f"{project} is not an After Effects project.")
        with zipfile.ZipFile(archive) as converted:
            names: dict[str, str] = json.loads(converted.read(_INDEX))
            name = composition or next(iter(names))
            if name not in names:
                raise CommandFailed(
                    f"The project has no composition {name}; it has {', '.join(names)}."
                )
            document: dict[str, Any] = json.loads(converted.read(names[name]))
            _embed_files(document, converted)
    output.write_text(json.dumps(document, separators=(",", ":")))
    reasons = next(one.reasons for one in inspection.compositions if one.name == name) or []
    for reason in reasons:
        say_warning(str(reason))
    result = {"output": str(output), "composition": name, "warnings": reasons}
    print_result(result, f"{name}: {output}", as_json=as_json)


async def _converted(project: Path, target: Path) -> TemplateInspection:
    """Convert in a confined process, as the service does. Raises CommandFailed."""
    from reelbatch.engines.base import RenderLimits
    from reelbatch.engines.pool import RenderPool
    from reelbatch.models.errors import RenderError

    try:
        async with RenderPool("lottie", processes=1, limits=RenderLimits()) as pool:
            return await pool.inspect(project, "aep", target)
    except RenderError as error:
        raise CommandFailed(f"{project}: {error.message}") from error


def _embed_files(document: dict[str, Any], archive: zipfile.ZipFile) -> None:
    """Put pictures and sounds into the document, so that it is a single file."""
    for asset in document["assets"]:
        path = f"{asset.get('u', '')}{asset.get('p', '')}"
        if "p" in asset and path in archive.namelist():
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            content = base64.b64encode(archive.read(path)).decode()
            asset |= {"u": "", "p": f"data:{kind};base64,{content}", "e": 1}
