"""From validated TOML to the model: what is not said comes from elsewhere, names are followed.

A table whose shape is that of its class is decoded as it stands (`molt_build.codec.from_table`).
Here is what differs, table by table: a profile comes out with its parent's flags merged in (a
child's list replaces its parent's), and so do a toolchain's flags: a profile has those of the
nearest ancestor that lists the stage. Every function takes plain values that passed the schema and
the reference checks, looks no further for errors, and gives a table in the shape of the model.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from molt_build.codec import from_table
from molt_build.manifests.gate import Gate
from molt_build.manifests.model import Cache, Case, Lane, Manifests, Profile, Project
from molt_build.manifests.parsed import Definitions, Parsed
from molt_build.manifests.register import Register
from molt_build.manifests.signal import Signal
from molt_build.manifests.suite import Suite
from molt_build.manifests.toolchain import ANY, Toolchain
from molt_build.manifests.track import Track
from molt_build.manifests.workload import Workload

Raw = Mapping[str, Any]
Raws = Mapping[str, Raw]  # of one kind, by name

_NO_REGISTER = {"name": "regressions", "description": "Nothing is registered."}
_UNITS = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}


def size_bytes(text: str) -> int:
    """`5 GB` -> 5_000_000_000; raises ValueError for what is not a size."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([A-Za-z]+)", text)
    if match is None or match[2] not in _UNITS:
        msg = f"{text!r} is not a size such as '5 GB' or '512 MiB'"
        raise ValueError(msg)
    return int(float(match[1]) * _UNITS[match[2]])


def manifests(definitions: Definitions) -> Manifests:
    """The whole model of manifests that were found to be valid."""
    raws = {
        kind: {name: one.raw for name, one in of_name.items()}
        for kind, of_name in definitions.of_kind.items()
    }
    profiles = raws["profile"]
    project = _decoded(Project, _project(next(iter(raws["project"].values()))))

    def all_of(kind: str, cls: type, shape: Callable[[Parsed], Raw]) -> dict[str, Any]:
        return {one.name: _decoded(cls, shape(one)) for one in definitions.all(kind)}

    return Manifests(
        project=project,
        profiles=all_of("profile", Profile, lambda one: _profile(one.raw, profiles)),
        toolchains=all_of(
            "toolchain", Toolchain, lambda one: {**_toolchain(one.raw, profiles), **_python(one)}
        ),
        workloads=all_of(
            "workload",
            Workload,
            lambda one: {
                **_workload(one.raw, os.path.dirname(one.file.path)),
                "found_by": one.found_by,
            },
        ),
        lanes=all_of("lane", Lane, lambda one: {"profile": project.default_profile, **one.raw}),
        cache=_decoded(Cache, _cache(next(iter(raws["cache"].values()), {}))),
        cases=all_of("case", Case, lambda one: _case(one.raw, raws)),
        suites=all_of(
            "suite",
            Suite,
            lambda one: {**_suite(one.raw, os.path.dirname(one.file.path)), **_python(one)},
        ),
        signals=all_of("signal", Signal, lambda one: _signal(one.raw, raws["signal"])),
        tracks=all_of("track", Track, lambda one: one.raw),
        gates=all_of("gate", Gate, lambda one: one.raw),
        register=_decoded(Register, next(iter(raws["register"].values()), _NO_REGISTER)),
        files={
            f"{kind}:{name}": one.file.path
            for kind, of_name in definitions.of_kind.items()
            for name, one in of_name.items()
        },
    )


def _decoded(cls: type, table: Raw) -> Any:
    return from_table(cls, _without(table, "kind", "schema_version"))


def _without(table: Raw, *keys: str) -> Raw:
    return {key: value for key, value in table.items() if key not in keys}


def default_lock(name: str) -> str:
    """Where the lock of a manifest's [python] table lies, relative to the manifest."""
    return f"locks/{name}.txt"


def _python(one: Parsed) -> Raw:
    if "python" not in one.raw:
        return {}
    lock = default_lock(one.name)
    return {"python": {"lock": lock, **one.raw["python"], "lock_text": one.lock_text}}


def _project(raw: Raw) -> Raw:
    return {"subject": raw["default_toolchain"], **raw}


def _cache(raw: Raw) -> Raw:
    shaped = dict(_without(raw, "name", "description"))
    for key in ("store_size_limit", "shards_size_limit", "blob_size_limit"):
        if key in raw:
            shaped[f"{key}_bytes"] = size_bytes(shaped.pop(key))
    return shaped


def _lineage(name: str, profiles: Raws) -> list[str]:
    """The profile and those it inherits from, the nearest last."""
    line = [name]
    while (parent := profiles[line[0]].get("inherits")) is not None:
        line.insert(0, parent)
    return line


def _profile(raw: Raw, profiles: Raws) -> Raw:
    roles: dict[str, dict[str, Any]] = {}
    for ancestor in _lineage(raw["name"], profiles):
        for role, purposes in profiles[ancestor].get("roles", {}).items():
            roles.setdefault(role, {}).update(purposes)
    return {**raw, "roles": roles}


def _toolchain(raw: Raw, profiles: Raws) -> Raw:
    flags: dict[str, dict[str, Any]] = {}
    for name in profiles:
        for ancestor in _lineage(name, profiles):
            if ancestor in raw.get("flags", {}):
                flags.setdefault(name, {}).update(raw["flags"][ancestor])
    stages = [{"takes_source": not stage.get("inputs"), **stage} for stage in raw.get("stages", ())]
    names = [stage["name"] for stage in stages]
    targets = {name: {"stages": names, **target} for name, target in raw.get("targets", {}).items()}
    shaped = {**raw, "flags": flags, "stages": stages, "targets": targets}
    for kind in ("executables", "artifacts"):
        if kind in raw:
            shaped[kind] = {name: _from_elsewhere(part) for name, part in raw[kind].items()}
    for role, table in raw.get("provides", {}).items():
        shaped["provides"] = {"role": role, **table}
    return shaped


def _from_elsewhere(part: Raw) -> Raw:
    """What is fetched or built; of a build a profile alone is that for every one asked for."""
    if "source" in part:
        return {**part, "source": _source(part["source"])}
    if "built_by" not in part or not isinstance(part["built_by"]["profile"], str):
        return part
    profile = {ANY: part["built_by"]["profile"]}
    return {**part, "built_by": {**part["built_by"], "profile": profile}}


def _workload(raw: Raw, folder: str) -> Raw:
    programs = [
        {"entry": f"{one['name']}.py", "form": form(one, raw, "program"), **one}
        for one in raw["programs"]
    ]
    return {
        **raw,
        "source": _source(raw["source"]),
        "programs": programs,
        **_adapter(raw, folder),
    }


def _adapter(raw: Raw, folder: str) -> Raw:
    """`folder` is that of the manifest, to which its adapter's paths are relative."""
    if "adapter" not in raw:
        return {}
    adapter = {
        key: value if key == "note" else os.path.normpath(os.path.join(folder, value))
        for key, value in raw["adapter"].items()
    }
    return {"adapter": adapter}


def _source(raw: Raw) -> Raw:
    return {"file": "sdist", **raw} if "pypi" in raw else raw


def _signal(raw: Raw, signals: Raws) -> Raw:
    like = raw.get("modules", {}).get("like")
    if like is None:
        return raw
    other = signals[like]
    reads = ("outputs", "files", "exclude")
    given = {} if any(key in raw for key in reads) else other
    taken = {key: given[key] for key in reads if key in given}
    return {**taken, **raw, "modules": {**other["modules"], **raw["modules"]}}


def _case(raw: Raw, raws: Mapping[str, Raws]) -> Raw:
    return {**raw, "workloads": [_case_workload(one, raw, raws) for one in raw["workloads"]]}


def _case_workload(raw: Raw, case: Raw, raws: Mapping[str, Raws]) -> Raw:
    language = raws["workload"][raw["name"]]["language"]
    taking = [
        name
        for name in case["toolchains"]
        if language in raws["toolchain"][name].get("accepts", ())
    ]
    shaped = {"toolchains": taking, **raw}
    if "shard" in raw:
        number, of = map(int, raw["shard"].split("/"))
        shaped["shard"] = {"number": number, "of": of}
    return shaped


def _suite(raw: Raw, folder: str) -> Raw:
    mode = "requires_adapter" if "adapter" in raw else "runs_unmodified"
    return {
        "default": {"mode": mode},
        **_without(raw, "timeout_s", "repetitions"),
        "source": _source(raw["source"]),
        "programs": [_suite_program(one, raw) for one in raw["programs"]],
        **_adapter(raw, folder),
    }


def _suite_program(raw: Raw, suite: Raw) -> Raw:
    of_all = {key: suite[key] for key in ("timeout_s", "repetitions") if key in suite}
    return {**of_all, "kernel": raw.get("name", ""), "form": form(raw, suite, "script"), **raw}


def form(program: Raw, owner: Raw, otherwise: str) -> str:
    """How a program is run; driven when it is not said and there is what drives it."""
    can_drive = "drive" in owner.get("adapter", {})
    return str(program.get("form", "driven" if can_drive else otherwise))
