"""All manifests of a project, read and checked: the pipeline from files to diagnostics.

Read and parse each file; validate it against its kind's schema; gather what is defined under which
name; check the references between all of them. One broken file hides no error of another.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from molt_build.manifests import references, resolve, schema, search, toml
from molt_build.manifests.definitions import Definitions, Loaded, table
from molt_build.manifests.diagnostics import Diagnostic, format_path, near_miss, quote
from molt_build.manifests.model import Manifests
from molt_build.manifests.search import ManifestFile
from molt_build.manifests.value_checks import leaves

LOCK_LIMIT_BYTES = 20_000_000
ONE_OF_A_KIND = ("project", "cache")

_DIRECTIVE = re.compile(r"#:schema[ \t]+(\S.*?)[ \t]*\Z")
_SCHEMA_NAME = re.compile(r"(?:.*/)?([^/]+)\.schema\.json\Z")


@dataclass(frozen=True)
class Examined:
    """The outcome for a whole project; without diagnostics the definitions can be resolved."""

    files: tuple[ManifestFile, ...]
    definitions: Definitions
    lock_texts: Mapping[tuple[str, str], str]  # (kind, name) -> of the locks that there are
    diagnostics: tuple[Diagnostic, ...]  # sorted by file and position


def examine(project: str, *, with_files: bool = False) -> Examined:
    """Read and check every manifest; `with_files` also asks whether the programs' files exist."""
    files = search.manifest_files(project)
    diagnostics = [
        Diagnostic(shown, 1, 1, "", reason) for shown, reason in search.unsearched(project)
    ]
    loaded: list[Loaded] = []
    unreadable: dict[str, set[str]] = {}
    for file in files:
        manifest = _load(file, diagnostics)
        if manifest is not None:
            loaded.append(manifest)
        else:
            stem = os.path.splitext(os.path.basename(file.path))[0]
            for kind in schema.KINDS:
                unreadable.setdefault(kind, set()).add(stem)
    folder = os.path.abspath(project) if with_files else None
    definitions = _define(loaded, unreadable, diagnostics, folder)
    if not definitions.all("project") and "project" not in unreadable.get("project", ()):
        diagnostics.append(_no_project(project))
    # What the project overrides need not fit to the project.
    in_use = [
        one
        for one in loaded
        if not one.file.is_bundled or definitions.get(one.kind, one.name) is one
    ]
    at_fault = {(found.file, found.path) for found in diagnostics}
    for manifest, (path, message, hint) in references.findings(definitions, in_use):
        shown = format_path(path)
        if (manifest.file.shown, shown) not in at_fault:
            line, column = manifest.document.position(path)
            diagnostics.append(Diagnostic(manifest.file.shown, line, column, shown, message, hint))
    lock_texts = {
        (manifest.kind, manifest.name): _lock_text(manifest, diagnostics)
        for kind in ("toolchain", "suite")
        for manifest in definitions.all(kind)
        if manifest.raw.get("python")
    }
    ordered = sorted(set(diagnostics), key=_order)
    return Examined(tuple(files), definitions, lock_texts, tuple(ordered))


def model(examined: Examined) -> Manifests:
    """The resolved model of manifests that were found to be valid."""
    return resolve.manifests(examined.definitions, examined.lock_texts)


def _order(found: Diagnostic) -> tuple[str, int, int, str, str]:
    return found.file, found.line, found.column, found.path, found.message


def _load(file: ManifestFile, diagnostics: list[Diagnostic]) -> Loaded | None:
    try:
        document = toml.read(file.path)
    except toml.TomlProblem as problem:
        line, column = problem.position
        path = format_path(problem.path)
        diagnostics.append(
            Diagnostic(file.shown, line, column, path, problem.message, problem.hint)
        )
        return None
    declared = document.values.get("kind")
    directed = _directed_kind(document.first_line)
    kind = declared if declared in schema.KINDS else directed
    if kind not in schema.KINDS:
        line, column = document.position(("kind",))
        if declared is None:
            message = "missing key"
        else:
            message = f"there is no manifest kind {schema.describe(declared)}"
        hint = near_miss(str(declared or ""), schema.KINDS, "kinds")
        diagnostics.append(Diagnostic(file.shown, line, column, "kind", message, hint))
        return None
    found_here, marks = schema.examine(kind, document, file.shown)
    for found in found_here:
        if found.path == "kind" and declared is not None:
            found = replace(found, hint=near_miss(str(declared), schema.KINDS, "kinds"))
        diagnostics.append(found)
    wrong = _directive_problem(file, kind, document.first_line)
    if wrong is not None:
        diagnostics.append(Diagnostic(file.shown, 1, 1, "#:schema", *wrong))
    name = document.values.get("name")
    return Loaded(file, kind, name if isinstance(name, str) else "", document, tuple(marks))


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


def _define(
    loaded: list[Loaded],
    unreadable: dict[str, set[str]],
    diagnostics: list[Diagnostic],
    project: str | None,
) -> Definitions:
    of_kind: dict[str, dict[str, Loaded]] = {kind: {} for kind in schema.KINDS}
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
            line, column = manifest.document.position(("name",))
            diagnostics.append(
                Diagnostic(
                    manifest.file.shown, line, column, "name", message, f"also at {other.place}"
                )
            )
    guessed = {kind: frozenset(names) for kind, names in unreadable.items()}
    return Definitions(of_kind, guessed, project)


def _no_project(project: str) -> Diagnostic:
    folder = search.project_manifests(project)
    if not os.path.isdir(folder):
        return Diagnostic(
            "manifests", 1, 1, "", "there is no such folder", "molt-build init makes one"
        )
    return Diagnostic(
        os.path.join("manifests", "project.toml"),
        1,
        1,
        "",
        "there is no project manifest",
        'it begins with: #:schema ../schemas/project.schema.json, kind = "project"',
    )


def _lock_text(manifest: Loaded, diagnostics: list[Diagnostic]) -> str:
    """The content of the manifest's lock, "" while there is none."""
    python = table(manifest.raw.get("python"))
    lock = python.get("lock", resolve.default_lock(manifest.name))
    if not python or not isinstance(lock, str) or leaves(lock):
        return ""
    path = os.path.join(os.path.dirname(manifest.file.path), lock)
    if not os.path.lexists(path):
        return ""
    try:
        return toml.read_text(path, LOCK_LIMIT_BYTES)
    except toml.TomlProblem as problem:
        where = ("python", "lock") if "lock" in python else ("python",)
        line, column = manifest.document.position(where)
        message = f"the lock {quote(lock)} {problem.message}"
        diagnostics.append(
            Diagnostic(manifest.file.shown, line, column, format_path(where), message, problem.hint)
        )
        return ""
