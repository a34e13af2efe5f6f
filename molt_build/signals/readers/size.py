"""How large files are: bytes, lines, or how many there are. A folder counts as the files in it."""

from __future__ import annotations

from molt_build.manifests.signal import SizeReader
from molt_build.signals.reading import (
    Material,
    NotRead,
    ReadFile,
    Reading,
    content,
    named,
    of_names,
    plain_files,
)


def read(how: SizeReader, material: Material) -> Reading:
    """The sum over all files, and a part for each; raises `NotRead`."""
    sizes: dict[str, float] = {}
    for name, file in named(plain_files(material.files)):
        sizes[name] = sizes.get(name, 0) + _size(how, file)
    return Reading(sum(sizes.values()), of_names(sizes))


def _size(how: SizeReader, file: ReadFile) -> int:
    if how.count == "files":
        return 1
    if how.count == "lines":
        data = content(file)
        return data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    try:
        return file.path.stat().st_size
    except OSError as error:
        raise NotRead(f"{file.name} cannot be read: {error.strerror or error}") from None
