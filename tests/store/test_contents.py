"""What the store holds, by toolchain and stage, as `cache stats` tells it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from build_projects import Project, cache_manifest


def stages(project: Project) -> dict[str, dict[str, Any]]:
    result = project.run("cache", "stats", "--json")
    assert result.code == 0, result.err
    return {row["stage"]: row for row in json.loads(result.out)["stages"]}


def test_stages_have_rows_of_their_own(toys: Project) -> None:
    toys.replace(
        "manifests/toolchains/toy.toml",
        'name = "translate"\n',
        'name = "translate"\nstore = false\n',
    )
    toys.build("one", "two")
    toys.write("programs/one.toy", "another\n")
    toys.build("one")
    found = stages(toys)
    assert found.keys() == {"translate", "assemble"}
    made, out = found["assemble"], found["translate"]
    assert (made["toolchain"], made["entries"], made["blobs"], made["kept_out"]) == ("toy", 3, 3, 0)
    assert made["bytes"] == made["bytes_on_disk"] > 60
    assert (out["entries"], out["blobs"], out["bytes"], out["kept_out"]) == (3, 0, 0, 3)
    assert 0 < made["saved_s"] < 60 and made["last_used"].startswith("20")
    said = toys.run("cache", "stats").out
    [head] = [line for line in said.splitlines() if "toolchain" in line]
    assert head.split() == [
        "toolchain",
        "stage",
        "entries",
        "blobs",
        "size",
        "on",
        "disk",
        "out",
        "saves",
        "last",
        "used",
    ]
    assert [line.split()[:4] for line in said.splitlines() if " toy " in line] == [
        ["toy", "assemble", "3", "3"],
        ["toy", "translate", "3", "0"],
    ]


def test_what_is_compressed_has_two_sizes(toys: Project) -> None:
    pytest.importorskip("zstandard", reason="the package zstandard is not installed")
    toys.write("programs/one.toy", "line\n" * 5000)
    cache_manifest(toys, 'compression = "zstd"\n')
    toys.build("one")
    row = stages(toys)["assemble"]
    assert row["bytes"] == toys.output("one/one.sh").stat().st_size > 10 * row["bytes_on_disk"]


def test_an_empty_store_has_no_table(toys: Project) -> None:
    assert stages(toys) == {}
    assert "toolchain" not in toys.run("cache", "stats").out
