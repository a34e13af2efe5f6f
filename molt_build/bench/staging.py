"""A suite's programs, each in a folder of its own: the files it needs, adapted where declared.

The folder holds the entry as MODULE.py and the files declared beside it; then the adapter's
`prepare` file, if the program declares it, edits them in place. It lies in the user's cache
directory under a digest of all that it is made of: the files, the prepare file and what is handed
to that. What is found there is digested again before it is used: a folder somebody altered is made
anew.
"""

from __future__ import annotations

import glob
import hashlib
import json
import keyword
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from molt_build import processes
from molt_build.bench.programs import BenchProgram, Staged
from molt_build.bench.selection import LANGUAGE, Selection
from molt_build.building.session import Session
from molt_build.errors import ToolFailed, UsageError
from molt_build.files import real_folder
from molt_build.manifests.suite import Suite, SuiteProgram
from molt_build.manifests.workload import Program, Source, Workload
from molt_build.names import name_hint
from molt_build.store.digest import file_sha256, tree_sha256
from molt_build.temporary import new_folder, remove_abandoned_folders, write_whole
from molt_build.toolchains.resolved import TOOL_PATH
from molt_build.watch import Watch

FORMAT = 1
PREPARE_TIMEOUT_S = 120.0
QUICK_PROGRAMS = 3  # of a suite that marks none
NOT_DECLARED = "neither a program nor an exclusion of the manifest"
STDLIB_PREFIX = "bench_"
STAGED = "{staged}"  # in a program's arguments: the folder with its files
MAKING_PREFIX = "making-"


def stage_suite(session: Session, selection: Selection, watch: Watch) -> Staged:
    """Fetch the suite's source, if it is not there, and stage its programs.

    Raises `SourceRefused` when what was fetched is not what was pinned, `EnvironmentFailed` when
    it cannot be reached, `UsageError` when a program that was asked for is not there.
    """
    suite = selection.suite
    assert suite is not None
    watch.phase(f"fetching {suite.name}", 1)
    root = session.source_root(suite.source)
    watch.step()
    programs = expanded(suite, root)
    chosen = [program for program in programs if selection.takes(program.name)]
    if not chosen:
        wanted = selection.asked.programs
        message = f"{suite.name} has no program {', '.join(wanted)}"
        raise UsageError(message, name_hint(wanted[0], [program.name for program in programs]))
    if selection.asked.is_quick and not selection.asked.programs:
        chosen = [one for one in chosen if one.is_quick] or chosen[:QUICK_PROGRAMS]
    exclusions = _exclusions(suite, root, programs)
    watch.phase(f"staging {suite.name}", len(chosen))
    staged = []
    parent = real_folder(session.tools, session.tools / "sources" / "staged", mode=0o700)
    remove_abandoned_folders(parent)
    for program in chosen:
        staged.append(_staged(parent, suite, program, root))
        watch.step(program.name)
    return Staged(
        selection=selection,
        programs=tuple(staged),
        startup=None,
        exclusions=exclusions,
        present=len(programs) + len(exclusions),
        left_out=len(programs) - len(chosen),
    )


def expanded(suite: Suite, root: Path) -> list[SuiteProgram]:
    """The suite's programs, one for each file that a glob finds; the first of a name counts."""
    found: dict[str, SuiteProgram] = {}
    named = {program.entry for program in suite.programs if program.name}
    for program in suite.programs:
        if program.name:
            found.setdefault(program.name, program)
            continue
        for entry in _matching(root, program.entry):
            if entry in named:
                continue  # it has an entry of its own
            name = program_name(entry)
            kernel = program.kernel or name
            found.setdefault(name, replace(program, name=name, entry=entry, kernel=kernel))
    return list(found.values())


def program_name(entry: str) -> str:
    """The name of a program found by a glob: its file's stem, CamelCase in snake_case."""
    stem = os.path.splitext(os.path.basename(entry))[0]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", stem)
    return re.sub(r"[^a-z0-9_-]+", "_", words.lower())


def module_name(entry: str) -> str:
    """The module that a program's file is staged as when the manifest does not say.

    Its stem as an identifier; one of the standard library's, which it would hide, is prefixed.
    """
    stem = os.path.splitext(os.path.basename(entry))[0]
    name = re.sub(r"\W", "_", stem)
    if not name.isidentifier() or keyword.iskeyword(name) or name in sys.stdlib_module_names:
        return STDLIB_PREFIX + name
    return name


def _matching(root: Path, pattern: str) -> list[str]:
    """Files below the root that match, relative to it, sorted; links that leave it are not."""
    found = glob.glob(pattern, root_dir=root, recursive=True, include_hidden=True)
    top = os.path.realpath(root)
    return sorted(
        path
        for path in found
        if os.path.isfile(root / path)
        and os.path.commonpath([top, os.path.realpath(root / path)]) == top
    )


def _exclusions(
    suite: Suite, root: Path, programs: Iterable[SuiteProgram]
) -> tuple[tuple[str, str], ...]:
    entries = {program.entry for program in programs}
    present = sorted({path for glob_ in suite.present for path in _matching(root, glob_)} - entries)
    reasons: dict[str, str] = {}
    for exclusion in suite.exclusions:
        for pattern in exclusion.entries:
            for path in _matching(root, pattern):
                reasons.setdefault(path, exclusion.reason)
    return tuple((path, reasons.get(path, NOT_DECLARED)) for path in present)


def _staged(parent: Path, suite: Suite, program: SuiteProgram, root: Path) -> BenchProgram:
    """The program in its folder; its digest is over the names and bytes of all files there."""
    module = program.module or module_name(program.entry)
    inputs = _inputs(program, module, root)
    folder = parent / _recipe_digest(suite, program, module, inputs)
    done = folder.with_suffix(".json")
    with suppress(OSError, ValueError, KeyError, TypeError):
        digest = json.loads(done.read_text())["digest"]
        if digest == tree_sha256(folder):
            return _program(suite, program, folder, module, digest)
    with new_folder(MAKING_PREFIX, parent) as scratch:
        making = scratch / "tree"
        making.mkdir(mode=0o700)
        for destination, origin in inputs.items():
            (making / destination).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(origin, making / destination)
        failure = _prepare(suite, program, module, making) if program.is_prepared else ""
        if failure:
            return _program(suite, program, folder, module, "", failure)
        digest = tree_sha256(making)
        _put_in_place(making, folder)
        write_whole(done, json.dumps({"digest": digest}))
    return _program(suite, program, folder, module, digest)


def _program(
    suite: Suite, one: SuiteProgram, folder: Path, module: str, digest: str, failure: str = ""
) -> BenchProgram:
    name = f"{suite.name}.{one.name}"
    program = Program(
        name=name,
        entry=module + ".py",
        family=suite.name,
        description=one.description,
        args=tuple(word.replace(STAGED, str(folder)) for word in one.args),
        tags=one.tags,
        form=one.form,
        size=one.size,
        repetitions=one.repetitions,
    )
    workload = Workload(
        name=name,
        description=one.description,
        language=LANGUAGE,
        source=Source(project=str(folder)),
        programs=(program,),
    )
    return BenchProgram(
        name=one.name,
        program=program,
        workload=workload,
        owner=suite.name,
        entry=one.entry,
        folder=folder,
        module=module,
        kernel=one.kernel,
        args=one.args,
        drive=suite.adapter.drive if one.form == "driven" and suite.adapter else None,
        timeout_s=one.timeout_s,
        source_digest=digest,
        is_staged=True,
        failure=failure,
        volatile=suite.volatile,
        c_accelerated=one.c_accelerated,
        unchecked=one.unchecked,
        modes={**suite.engines, **one.engines},
        default=suite.default,
    )


def _inputs(program: SuiteProgram, module: str, root: Path) -> dict[str, Path]:
    """Path in the staged folder -> the file of the source that is copied there.

    Raises `UsageError` when the entry, or what a pattern of `files` should match, is not there.
    """
    if not (root / program.entry).is_file():
        raise UsageError(f"{program.name}: the source has no file {program.entry}")
    beside = os.path.dirname(program.entry)
    inputs = {}
    for pattern in program.files:
        matching = _matching(root, pattern)
        if not matching:
            raise UsageError(f"{program.name}: no file of the source matches {pattern}")
        for path in matching:
            below = os.path.relpath(path, beside or ".")
            inputs[path if below.startswith("..") else below] = root / path
    suffix = os.path.splitext(program.entry)[1]
    inputs[module + suffix] = root / program.entry
    return inputs


def _recipe_digest(
    suite: Suite, program: SuiteProgram, module: str, inputs: Mapping[str, Path]
) -> str:
    """Of all that a staged folder is made of."""
    prepared: list[object] = []
    if program.is_prepared:
        assert suite.adapter is not None and suite.adapter.prepare is not None
        adapter = file_sha256(Path(suite.adapter.prepare))
        prepared = [adapter, program.name, module, program.size, sys.version]
    files = {path: file_sha256(origin) for path, origin in sorted(inputs.items())}
    return hashlib.sha256(json.dumps([FORMAT, files, prepared]).encode()).hexdigest()[:40]


def _prepare(suite: Suite, program: SuiteProgram, module: str, folder: Path) -> str:
    """Run the adapter's prepare file on a staged folder; why it failed, or ""."""
    assert suite.adapter is not None and suite.adapter.prepare is not None
    size = "" if program.size is None else str(program.size)
    argv = [sys.executable, "-I", suite.adapter.prepare, program.name, str(folder), module, size]
    environment = {"PATH": TOOL_PATH, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        processes.output(argv, cwd=folder, environment=environment, timeout_s=PREPARE_TIMEOUT_S)
    except ToolFailed as failed:
        return f"its files could not be prepared: {failed.last_lines()}"
    return ""


def _put_in_place(making: Path, folder: Path) -> None:
    """Rename a finished folder to its name; what is there under it was altered, or is another's."""
    try:
        making.rename(folder)
    except OSError:
        with new_folder(MAKING_PREFIX, folder.parent) as aside:
            folder.rename(aside / "old")
            making.rename(folder)
