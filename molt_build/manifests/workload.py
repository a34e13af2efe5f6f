"""What workload manifests declare: programs, and where their files come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# How a program is run: called by the adapter, imported (of suites alone), or as it is.
Form = Literal["driven", "script", "program"]


@dataclass(frozen=True)
class Source:
    """Where a workload's files come from: exactly one of project, archive, pypi, npm and git."""

    project: str | None = None  # a path relative to the project
    archive: str | None = None  # a URL (https or file) or a project path
    sha256: str | None = None  # of the archive or of the package's file
    git: str | None = None  # a URL
    commit: str | None = None  # a full commit id
    root: str = "."  # the folder inside the source that holds the programs
    pypi: str | None = None  # a package's name
    npm: str | None = None  # a package's name, with its scope
    version: str | None = None  # of the package
    file: str | None = None  # "sdist" | "wheel"
    ref: str | None = None  # the tag or branch that the commit was pinned from
    paths: tuple[str, ...] = ()  # all that is fetched of a git source, as globs; () means all


@dataclass(frozen=True)
class Program:
    """One program of a workload."""

    name: str
    entry: str  # relative to the source's root
    family: str = "other"
    description: str = ""
    args: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    form: Form = "program"
    kernel: str = ""  # the canonical name of what it computes; "": its own, without "bench_"
    size: int | None = None  # handed to the adapter
    repetitions: int = 10  # in one process, for the steady state
    environment: Mapping[str, str] = field(default_factory=dict)  # of its runs, not of its build
    exit_status: int = 0  # that a run ends with; any other is a failure
    skip: str = ""  # why it is neither built nor run; "" for nearly all


@dataclass(frozen=True)
class Adapter:
    """Files of the project's own that stand between programs and an engine.

    Both are absolute paths. The protocol is in `molt_build/bench/driver.py`.
    """

    drive: str | None = None  # a Python file: what is called in a module, and what is digested
    # Of suites, a Python file: what is changed in, or added to, a program's files.
    prepare: str | None = None
    note: str = ""  # what they do, and why


@dataclass(frozen=True)
class Workload:
    """A set of programs that is built and run."""

    name: str
    description: str
    language: str
    source: Source
    programs: tuple[Program, ...]
    candidates: tuple[str, ...] = ()  # globs, relative to the root: may be read by every program
    adapter: Adapter | None = None
    exclude: tuple[str, ...] = ()  # globs, relative to the root: no programs
    found_by: str | None = None  # a glob, relative to the root; None: the programs are listed
