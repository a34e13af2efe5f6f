"""From validated TOML to the model: defaults filled in, inheritance followed, names as keys.

Every function takes plain values that passed the schema and the reference checks, and looks no
further for errors. A profile comes out with its parent's flags merged in (a child's list replaces
its parent's), and so do a toolchain's flags: a profile has those of the nearest ancestor that lists
the stage.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from molt_build.manifests.model import (
    Adapter,
    BuiltBy,
    Cache,
    Case,
    CaseWorkload,
    Depfile,
    Edit,
    Exclusion,
    Executable,
    Kpi,
    Lane,
    LockTimes,
    Manifests,
    Mode,
    Profile,
    Program,
    Project,
    Provides,
    PythonEnvironment,
    Query,
    Retry,
    Shard,
    ShardRule,
    Source,
    Stage,
    Suite,
    SuiteProgram,
    Target,
    Toolchain,
    Track,
    Unsupported,
    Workload,
)
from molt_build.manifests.schema import KINDS

Raw = Mapping[str, Any]

DEFAULT_STORE_SIZE = "5 GB"
DEFAULT_SHARDS_SIZE = "10 GB"
DEFAULT_FLIGHT_TIMEOUT_S = 3600.0
DEFAULT_SLOT_TIMEOUT_S = 1800.0
DEFAULT_BACKOFF_MIN_S = 0.005
DEFAULT_BACKOFF_MAX_S = 1.0
DEFAULT_TIMEOUT_S = 600.0
DEFAULT_RUN_TIMEOUT_S = 60.0
DEFAULT_REPETITIONS = 10
DEFAULT_REFERENCE = "cpython"

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


def manifests(
    raws: Mapping[tuple[str, str], Raw],
    lock_texts: Mapping[tuple[str, str], str],
    files: Mapping[tuple[str, str], str],
) -> Manifests:
    """The whole model.

    `raws` maps (kind, name) to a file's values; `lock_texts` those of toolchains and suites to the
    content of the lock ("" where there is none yet); `files` to the declaring file's path.
    """
    of_kind: dict[str, dict[str, Raw]] = {kind: {} for kind in KINDS}
    for (kind, name), raw in raws.items():
        of_kind[kind][name] = raw
    (project_raw,) = of_kind["project"].values()
    declared = _project(project_raw)
    return Manifests(
        project=declared,
        profiles={name: _profile(name, of_kind["profile"]) for name in of_kind["profile"]},
        toolchains={
            name: _toolchain(raw, lock_texts.get(("toolchain", name), ""), of_kind["profile"])
            for name, raw in of_kind["toolchain"].items()
        },
        workloads={name: _workload(raw) for name, raw in of_kind["workload"].items()},
        lanes={name: _lane(raw, declared) for name, raw in of_kind["lane"].items()},
        cache=_cache(next(iter(of_kind["cache"].values()), {})),
        cases={name: _case(raw, of_kind) for name, raw in of_kind["case"].items()},
        suites={
            name: _suite(
                raw, lock_texts.get(("suite", name), ""), os.path.dirname(files["suite", name])
            )
            for name, raw in of_kind["suite"].items()
        },
        files={f"{kind}:{name}": path for (kind, name), path in files.items()},
    )


def lock_path(raw: Raw) -> str | None:
    """Where the lock lies, relative to the manifest; None without a [python] table."""
    python = raw.get("python")
    return None if python is None else str(python.get("lock", f"locks/{raw['name']}.txt"))


def _words(raw: Raw, key: str) -> tuple[str, ...]:
    return tuple(raw.get(key, ()))


def _word_lists(raw: Raw) -> dict[str, tuple[str, ...]]:
    return {key: tuple(words) for key, words in raw.items()}


def _project(raw: Raw) -> Project:
    return Project(
        name=raw["name"],
        description=raw["description"],
        default_toolchain=raw["default_toolchain"],
        default_profile=raw["default_profile"],
        subject=raw.get("subject", raw["default_toolchain"]),
        tracks=tuple(
            Track(table["id"], table["title"], _words(table, "tags"))
            for table in raw.get("tracks", ())
        ),
    )


def _cache(raw: Raw) -> Cache:
    """The cache manifest; what is not said there, or all when there is none, is said here."""
    key, locks = raw.get("key", {}), raw.get("locks", {})
    return Cache(
        store_size_limit_bytes=size_bytes(raw.get("store_size_limit", DEFAULT_STORE_SIZE)),
        shards_size_limit_bytes=size_bytes(raw.get("shards_size_limit", DEFAULT_SHARDS_SIZE)),
        key_environment=_words(key, "environment"),
        key_files=_words(key, "files"),
        shards=tuple(
            ShardRule(
                toolchain=rule.get("toolchain", "*"),
                profile=rule.get("profile", "*"),
                workload=rule.get("workload", "*"),
                slots=rule["slots"],
            )
            for rule in raw.get("shards", ())
        ),
        locks=LockTimes(
            flight_timeout_s=float(locks.get("flight_timeout_s", DEFAULT_FLIGHT_TIMEOUT_S)),
            slot_timeout_s=float(locks.get("slot_timeout_s", DEFAULT_SLOT_TIMEOUT_S)),
            backoff_min_s=float(locks.get("backoff_min_s", DEFAULT_BACKOFF_MIN_S)),
            backoff_max_s=float(locks.get("backoff_max_s", DEFAULT_BACKOFF_MAX_S)),
        ),
    )


def _lineage(name: str, profiles: Mapping[str, Raw]) -> list[str]:
    """The profile and those it inherits from, nearest first."""
    line = [name]
    while (parent := profiles[line[-1]].get("inherits")) is not None:
        line.append(parent)
    return line


def _profile(name: str, profiles: Mapping[str, Raw]) -> Profile:
    roles: dict[str, dict[str, tuple[str, ...]]] = {}
    for ancestor in reversed(_lineage(name, profiles)):
        for role, purposes in profiles[ancestor].get("roles", {}).items():
            roles.setdefault(role, {}).update(_word_lists(purposes))
    raw = profiles[name]
    return Profile(
        name=name, description=raw["description"], inherits=raw.get("inherits"), roles=roles
    )


def _toolchain(raw: Raw, lock_text: str, profiles: Mapping[str, Raw]) -> Toolchain:
    stages = tuple(_stage(stage) for stage in raw.get("stages", ()))
    return Toolchain(
        name=raw["name"],
        description=raw["description"],
        engine=raw["engine"],
        accepts=_words(raw, "accepts"),
        python=_python(raw, lock_text),
        uses=_word_lists(raw.get("uses", {})),
        provides=_provides(raw.get("provides", {})),
        executables=tuple(
            _executable(name, table) for name, table in raw.get("executables", {}).items()
        ),
        queries=tuple(_query(name, table) for name, table in raw.get("queries", {}).items()),
        identity_files=_words(raw, "identity_files"),
        stages=stages,
        flags=_flags(raw.get("flags", {}), profiles),
        native_flags=_words(raw, "native_flags"),
        cpu_specific=raw.get("cpu_specific", False),
        is_jit=raw.get("jit", False),
        targets=tuple(
            _target(name, table, stages) for name, table in raw.get("targets", {}).items()
        ),
        unsupported=tuple(
            Unsupported(_words(table, "programs"), _words(table, "tags"), table["reason"])
            for table in raw.get("unsupported", ())
        ),
        reason_pattern=raw.get("reason_pattern"),
    )


def _flags(raw: Raw, profiles: Mapping[str, Raw]) -> dict[str, dict[str, tuple[str, ...]]]:
    flags: dict[str, dict[str, tuple[str, ...]]] = {}
    for name in profiles:
        for ancestor in reversed(_lineage(name, profiles)):
            if ancestor in raw:
                flags.setdefault(name, {}).update(_word_lists(raw[ancestor]))
    return flags


def _python(raw: Raw, lock_text: str) -> PythonEnvironment | None:
    lock = lock_path(raw)
    if lock is None:
        return None
    return PythonEnvironment(_words(raw["python"], "requires"), lock, lock_text)


def _provides(raw: Raw) -> Provides | None:
    for role, table in raw.items():
        return Provides(
            role=role,
            command=_words(table, "command"),
            flags=_word_lists(table.get("flags", {})),
            search_path=_words(table, "search_path"),
            includes=table.get("includes"),
            environment=dict(table.get("environment", {})),
            needs_shard=table.get("needs_shard", False),
            native_flags=_words(table, "native_flags"),
        )
    return None


def _executable(name: str, raw: Raw) -> Executable:
    built = raw.get("built_by")
    return Executable(
        name=name,
        names=_words(raw, "names"),
        path=raw.get("path"),
        query=raw.get("query"),
        built_by=None
        if built is None
        else BuiltBy(built["program"], built["toolchain"], built["profile"], built["output"]),
        version=_words(raw, "version"),
        install_hint=raw.get("install_hint", ""),
    )


def _query(name: str, raw: Raw) -> Query:
    return Query(
        name=name,
        argv=_words(raw, "argv"),
        stream=raw.get("stream", "stdout"),
        pattern=raw.get("pattern"),
        is_list=raw.get("list", False),
        is_file=raw.get("file", False),
    )


def _stage(raw: Raw) -> Stage:
    inputs = dict(raw.get("inputs", {}))
    depfile = raw.get("depfile")
    return Stage(
        name=raw["name"],
        argv=_words(raw, "argv"),
        takes_source=raw.get("takes_source", not inputs),
        inputs=inputs,
        outputs=dict(raw["outputs"]),
        candidates=_words(raw, "candidates"),
        absences=_words(raw, "absences"),
        looks_above=_words(raw, "looks_above"),
        imports=raw.get("imports"),
        digest=raw.get("digest", "text"),
        meaningful_comments=_words(raw, "meaningful_comments"),
        depfile=None if depfile is None else Depfile(depfile["path"], depfile["format"]),
        search_path=_words(raw, "search_path"),
        includes=raw.get("includes"),
        environment=dict(raw.get("environment", {})),
        needs_shard=raw.get("needs_shard", False),
        timeout_s=float(raw.get("timeout_s", DEFAULT_TIMEOUT_S)),
        nondeterministic=raw.get("nondeterministic"),
    )


def _target(name: str, raw: Raw, stages: tuple[Stage, ...]) -> Target:
    return Target(
        name=name,
        stages=tuple(raw.get("stages", [stage.name for stage in stages])),
        results=_words(raw, "results"),
        run=_words(raw, "run"),
        drive=_words(raw, "drive"),
        environment=dict(raw.get("environment", {})),
    )


def _source(raw: Raw) -> Source:
    return Source(
        project=raw.get("project"),
        archive=raw.get("archive"),
        sha256=raw.get("sha256"),
        git=raw.get("git"),
        commit=raw.get("commit"),
        root=raw.get("root", "."),
        pypi=raw.get("pypi"),
        version=raw.get("version"),
        file=raw.get("file", "sdist") if "pypi" in raw else None,
        ref=raw.get("ref"),
        paths=_words(raw, "paths"),
    )


def _workload(raw: Raw) -> Workload:
    return Workload(
        name=raw["name"],
        description=raw["description"],
        language=raw["language"],
        source=_source(raw["source"]),
        programs=tuple(_program(table) for table in raw["programs"]),
        candidates=_words(raw, "candidates"),
    )


def _program(raw: Raw) -> Program:
    return Program(
        name=raw["name"],
        entry=raw.get("entry", f"{raw['name']}.py"),
        family=raw.get("family", "other"),
        description=raw.get("description", ""),
        args=_words(raw, "args"),
        tags=_words(raw, "tags"),
    )


def _lane(raw: Raw, project: Project) -> Lane:
    return Lane(
        name=raw["name"],
        description=raw["description"],
        workloads=_words(raw, "workloads"),
        reference=raw["reference"],
        subject=raw["subject"],
        toolchains=_words(raw, "toolchains"),
        optional=_words(raw, "optional"),
        profile=raw.get("profile", project.default_profile),
        target=raw.get("target", "native"),
        startup_program=raw.get("startup_program"),
        budget_s=float(raw.get("budget_s", 480)),
        quick_budget_s=float(raw.get("quick_budget_s", 45)),
        run_timeout_s=float(raw.get("run_timeout_s", DEFAULT_RUN_TIMEOUT_S)),
        min_effect=float(raw.get("min_effect", 0.02)),
        metric=raw.get("metric", "wall_s"),
        tags=_words(raw, "tags"),
    )


def _case(raw: Raw, of_kind: Mapping[str, Mapping[str, Raw]]) -> Case:
    retry = raw.get("retry", {})
    return Case(
        name=raw["name"],
        description=raw["description"],
        profile=raw["profile"],
        target=raw.get("target", "native"),
        toolchains=_words(raw, "toolchains"),
        workloads=tuple(_case_workload(table, raw, of_kind) for table in raw["workloads"]),
        cache_state=raw["cache_state"],
        daemon=raw.get("daemon", False),
        clients=raw.get("clients", 1),
        compare_shards=raw.get("compare_shards", False),
        warm_ups=raw.get("warm_ups", 1),
        repeats=raw["repeats"],
        timeout_s=float(raw.get("timeout_s", DEFAULT_TIMEOUT_S)),
        reference=raw.get("reference"),
        retry=Retry(retry.get("attempts", 3), float(retry.get("backoff_s", 0.5))),
        edits=tuple(
            Edit(table["language"], table.get("file"), table.get("find"), table["replace"])
            for table in raw.get("edits", ())
        ),
        kpis=tuple(_kpi(table) for table in raw.get("kpis", ())),
    )


def _case_workload(raw: Raw, case: Raw, of_kind: Mapping[str, Mapping[str, Raw]]) -> CaseWorkload:
    language = of_kind["workload"][raw["name"]]["language"]
    taking = [
        name
        for name in case["toolchains"]
        if language in of_kind["toolchain"][name].get("accepts", ())
    ]
    number, _, of = raw.get("shard", "").partition("/")
    return CaseWorkload(
        name=raw["name"],
        programs=_words(raw, "programs"),
        shard=Shard(int(number), int(of)) if of else None,
        toolchains=tuple(raw.get("toolchains", taking)),
    )


def _kpi(raw: Raw) -> Kpi:
    return Kpi(
        name=raw["name"],
        metric=raw["metric"],
        limit=float(raw["max"] if "max" in raw else raw["min"]),
        is_maximum="max" in raw,
        source=raw["source"],
        workloads=_words(raw, "workloads"),
        toolchains=_words(raw, "toolchains"),
    )


def _suite(raw: Raw, lock_text: str, folder: str) -> Suite:
    """`folder` is that of the manifest, to which its adapter's paths are relative."""
    adapter = _adapter(raw["adapter"], folder) if "adapter" in raw else None
    mode = "runs_unmodified" if adapter is None else "requires_adapter"
    return Suite(
        name=raw["name"],
        description=raw["description"],
        friend=raw["friend"],
        licence=raw["licence"],
        source=_source(raw["source"]),
        reference=raw.get("reference", DEFAULT_REFERENCE),
        python=_python(raw, lock_text),
        adapter=adapter,
        environment={engine: dict(table) for engine, table in raw.get("environment", {}).items()},
        engines=_modes(raw),
        default=_mode(raw.get("default", {"mode": mode})),
        present=_words(raw, "present"),
        programs=tuple(_suite_program(table, raw) for table in raw["programs"]),
        exclusions=tuple(
            Exclusion(_words(table, "entries"), table["reason"])
            for table in raw.get("exclusions", ())
        ),
        volatile=_words(raw, "volatile"),
    )


def _adapter(raw: Raw, folder: str) -> Adapter:
    drive, prepare = (
        os.path.normpath(os.path.join(folder, raw[key])) if key in raw else None
        for key in ("drive", "prepare")
    )
    return Adapter(drive, prepare, raw["note"])


def _modes(raw: Raw) -> dict[str, Mode]:
    return {engine: _mode(table) for engine, table in raw.get("engines", {}).items()}


def _mode(raw: Raw) -> Mode:
    return Mode(raw["mode"], raw.get("reason", ""), raw.get("note", ""))


def _suite_program(raw: Raw, suite: Raw) -> SuiteProgram:
    name = raw.get("name", "")
    timeout_s = raw.get("timeout_s", suite.get("timeout_s", DEFAULT_RUN_TIMEOUT_S))
    repetitions = raw.get("repetitions", suite.get("repetitions", DEFAULT_REPETITIONS))
    return SuiteProgram(
        name=name,
        entry=raw["entry"],
        description=raw.get("description", ""),
        module=raw.get("module"),
        form=form(raw, suite),
        is_prepared=raw.get("prepared", False),
        size=raw.get("size"),
        args=_words(raw, "args"),
        files=_words(raw, "files"),
        kernel=raw.get("kernel", name),
        tags=_words(raw, "tags"),
        is_quick=raw.get("quick", False),
        timeout_s=float(timeout_s),
        repetitions=repetitions,
        c_accelerated=raw.get("c_accelerated"),
        unchecked=raw.get("unchecked"),
        engines=_modes(raw),
    )


def form(program: Raw, suite: Raw) -> str:
    """How a program of a suite is run; driven when it is not said and there is what drives it."""
    can_drive = "drive" in suite.get("adapter", {})
    return str(program.get("form", "driven" if can_drive else "script"))
