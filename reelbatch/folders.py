"""Folders that are emptied and used again.

Making and removing folders for each job is slow on ext4. It does not give an inode out again for a
while after its removal, so each new file makes it search past all those that were removed lately.
"""

import os
import shutil
from collections.abc import Container
from pathlib import Path


def empty(folder: Path, keep: Container[str] = ()) -> bool:
    """Remove everything in `folder`, except subfolders named in `keep`, which are emptied.

    Returns whether nothing else is left. Raises FileNotFoundError if there is no such folder.
    """
    is_empty = True
    with os.scandir(folder) as entries:
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and entry.name in keep:
                is_empty &= empty(Path(entry.path))
            else:
                is_empty &= _removed(Path(entry.path), is_folder=is_folder)
    return is_empty


def _removed(path: Path, *, is_folder: bool) -> bool:
    if is_folder:
        shutil.rmtree(path, ignore_errors=True)
        return not os.path.lexists(path)
    try:
        path.unlink()
    except OSError:
        return False
    return True
