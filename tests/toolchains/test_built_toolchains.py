"""Toolchains that are themselves built: by which build, how often, and what is told of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, executed
from built_projects import built_project, text_of

TWO_CC = ["cc backend.o", "cc backend"]


@pytest.fixture
def built(tmp_path: Path) -> Project:
    """A compiler that is built under the profile of who asks."""
    return built_project(tmp_path)


def row(report: Any, program: str = "backend", profile: str = "dev") -> Any:
    """What the report says of one build of the toolchain."""
    [found] = [
        one
        for one in report["toolchains"]
        if one["program"] == program and one["profile"] == profile
    ]
    return found


def test_the_compiler_has_the_profile_of_who_asks(built: Project) -> None:
    for profile in ("dev", "release", "dev"):
        built.build("one", "--profile", profile)
        assert text_of(built, "one", profile) == f"built under {profile}: one\n"
    assert built.log() == [*TWO_CC, *TWO_CC]  # the third found the first's
    out = built.root / ".molt-build/out/ctool"
    assert {path.name for path in out.iterdir()} == {"dev", "release"}
    for profile in ("dev", "release"):
        report = built.build("one", "--profile", profile)
        assert (report["up_to_date"], report["executed"]) == (1, 0)
    identities = set()
    for profile in ("dev", "release"):
        found = json.loads(built.run("doctor", "toy", "--profile", profile, "--json").out)
        identities.add(found["toolchains"][0]["identity"])
    assert len(identities) == 2


def test_a_table_says_which_profile_is_built_for_which(tmp_path: Path) -> None:
    table = 'profile = { dev = "dev", release = "release-fast" }'
    built = built_project(tmp_path, table)
    built.build("one", "--profile", "release")
    assert text_of(built, "one", "release") == "built under release-fast: one\n"
    built.log()
    refused = built.run("build", "one", "--profile", "release-fast")
    assert refused.code == 2
    assert "toy is built under no profile for release-fast" in refused.err
    assert "release" in refused.err.partition("\n")[2]
    assert built.log() == []
    assert built.run("check").code == 0
    built.replace("manifests/project.toml", '"dev"', '"release-fast"')
    checked = built.run("check")
    assert checked.code == 2
    assert checked.err.startswith("manifests/project.toml:7:1: default_profile: 'toy' has the")
    assert "'backend', which is built under no profile for 'release-fast'" in checked.err


def test_a_profile_alone_serves_all_who_ask(tmp_path: Path) -> None:
    built = built_project(tmp_path, 'profile = "release"')
    for profile in ("dev", "release"):
        built.build("one", "--profile", profile)
        assert text_of(built, "one", profile) == "built under release: one\n"
    assert built.log() == TWO_CC


def with_three_outputs(project: Project) -> None:
    """Let the toolchain be made of three outputs of one build, two of them artifacts."""
    of = '{ program = "backend", toolchain = "ctool", profile = "{profile}", output = "%s" }'
    parts = f"[artifacts.object]\nbuilt_by = {of % 'compile.object'}\n\n"
    parts += f"[artifacts.map]\nbuilt_by = {of % 'link.map'}\n\n"
    project.replace("manifests/toolchains/toy.toml", "[[stages]]", f"{parts}[[stages]]")
    more = '"{text}", "{map}", "{object}"]'
    project.replace("manifests/toolchains/toy.toml", '"{text}"]\noutputs', f"{more}\noutputs")


@pytest.mark.parametrize("switch", ["on", "off"])
def test_one_build_for_all_outputs(built: Project, switch: str) -> None:
    with_three_outputs(built)
    env = {"MOLT_BUILD_CACHE": switch}
    report = built.build("one", "two", env=env)
    assert built.log() == TWO_CC
    assert [one["program"] for one in report["toolchains"]] == ["backend"]
    made = row(report)
    assert (made["executed"], made["failed"]) == (2, 0)
    assert [action["stage"] for action in made["actions"]] == ["compile", "link"]
    assert text_of(built, "one") == "built under dev: one\n"
    assert executed(report) == ["one compile", "two compile"]
    components = {cost["component"] for cost in report["attribution"]["components"]}
    assert components == {"(first build)"} if switch == "on" else {"(store off)"}
    assert sum(cost["count"] for cost in report["attribution"]["components"]) == 4
    if switch == "on":
        again = built.build("one", "two")
        assert row(again)["up_to_date"] == 2
        assert built.log() == []
        os.utime(built.root / "programs/one.toy")  # decided by content, and told alike
        assert strip(built.build("one", "two")) == strip(again)


def strip(report: Any) -> Any:
    """Without what differs from run to run."""
    if isinstance(report, list):
        return [strip(one) for one in report]
    if not isinstance(report, dict):
        return report
    return {key: strip(one) for key, one in report.items() if key not in ("seconds", "locks")}


def test_what_is_told(built: Project) -> None:
    told = built.run("build", "one")
    assert "built backend with ctool (dev): compile executed" in told.out
    assert "1 program with toy dev: 0 up to date, 0 hits, 1 executed (" in told.out
    assert "ctool" not in built.run("build", "one").out
    waste = json.loads(built.run("cache", "waste", "--json").out)
    assert {"ctool", "toy"} <= {t for cost in waste["components"] for t in cost["toolchains"]}


def test_a_compiler_that_does_not_compile_is_said_once(built: Project) -> None:
    built.replace("compilers/backend.c", "int main(", "int main(;")
    failed = built.run("build", "one", "two", "--keep-going")
    assert failed.code == 1
    assert failed.err.count("backend.c") <= 8  # gcc's own lines
    assert failed.err.count("error: one and 1 more need toy: backend is not built by ctool") == 1
    kept = built.run("build", "one", "--keep-staging").err.partition("was kept: ")[2]
    assert Path(kept.splitlines()[0], "stage/backend.c").is_file()
    report = built.run("build", "one", "--json")
    assert report.code == 1
    facts = json.loads(report.out)
    assert facts["actions"] == []
    assert row(facts)["failed"] == 1


def test_explaining_goes_through_a_compiler_that_is_not_built(built: Project) -> None:
    explained = json.loads(built.run("explain", "one", "--json").out)
    [made] = explained["toolchains"]
    assert (made["program"], made["toolchain"], made["profile"]) == ("backend", "ctool", "dev")
    assert [(one["stage"], one["status"]) for one in made["actions"]] == [("compile", "miss")]
    [own] = explained["actions"]
    assert own["status"] == "miss"
    assert own["components"]["toy backend executable"] == "(not built yet)"
    shown = built.run("explain", "one").out
    assert "    toy backend executable: (not built yet)\n" in shown
    assert "ctool: " not in shown and "ctool cc" not in shown  # of others' programs the verdict
    assert "    argv:" in built.run("explain", "one", "--all").out.partition("one ")[0]
    dry = built.run("build", "one", "--dry-run")
    assert dry.code == 0
    assert "toy is made of backend with ctool (dev):\nbackend compile: miss" in dry.out
    assert not (built.root / ".molt-build/out").exists()
    assert not (built.root / ".molt-build/plans/toy").exists()
    assert built.log() == []

    built.build("one")
    [own] = built.explain("one")
    assert own["status"] == "up to date"
    built.replace("compilers/backend.c", "under", "beneath")
    built.log()
    explained = json.loads(built.run("explain", "one", "--json").out)
    assert explained["toolchains"][0]["actions"][0]["changed"] == ["source backend.c"]
    [own] = explained["actions"]
    assert own["changed"] == ["toy backend executable"]
    assert own["nearest"]["differs"][0]["new"] == "(not built yet)"
    assert built.log() == []
    audited = built.run("cache", "audit", "one")
    assert audited.code == 3
    assert "backend, which ctool (dev) builds, is not built yet" in audited.err
    assert "molt-build build backend --engine ctool:dev" in audited.err


def test_what_the_store_has_is_known_before_it_lies_there(built: Project, tmp_path: Path) -> None:
    version = 'version = ["{backend}", "/dev/null", "/dev/stdout"]\n'
    built.replace("manifests/toolchains/toy.toml", "\n[[stages]]", f"{version}\n[[stages]]")
    built.build("one")
    [own] = built.explain("one")
    copy = built.copy(tmp_path / "copy")
    built.log()
    found = json.loads(copy.run("explain", "one", "--json").out)
    assert {action["status"] for action in found["toolchains"][0]["actions"]} == {"hit"}
    assert [action["status"] for action in found["actions"]] == ["hit"]
    assert found["actions"][0]["components"] == own["components"]
    looked = json.loads(copy.run("doctor", "toy", "--json").out)["toolchains"][0]
    assert [made["state"] for made in looked["built"]] == ["hit"]
    assert not (copy.root / ".molt-build/out").exists()
    assert copy.build("one")["hits"] == 1
    assert copy.log() == []


FOLDER = """
[[stages]]
name = "headers"
takes_source = true
inputs = { object = "compile.object" }
argv = ["{python}", "-c", "SCRIPT", "{entry}"]
outputs = { include = "include/" }

[targets.native]
stages = ["compile", "link", "headers"]
results = ["compile.object", "link.executable", "link.map", "headers.include"]
"""
SCRIPT = (
    "import os, sys; os.makedirs('include/deep');"
    " open('include/deep/text', 'w').write(open(sys.argv[1]).read()[:20])"
)


@pytest.mark.parametrize("switch", ["on", "off"])
def test_a_folder_that_is_built_may_be_an_artifact(built: Project, switch: str) -> None:
    folder = FOLDER.replace("SCRIPT", SCRIPT)
    old = '\n[targets.native]\nstages = ["compile", "link"]\n'
    old += 'results = ["compile.object", "link.executable", "link.map"]\n'
    built.replace("manifests/toolchains/ctool.toml", old, folder)
    of = '{ program = "backend", toolchain = "ctool", profile = "dev", output = "headers.include" }'
    part = f"[artifacts.include]\nbuilt_by = {of}\n\n[[stages]]"
    built.replace("manifests/toolchains/toy.toml", "[[stages]]", part)
    argv = ('["{backend}", "{entry}", "{text}"]', '["{backend}", "{include}/deep/text", "{text}"]')
    built.replace("manifests/toolchains/toy.toml", *argv)
    env = {"MOLT_BUILD_CACHE": switch}
    built.build("one", env=env)
    assert text_of(built, "one") == "built under dev: #include <stdio.h>\n#"
    if switch == "on":
        [own] = built.explain("one")
        assert own["status"] == "up to date"
        copy = built.copy(built.root.parent / "copy")
        [there] = copy.explain("one")
        assert (there["status"], there["components"]) == ("hit", own["components"])
        assert built.build("one")["up_to_date"] == 1
        # What is in the folder is looked at each time.
        place = built.root / ".molt-build/out/ctool/dev/native/backend/include/deep"
        (place / "more").write_text("more")
        assert row(built.build("one"))["up_to_date"] == 2
        assert not (place / "more").exists()


def test_what_another_build_put_in_the_place_of_an_artifact_is_not_taken_for_it(
    built: Project,
) -> None:
    """The toolchain is made of two builds; the first's output is exchanged during the second."""
    folder = FOLDER.replace("SCRIPT", SCRIPT)
    old = '\n[targets.native]\nstages = ["compile", "link"]\n'
    old += 'results = ["compile.object", "link.executable", "link.map"]\n'
    built.replace("manifests/toolchains/ctool.toml", old, folder)
    late = built.read("manifests/toolchains/ctool.toml").replace('"ctool"', '"late"')
    built.write("manifests/toolchains/late.toml", late.replace("tools/cc", "tools/late"))
    place = built.root / ".molt-build/out/ctool/dev/native/backend/include/deep"
    script = f'#!/bin/sh\necho another > "{place}/text"\nexec gcc "$@"\n'
    built.write("tools/late", script, executable=True)
    parts = ""
    for builder in ("ctool", "late"):
        of = f'program = "backend", toolchain = "{builder}", profile = "dev"'
        parts += f"[artifacts.{builder}]\nbuilt_by = {{ {of}, output = "
        parts += '"headers.include" }\n\n'
    built.replace("manifests/toolchains/toy.toml", "[[stages]]", parts + "[[stages]]")
    argv = ('["{backend}", "{entry}", "{text}"]', '["{backend}", "{ctool}/deep/text", "{text}"]')
    built.replace("manifests/toolchains/toy.toml", *argv)
    failed = built.run("build", "one")
    assert failed.code == 4
    assert "include changed while toy was looked at" in failed.err
    built.write("tools/late", '#!/bin/sh\nexec gcc "$@"\n', executable=True)
    built.build("one")
    assert text_of(built, "one") == "built under dev: #include <stdio.h>\n#"


def test_doctor_says_of_each_build_what_is_to_do(built: Project) -> None:
    def state() -> str:
        told = built.run("doctor", "toy", "--json")
        assert told.code == 0
        [toy] = json.loads(told.out)["toolchains"]
        assert toy["ready"] is True
        [made] = toy["built"]
        assert made["command"] == "molt-build build backend --engine ctool:dev"
        return str(made["state"])

    assert state() == "to be built"
    shown = built.run("doctor", "toy").out
    assert "backend with ctool (dev): has to be built" in " ".join(shown.split())
    built.build("one")
    assert state() == "up-to-date"


def test_a_compiler_that_is_built_by_one_that_is_built(built: Project) -> None:
    of = '{ program = "backend", toolchain = "ctool", profile = "{profile}", output = "%s" }'
    second = built.read("manifests/toolchains/ctool.toml").replace('"ctool"', '"second"')
    part = f"[executables.first]\nbuilt_by = {of % 'link.executable'}\n\n[[stages]]"
    second = second.replace("[[stages]]", part, 1)
    argv = '["{cc}", "-DPROFILE={profile}", "-c", "{entry}", "-o", "{object}"]'
    told = '["{cc}", "-DPROFILE={profile}", "-DFIRST={first}", "-c", "{entry}", "-o", "{object}"]'
    built.write("manifests/toolchains/second.toml", second.replace(argv, told))
    built.replace("manifests/toolchains/toy.toml", 'toolchain = "ctool"', 'toolchain = "second"')
    explained = json.loads(built.run("explain", "one", "--profile", "release", "--json").out)
    chain = [(one["toolchain"], one["profile"]) for one in explained["toolchains"]]
    assert chain == [("ctool", "release"), ("second", "release")]
    [compile_] = explained["toolchains"][1]["actions"]
    assert compile_["components"]["second first executable"] == "(not built yet)"
    report = built.build("one", "--profile", "release")
    assert [one["toolchain"] for one in report["toolchains"]] == ["ctool", "second"]
    assert [one["executed"] for one in report["toolchains"]] == [2, 2]
    again = built.build("one", "--profile", "release")
    assert [one["up_to_date"] for one in again["toolchains"]] == [2, 2]
    built.replace("compilers/backend.c", "under", "beneath")
    built.build("one", "--profile", "release")
    assert text_of(built, "one", "release") == "built beneath release: one\n"


def test_what_one_builder_builds_is_built_side_by_side(built: Project) -> None:
    built.write("compilers/other.c", built.read("compilers/backend.c"))
    workload = built.read("manifests/workloads/compilers.toml")
    workload += '\n[[programs]]\nname = "other"\nentry = "other.c"\n'
    built.write("manifests/workloads/compilers.toml", workload)
    of = '{ program = "other", toolchain = "ctool", profile = "{profile}", output = "link.map" }'
    part = f"[artifacts.other]\nbuilt_by = {of}\n\n[[stages]]"
    built.replace("manifests/toolchains/toy.toml", "[[stages]]", part)
    # The first waits until the second has begun.
    wait = 'touch "MARKS$last"\nfor n in $(seq 6000); do [ -e "MARKSother.o" ] && break\n'
    wait += 'sleep 0.05; done\n[ -e "MARKSother.o" ] || exit 9\nexec gcc'
    built.replace("tools/cc", "exec gcc", wait.replace("MARKS", f"{built.cache}/mark-"))
    trace = built.root / "trace"
    report = built.build("one", "--jobs", "2", "--trace", str(trace))
    assert [one["program"] for one in report["toolchains"]] == ["backend", "other"]
    told = trace.read_text()
    assert '"backend/compile"' in told
    assert '"other/link"' in told


def test_a_tool_that_a_builder_misses_is_said_with_who_needs_it(built: Project) -> None:
    built.replace("manifests/toolchains/ctool.toml", 'tools/cc"', 'tools/none"')
    missing = built.run("build", "one", "two")
    assert missing.code == 3
    needed = "toy is made of backend with ctool (dev): ctool needs the executable cc"
    assert f"error: {needed}" in missing.err
    assert json.loads(built.run("doctor", "--json").out)["toolchains"]
