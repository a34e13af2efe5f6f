"""What `wasm-objdump` says of a module, in the words of the reader `wasm`."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

from build_projects import needs

SECTION = re.compile(r"^(\w+)(?:\[\d+\])?:$")
IMPORT = re.compile(r"^ - \w+\[\d+\] .*<- (\w+)\.(.+)$")
BODY = re.compile(r"^ - func\[(\d+)\] size=(\d+)(?: <(.+)>)?$")
FUNCTION = re.compile(r"^[0-9a-f]+ func\[(\d+)\](?: <(.+)>)?:$")
CALL = re.compile(r"^ [0-9a-f]+: [0-9a-f ]+\| +(?:return_)?call (\d+)(?: <(.+)>)?$")


def imports(path: Path) -> list[str]:
    """The names of all imports."""
    return [found[2] for line in _section(path, "Import") if (found := IMPORT.match(line))]


def functions(path: Path) -> dict[int, int]:
    """The number of each function that is defined, and its bytes."""
    bodies = [BODY.match(line) for line in _section(path, "Code")]
    return {int(found[1]): int(found[2]) for found in bodies if found}


def calls(path: Path) -> Counter[tuple[int, int]]:
    """From which function to which, by their numbers."""
    found: Counter[tuple[int, int]] = Counter()
    caller = -1
    for line in _said("-d", path):
        if function := FUNCTION.match(line):
            caller = int(function[1])
        elif call := CALL.match(line):
            found[caller, int(call[1])] += 1
    return found


def function_names(path: Path) -> dict[int, str]:
    """The names under which functions are imported, by number."""
    lines = [line for line in _section(path, "Import") if line.startswith(" - func[")]
    return {n: found[2] for n, line in enumerate(lines) if (found := IMPORT.match(line))}


def _section(path: Path, name: str) -> list[str]:
    """The lines of a section's details."""
    found, is_it = [], False
    for line in _said("-x", path):
        if heading := SECTION.match(line):
            is_it = heading[1] == name
        elif is_it:
            found.append(line)
    return found


def _said(option: str, path: Path) -> list[str]:
    argv = [needs("wasm-objdump"), option, str(path)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()
