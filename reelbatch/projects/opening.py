"""Reads an upload as a project with its footage: .aep, .aet, .zip and .mogrt.

The format is detected by the content, and not by the template's name or type.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, cast

from reelbatch.models.errors import TemplateInvalid
from reelbatch.projects.checks import check_project
from reelbatch.projects.chunks import check_chunks
from reelbatch.projects.footage import FootageFiles
from reelbatch.projects.model import Project

Unpack = Callable[[bytes], Mapping[PurePosixPath, bytes]]
"""Unpacks a zip within the service's limits. Raises TemplateInvalid or LimitExceeded."""

_PROJECTS = (".aep", ".aet")
_ALONE = PurePosixPath("project.aep")
_DEFINITION = PurePosixPath("definition.json")
_GRAPHIC = "project.aegraphic"  # a zip in a .mogrt made by After Effects
_PREMIERE = "project.prgraphic"
_AUTO_SAVE = "Adobe After Effects Auto-Save"  # a folder with earlier versions, next to the project
_SAVE_AS = "Open it in After Effects and save it as .aep (File > Save As)."


@dataclass(frozen=True)
class OpenedProject:
    project: Project
    files: FootageFiles
    definition: Mapping[str, Any]
    """The definition of a .mogrt: its controls with names, types and defaults. Empty otherwise."""
    path: PurePosixPath = _ALONE
    """The path of the project in `files`, which are empty if the upload is only a project."""

    def menu_of(self, control: str) -> list[str]:
        """The options of the dropdown with this identity; empty for other controls."""
        controls = _objects(self.definition.get("clientControls"))
        found = (one for one in controls if one.get("id") == control)
        return [_text(entry) for one in found for entry in _objects(one.get("menucontent"))]


def is_project(content: bytes, files: Mapping[PurePosixPath, bytes] | None = None) -> bool:
    """Whether an upload is a project or its archive, unpacked into `files`, contains one."""
    if files is None:
        return content[:4] in (b"RIFX", b"RIFF") or _is_xml(content)
    names = {path.name.casefold() for path in files}
    return bool(names & {_GRAPHIC, _PREMIERE}) or any(
        path.suffix.casefold() in (*_PROJECTS, ".aepx") for path in files
    )


def open_project(content: bytes, unpack: Unpack) -> OpenedProject:
    """Read and check a project. Raises TemplateInvalid or LimitExceeded."""
    if not content.startswith(b"PK"):
        return _opened(content, {}, {})
    files = unpack(content)
    names = {path.name.casefold(): path for path in files}
    if _PREMIERE in names:
        raise TemplateInvalid(
            "The project was made in Premiere (project.prgraphic). Only Motion Graphics templates "
            "made in After Effects can be read."
        )
    if _GRAPHIC in names:
        inner = unpack(files[names[_GRAPHIC]])
        return _opened_of(inner, _definition(files))
    return _opened_of(files, {})


def _opened_of(
    files: Mapping[PurePosixPath, bytes], definition: Mapping[str, Any]
) -> OpenedProject:
    path = _only_project(files)
    return replace(_opened(files[path], files, definition), path=path)


def _opened(
    content: bytes, files: Mapping[PurePosixPath, bytes], definition: Mapping[str, Any]
) -> OpenedProject:
    if _is_xml(content):
        raise TemplateInvalid(f"The project is XML (.aepx), which is not supported. {_SAVE_AS}")
    chunks = check_chunks(content)
    # Imported here because it is half of what a render process loads:
    from reelbatch.projects.library.project import read_project

    project = read_project(chunks)
    check_project(project)
    return OpenedProject(project, FootageFiles(files), definition)


def _only_project(files: Mapping[PurePosixPath, bytes]) -> PurePosixPath:
    projects = [path for path in files if path.suffix.casefold() in _PROJECTS]
    found = [path for path in projects if _AUTO_SAVE not in path.parts] or projects
    if len(found) > 1:
        names = ", ".join(sorted(map(str, found))[:5])
        raise TemplateInvalid(f"The archive contains more than one project: {names}.")
    if found:
        return found[0]
    if any(path.suffix.casefold() == ".aepx" for path in files):
        raise TemplateInvalid(f"The project is XML (.aepx), which is not supported. {_SAVE_AS}")
    raise TemplateInvalid("The archive contains no After Effects project (.aep).")


def _objects(value: Any) -> list[dict[str, Any]]:
    found = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", one) for one in found if isinstance(one, dict)]


def _text(localised: dict[str, Any]) -> str:
    """The text in the first language of the list."""
    return next((str(one.get("str", "")) for one in _objects(localised.get("strDB"))), "")


def _is_xml(content: bytes) -> bool:
    beginning = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    return beginning.startswith(b"<?xml") and b"AfterEffectsProject" in content[:4096]


def _definition(files: Mapping[PurePosixPath, bytes]) -> Mapping[str, Any]:
    """The definition in a .mogrt; empty if it cannot be read."""
    try:
        found: object = json.loads(files.get(_DEFINITION, b"{}"))
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
