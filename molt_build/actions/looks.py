"""Depfiles that tell more than what was read: what was looked for, and what was listed.

`looked`: a line for each look, a word and a path, which may hold spaces and is relative to the
staging directory where it is not absolute:

    read PATH       the content of the file counts
    absent PATH     a file was looked for there, and there was none
    present PATH    there was something, whose content does not count

`python-audit`: what an audit hook of Python (PEP 578) sees, a JSON list of an event and its
arguments a line, as `molt_build.audit_hook` writes it. Of CPython's events these count; their
arguments are said in the library reference, "Audit events table", and in the sources
(`Modules/_io/fileio.c`, `Modules/posixmodule.c`, `Python/import.c`):

    open path mode flags       before a file is opened, whether it is there or not; `path` may be a
                               file descriptor, which says nothing new; for reading, by `flags`
    import name file sys_path  a statement looks for a module that is not loaded yet: in `sys_path`,
                               or in the package that it is in; or an extension module is loaded
    os.listdir path            null stands for the working directory
    os.scandir path

What no such log tells: `os.stat` and all that asks by it whether something exists (`Path.exists`,
`os.path.isfile`); what extension modules and other programs open; what was loaded before the hook;
`importlib.import_module`, but the hook of this package sees that too, as the first finder. Byte
code that is up to date is opened in place of its source, so of what lies in `__pycache__` it is the
source that counts. Devices, pipes and the kernel's own files (/proc, /sys) are no inputs.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field

from molt_build.actions.depfile import parse_depfile
from molt_build.errors import BuildFailed

_WORDS = ("read", "absent", "present")
_BYTE_CODE = re.compile(r"(.*/)?__pycache__/([^/.]+)\.[^/]*\.pyc")
_OF_THE_KERNEL = ("/dev/", "/proc/", "/sys/")


@dataclass(frozen=True)
class Looks:
    """What a depfile tells, each in order and once; paths as they are written there."""

    read: dict[str, None] = field(default_factory=dict)
    opened: dict[str, None] = field(default_factory=dict)  # where there may have been nothing
    made: dict[str, None] = field(default_factory=dict)  # written before they were opened to read
    absent: dict[str, None] = field(default_factory=dict)
    present: dict[str, None] = field(default_factory=dict)
    listed: dict[str, None] = field(default_factory=dict)  # folders
    # Folders -> the names of modules that were looked for there; with dots, through packages.
    imported: dict[tuple[str, ...], dict[str, None]] = field(default_factory=dict)
    search_paths: dict[tuple[str, ...], None] = field(default_factory=dict)  # no packages


def parse_looks(text: str, format: str) -> Looks:
    """What a depfile tells; raises `BuildFailed` when the text is not `format`."""
    if format == "looked":
        return _looked(text)
    if format == "python-audit":
        return _audited(text)
    return Looks(read=dict.fromkeys(parse_depfile(text, format)))


def _looked(text: str) -> Looks:
    looks = Looks()
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not line.strip():
            continue
        word, _, path = line.partition(" ")
        if word not in _WORDS or not path:
            message = f"the depfile has a line that says nothing, line {number}: {line[:80]!r}"
            raise BuildFailed(message, "a line is 'read PATH', 'absent PATH' or 'present PATH'")
        getattr(looks, word)[path] = None
    return looks


def _audited(text: str) -> Looks:
    looks = Looks()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            event, *arguments = json.loads(line)
            _take(looks, event, arguments)
        except (ValueError, TypeError, IndexError, RecursionError) as error:
            message = f"the depfile has a line that is no event, line {number}: {line[:80]!r}"
            raise BuildFailed(message, "a line is a JSON list: [EVENT, ARGUMENT, ...]") from error
    return looks


def _take(looks: Looks, event: str, arguments: list[object]) -> None:
    """Note one event; raises `BuildFailed` for what the hook could not tell."""
    if event == "open":
        path, _, flags = arguments[:3]
        is_read = _is_for_reading(int(flags))  # type: ignore[call-overload]
        if not isinstance(path, str) or path.startswith(_OF_THE_KERNEL):
            return
        if is_read:
            looks.opened[source_of(path)] = None
        elif path not in looks.opened:
            looks.made[path] = None
    elif event == "import":
        name, file, *folders = arguments
        if isinstance(file, str):
            looks.opened[file] = None
        is_of_package = len(folders) == 2 and folders[1] is not None
        given = folders[1] if is_of_package else folders[0]
        if isinstance(given, list) and isinstance(name, str):
            search_path = tuple(path for path in given if isinstance(path, str))
            wanted = name.rpartition(".")[2] if is_of_package else name
            looks.imported.setdefault(search_path, {})[wanted] = None
            if not is_of_package:
                looks.search_paths[search_path] = None
    elif event in ("os.listdir", "os.scandir"):
        if not isinstance(arguments[0], int):
            looks.listed[str(arguments[0] or ".")] = None
    elif event == "error":
        raise BuildFailed(f"the audit hook could not tell everything: {arguments[0]}")


def _is_for_reading(flags: int) -> bool:
    return flags & os.O_ACCMODE != os.O_WRONLY and not flags & os.O_TRUNC


def source_of(path: str) -> str:
    """The source whose byte code lies at a path; the path itself where it is of something else."""
    found = _BYTE_CODE.fullmatch(path)
    return path if found is None else f"{found[1] or ''}{found[2]}.py"
