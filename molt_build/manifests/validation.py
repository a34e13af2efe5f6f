"""All manifests of a project, read and checked: the pipeline from files to diagnostics.

Read and parse each file; validate it against its kind's schema; gather what is defined under which
name; check the references between all of them. One broken file hides no error of another.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from molt_build.manifests import (
    found,
    lock_checks,
    references,
    resolve,
    schema,
    search,
    toml,
)
from molt_build.manifests.diagnostics import Diagnostic, KeyPath, near_miss, quote
from molt_build.manifests.parsed import Definitions, Parsed
from molt_build.manifests.search import ManifestFile
from molt_build.manifests.value_checks import leaves
from molt_build.stat_data import Clocks

LOCK_LIMIT_BYTES = 20_000_000
ONE_OF_A_KIND = ("project", "cache", "register")

_DIRECTIVE = re.compile(r"#:schema[ \t]+(\S.*?)[ \t]*\Z")
_SCHEMA_NAME = re.compile(r"(?:.*/)?([^/]+)\.schema\.json\Z")


@dataclass(frozen=True)
class Examined:
    """The outcome for a whole project; without diagnostics the definitions can be resolved."""

    files: tuple[ManifestFile, ...]
    definitions: Definitions
    diagnostics: tuple[Diagnostic, ...]  # sorted by file and position
    of_locks: frozenset[Diagnostic]  # those that another `molt-build pin` mends
    found: Mapping[str, found.Found] = field(default_factory=dict)  # by workloads' globs


def examine(
    project: str,
    *,
    with_files: bool = False,
    kept: Mapping[str, found.Kept] | None = None,
    clocks: Callable[[], Clocks | None] = lambda: None,
) -> Examined:
    """Read and check every manifest; `with_files` also asks whether the programs' files exist.

    `kept` is what the files of programs said, by workload, and `clocks` as for `found.find`.
    """
    files = search.manifest_files(project)
    diagnostics = [
        Diagnostic(shown, 1, 1, "", reason) for shown, reason in search.unsearched(project)
    ]
    loaded: list[Parsed] = []
    unreadable: set[str] = set()
    of_globs: dict[str, found.Found] = {}
    for file in files:
        manifest, wrong = _load(file)
        diagnostics += wrong
        if manifest is not None and _has_a_glob(manifest):
            earlier = (kept or {}).get(manifest.name, found.NOTHING)
            manifest, of_glob, wrong = _with_programs(manifest, project, earlier, clocks)
            diagnostics += wrong
            if of_glob is not None:
                of_globs[manifest.name] = of_glob
        if manifest is not None:
            loaded.append(manifest)
        else:
            unreadable.add(os.path.splitext(os.path.basename(file.path))[0])
    of_kind, twice = _define(loaded)
    diagnostics += twice
    folder = os.path.abspath(project) if with_files else None
    definitions = Definitions(of_kind, frozenset(unreadable), folder)
    if not of_kind["project"] and "project" not in unreadable:
        diagnostics.append(_no_project(project))
    # What the project overrides need not fit to the project.
    in_use = [
        one
        for one in loaded
        if not one.file.is_bundled or definitions.get(one.kind, one.name) is one
    ]
    at_fault = {(found.file, found.path) for found in diagnostics}
    for manifest, finding in references.findings(definitions, in_use):
        diagnostic = manifest.diagnostic(finding)
        if (diagnostic.file, diagnostic.path) not in at_fault:
            diagnostics.append(diagnostic)
    of_locks = frozenset(
        manifest.diagnostic(finding)
        for manifest in in_use
        for finding in lock_checks.findings(manifest)
    )
    in_order = tuple(sorted({*diagnostics, *of_locks}, key=_order))
    return Examined(tuple(files), definitions, in_order, of_locks, of_globs)


def _order(found: Diagnostic) -> tuple[str, int, int, str, str]:
    return found.file, found.line, found.column, found.path, found.message


def _load(file: ManifestFile) -> tuple[Parsed | None, list[Diagnostic]]:
    """A manifest, if it can be told which kind it is, and what is wrong with it by itself."""
    try:
        document = toml.read(file.path)
    except toml.TomlProblem as problem:
        finding = (problem.path, problem.message, problem.hint)
        return None, [Diagnostic.of(file.shown, problem.position, finding)]
    declared, name = document.values.get("kind"), document.values.get("name")
    kind = declared if declared in schema.KINDS else _directed_kind(document.first_line)
    near = near_miss("" if declared is None else str(declared), schema.KINDS, "kinds")
    if kind not in schema.KINDS:
        message = f"there is no manifest kind {schema.describe(declared)}"
        finding = (("kind",), "missing key" if declared is None else message, near)
        return None, [Diagnostic.of(file.shown, document.position(("kind",)), finding)]
    document = schema.with_new_names(kind, document)
    findings, marks = schema.examine(kind, document)
    manifest = Parsed(file, kind, name if isinstance(name, str) else "", document, marks)
    diagnostics = []
    try:
        manifest = replace(manifest, lock_text=_lock_text(manifest))
    except toml.TomlProblem as problem:
        finding = (problem.path, problem.message, problem.hint)
        diagnostics.append(manifest.diagnostic(finding))
    for finding in findings:
        if finding[0] == ("kind",) and declared is not None:
            finding = (*finding[:2], near)
        diagnostics.append(manifest.diagnostic(finding))
    wrong = _directive_problem(file, kind, document.first_line)
    if wrong is not None:
        diagnostics.append(Diagnostic(file.shown, 1, 1, "#:schema", *wrong))
    return manifest, diagnostics


def _has_a_glob(manifest: Parsed) -> bool:
    return manifest.kind == "workload" and isinstance(manifest.raw.get("programs"), str)


def _with_programs(
    manifest: Parsed, project: str, kept: found.Kept, clocks: Callable[[], Clocks | None]
) -> tuple[Parsed, found.Found | None, list[Diagnostic]]:
    """A workload with a table for each program that its glob finds, and what is wrong with that."""
    top = manifest.top
    programs, source, root = top["programs"], top["source"], top["source"]["root"].text_or(".")
    of_glob: found.Found | None = None
    wrong: list[Diagnostic] = []
    paths = [programs.text, source["project"].text, root, *top["exclude"].texts]
    if "project" not in source and source.keys:
        message = "a glob finds programs of a [source] project only"
        hint = "what others fetch is not there before it is fetched: name its programs here"
        wrong.append(manifest.diagnostic(programs.wrong(message, hint)))
    elif all(paths) and not any(map(leaves, paths)):
        folder = os.path.normpath(os.path.join(os.path.abspath(project), *paths[1:3]))
        glob = found.Glob(folder, programs.text, tuple(top["exclude"].texts))
        try:
            of_glob = found.find(os.path.abspath(project), glob, kept, clocks)
        except OSError as error:
            reason = f"{error.filename}: {error.strerror or error}"
            wrong.append(manifest.diagnostic(programs.wrong(reason)))
        else:
            wrong += of_glob.wrong
            if not of_glob.looked.files:
                shown = search.shown_path(folder, project)
                message = f"finds no file in {quote(shown)}"
                wrong.append(manifest.diagnostic(programs.wrong(message)))
    rows = [] if of_glob is None else of_glob.rows()
    document = replace(manifest.document, values={**manifest.raw, "programs": rows})
    files = () if of_glob is None else tuple(of_glob.files)
    manifest = replace(manifest, document=document, found_by=programs.text, found=files)
    return manifest, of_glob, wrong


def _directed_kind(first_line: str) -> str | None:
    directive = _DIRECTIVE.match(first_line)
    named = _SCHEMA_NAME.match(directive[1]) if directive else None
    return named[1] if named else None


def _directive_problem(
    file: ManifestFile, kind: str, first_line: str
) -> tuple[str, str | None] | None:
    """The first line tells editors the schema; it must tell them the right one."""
    depth = os.path.relpath(os.path.dirname(file.path), os.path.dirname(file.tree)).count(os.sep)
    wanted = f"#:schema {'../' * (depth + 1)}schemas/{kind}.schema.json"
    directive = _DIRECTIVE.match(first_line)
    if directive is None:
        return "the first line must name the schema", f"write: {wanted}"
    if _directed_kind(first_line) != kind:
        return f"names {quote(directive[1])}, but the kind is {quote(kind)}", f"write: {wanted}"
    schemas = os.path.join(os.path.dirname(file.tree), "schemas")
    if "://" not in directive[1] and os.path.isdir(schemas):
        target = posixpath.normpath(posixpath.join(os.path.dirname(file.path), directive[1]))
        if not os.path.isfile(target):
            return f"there is no file {quote(directive[1])}", f"write: {wanted}"
    return None


def _define(loaded: list[Parsed]) -> tuple[dict[str, dict[str, Parsed]], list[Diagnostic]]:
    """What is defined under which kind and name, and what is defined once too often."""
    of_kind: dict[str, dict[str, Parsed]] = {kind: {} for kind in schema.KINDS}
    twice = []
    for manifest in loaded:
        known = of_kind[manifest.kind]
        if manifest.kind in ONE_OF_A_KIND:
            other = next(iter(known.values()), None)
            message = f"a project has one {manifest.kind} manifest, and this is another"
        else:
            other = known.get(manifest.name)
            message = f"the {manifest.kind} {quote(manifest.name)} is defined twice"
        if other is None:
            known[manifest.name] = manifest
        elif not (manifest.file.is_bundled and not other.file.is_bundled) and manifest.name:
            twice.append(manifest.diagnostic((("name",), message, f"also at {other.place}")))
    return of_kind, twice


def _no_project(project: str) -> Diagnostic:
    if not os.path.isdir(search.project_manifests(project)):
        message, hint = "there is no such folder", "molt-build init makes one"
        return Diagnostic("manifests", 1, 1, "", message, hint)
    hint = 'it begins with: #:schema ../schemas/project.schema.json, kind = "project"'
    file = os.path.join("manifests", "project.toml")
    return Diagnostic(file, 1, 1, "", "there is no project manifest", hint)


def _lock_text(manifest: Parsed) -> str:
    """The content of the manifest's lock, "" while there is none; raises `TomlProblem`."""
    lock = manifest.top["python"]["lock"]
    name = lock.text_or(resolve.default_lock(manifest.name))
    path = os.path.join(os.path.dirname(manifest.file.path), name)
    has_lock = bool(manifest.top["python"].keys) and os.path.lexists(path)
    if not has_lock or not name or leaves(name):
        return ""
    try:
        return toml.read_text(path, LOCK_LIMIT_BYTES)
    except toml.TomlProblem as problem:
        where: KeyPath = ("python",) if lock.value is None else lock.path
        message = f"the lock {quote(name)} {problem.message}"
        raise toml.TomlProblem(problem.position, message, problem.hint, where) from problem
