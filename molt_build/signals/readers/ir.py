"""What an intermediate file consists of: operations by kind, or their size.

Such a file has an operation a line. A line is of the first kind, in the order of the manifest,
whose pattern is found in it; one that none fits (a label, a comment, an empty line) is no
operation.
"""

from __future__ import annotations

from molt_build import patterns
from molt_build.manifests.signal import IrReader
from molt_build.signals.reading import Material, Reading, content, of_names, plain_files


def read(how: IrReader, material: Material) -> Reading:
    """Operations, or the bytes of their lines; a part for each kind; raises `NotRead`."""
    counts: dict[str, float] = dict.fromkeys(how.operations, 0)
    for file in plain_files(material.files):
        data = content(file)
        taken: set[int] = set()  # where lines begin that are of an earlier kind
        for kind, pattern in how.operations.items():
            for start in _lines(pattern, data):
                if start not in taken:
                    taken.add(start)
                    counts[kind] += 1 if how.count == "operations" else _size(data, start)
    there = {kind: number for kind, number in counts.items() if number}
    return Reading(sum(counts.values()), of_names(there))


def _lines(pattern: str, data: bytes) -> dict[int, None]:
    """Where the lines begin in which a pattern is found, each once."""
    found = patterns.found_in(pattern, data)
    return dict.fromkeys(data.rfind(b"\n", 0, start) + 1 for start, _, _ in found)


def _size(data: bytes, start: int) -> int:
    """The bytes of the line, with its end."""
    end = data.find(b"\n", start)
    return len(data) - start if end < 0 else end + 1 - start
