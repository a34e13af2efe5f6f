"""A manifest property is written in two places, and these agree: its schema and its model."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from molt_build.codec import OtherShape, from_table
from molt_build.manifests import schema
from molt_build.manifests.gate import Gate
from molt_build.manifests.model import Cache, Case, Lane, Profile, Project, Shard
from molt_build.manifests.register import Register
from molt_build.manifests.resolve import size_bytes
from molt_build.manifests.signal import Signal
from molt_build.manifests.suite import Suite
from molt_build.manifests.toolchain import Toolchain
from molt_build.manifests.track import Track
from molt_build.manifests.workload import Workload

MODELS = {
    "project": Project,
    "toolchain": Toolchain,
    "profile": Profile,
    "workload": Workload,
    "lane": Lane,
    "cache": Cache,
    "case": Case,
    "suite": Suite,
    "signal": Signal,
    "track": Track,
    "gate": Gate,
    "register": Register,
}
PATHS_AND_REASONS = {
    # Of the schema alone.
    "cache.name": "for messages",
    "cache.description": "for messages",
    "cache.store_size_limit": "text with a unit; bytes in the model",
    "cache.shards_size_limit": "text with a unit; bytes in the model",
    "cache.blob_size_limit": "text with a unit; bytes in the model",
    "suite.timeout_s": "of the programs that say nothing else",
    "suite.repetitions": "of the programs that say nothing else",
    # Of the model alone.
    "cache.store_size_limit_bytes": "store_size_limit of the file",
    "cache.shards_size_limit_bytes": "shards_size_limit of the file",
    "cache.blob_size_limit_bytes": "blob_size_limit of the file",
    "toolchain.provides.role": "the key of its table",
    "toolchain.executables.name": "the key of its table",
    "toolchain.artifacts.name": "the key of its table",
    "toolchain.queries.name": "the key of its table",
    "toolchain.targets.name": "the key of its table",
    "signal.modules.marks.name": "the key of its table",
    "signal.modules.classes.parses": "either, where it is not said",
    "toolchain.python.lock_text": "the content of the lock",
    "suite.python.lock_text": "the content of the lock",
    "workload.adapter.prepare": "of suites alone",
    "workload.found_by": "programs of the file, where that is a glob",
    # Required of one kind alone.
    "workload.adapter.drive": "an adapter of a workload does nothing else",
    "suite.adapter.note": "what stands between others' programs and an engine is explained",
    # Not said in a file, and then from elsewhere.
    "project.subject": "default_toolchain",
    "profile.roles": "those of the profile that it inherits from",
    "toolchain.flags": "those of the profiles that a profile inherits from",
    "toolchain.artifacts.source.project": "a path, as all files of the project",
    "toolchain.artifacts.source.file": "an sdist, of a package only",
    "toolchain.python.lock": "named after the manifest",
    "toolchain.stages.takes_source": "where there are no inputs",
    "toolchain.targets.stages": "all stages",
    "workload.source.file": "an sdist, of a package only",
    "workload.programs.entry": "named after the program",
    "workload.programs.form": "driven, where there is an adapter",
    "lane.profile": "the project's default_profile",
    "case.workloads.toolchains": "those of the case that take it",
    "suite.source.file": "an sdist, of a package only",
    "suite.python.lock": "named after the manifest",
    "suite.default": "with the adapter, if there is one",
    "suite.programs.form": "driven, where the adapter can",
    "suite.programs.kernel": "the program's name",
    "suite.programs.timeout_s": "that of the suite",
    "suite.programs.repetitions": "that of the suite",
}


@dataclasses.dataclass(frozen=True)
class Property:
    """One property, as its schema or its model has it."""

    is_required: bool
    default: Any


def _followed(part: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in part:
        return {**_followed(root["$defs"][part["$ref"].removeprefix("#/$defs/")], root), **part}
    return part


def _of_schema(path: str, part: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Any]:
    """Every property below `part`; where a table's keys are names, of each table there."""
    part = _followed(part, root)
    properties = {key: _followed(one, root) for key, one in part.get("properties", {}).items()}
    for key, one in properties.items():
        if key not in ("kind", "schema_version") and "x-renamed" not in one:
            default = one.get("default")
            if one.get("type") == "boolean":
                default = bool(default)
            yield f"{path}.{key}", Property(key in part.get("required", ()), default)
            yield from _of_schema(f"{path}.{key}", one, root)
    for inner in (part.get("items"), part.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from _of_schema(path, inner, root)


def _of_model(path: str, kind: Any) -> Iterator[Any]:
    if dataclasses.is_dataclass(kind) and kind is not Shard:  # text of the form K/N
        hints = typing.get_type_hints(kind)
        for field in dataclasses.fields(kind):
            key = f"{path}.{field.name.removeprefix('is_')}"
            default = field.default
            if field.default_factory is not dataclasses.MISSING:
                default = field.default_factory()
            is_required = default is dataclasses.MISSING
            yield key, Property(is_required, None if is_required else default)
            yield from _of_model(key, hints[field.name])
    elif typing.get_origin(kind) in (tuple, Mapping, types.UnionType):
        for inner in typing.get_args(kind):
            yield from _of_model(path, inner)


def _nothing_said(default: Any) -> Any:
    """What stands for nothing is the same in all forms; of a table all have their defaults."""
    if dataclasses.is_dataclass(default) and default == type(default)():  # type: ignore[operator]
        return None
    default = tuple(default) if isinstance(default, list) else default
    return None if default in ("", (), {}) else default


@pytest.mark.parametrize("kind", schema.KINDS)
def test_schema_and_model_have_the_same_properties(kind: str) -> None:
    whole = json.loads(schema.text(kind))
    of_schema = dict(_of_schema(kind, whole, whole))
    of_model = dict(_of_model(kind, MODELS[kind]))
    different = {
        path
        for path in of_schema.keys() | of_model.keys()
        if path not in of_schema
        or path not in of_model
        or of_schema[path].is_required != of_model[path].is_required
        or _nothing_said(of_schema[path].default) != _nothing_said(of_model[path].default)
    }
    excepted = {path for path in PATHS_AND_REASONS if path.startswith(kind + ".")}
    assert different == excepted


def test_sizes_have_the_same_defaults() -> None:
    sizes = json.loads(schema.text("cache"))["properties"]
    for key in ("store_size_limit", "shards_size_limit"):
        assert size_bytes(sizes[key]["default"]) == getattr(Cache, f"{key}_bytes")


@pytest.mark.parametrize(
    "table", [{"number": 1}, {"number": 1, "of": 2, "on": 3}, {"number": "1", "of": 2}, []]
)
def test_a_table_of_another_shape_is_not_decoded(table: Any) -> None:
    with pytest.raises(OtherShape):
        from_table(Shard, table)
