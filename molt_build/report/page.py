"""Writing a published page and its pictures: each whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from molt_build.files import real_folder, remove_files
from molt_build.temporary import write_whole

_MODE = 0o644  # for everybody to read, whatever the umask


def write_page(file: Path, content: str) -> None:
    """Write the file by a temporary one beside it and a rename; its folder is made."""
    write_whole(file, content, mode=_MODE)


def write_pictures(folder: Path, pictures: Mapping[str, str]) -> None:
    """Write SVG pictures by file name; those in the folder that are none of them are removed.

    The folder belongs to the page beside it: raises `LinkInTheWay` when it is a link.
    """
    real_folder(folder.parent, folder)
    for name, svg in pictures.items():
        write_whole(folder / name, svg, folder.parent, mode=_MODE)
    remove_files(folder.parent, folder, lambda path: path in pictures or not _is_picture(path))


def _is_picture(path: str) -> bool:
    return path.endswith(".svg") and "/" not in path
