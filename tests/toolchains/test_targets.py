"""What one target of a toolchain needs is needed for it alone, and is in no other's identity."""

from __future__ import annotations

import json
from typing import Any

import pytest
from build_projects import Project, executed, statuses
from build_traces import events_of, spans_of, statuses_of_actions

BOTH = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "both"
description = "One frontend, and a backend for each of two targets."
engine = "compiler"
accepts = ["toy"]

[uses]
linker = ["linker"]

[executables.toyc]
path = "{project}/tools/toyc"

[executables.runner]
path = "{project}/tools/run-wasm"
version = ["{runner}", "--version"]

[artifacts.prelude]
path = "{here}/both/prelude.txt"

[queries.behind]
argv = ["{runner}", "--library"]
file = true

[[stages]]
name = "front"
argv = ["{toyc}", "translate", "{entry}", "{ir}"]
outputs = { ir = "{module}.ir" }

[[stages]]
name = "native_back"
inputs = { ir = "front.ir" }
argv = ["{toyc}", "assemble", "{ir}", "{script}"]
outputs = { script = "{module}.sh" }

[[stages]]
name = "wasm_back"
inputs = { ir = "front.ir" }
argv = ["{linker}", "{prelude}", "{ir}", "{wasm}"]
outputs = { wasm = "{module}.wasm" }

[targets.native]
stages = ["front", "native_back"]
results = ["native_back.script"]
run = ["{script}", "{args}"]

[targets.wasm]
stages = ["front", "wasm_back"]
results = ["wasm_back.wasm"]
run = ["{runner}", "{wasm}", "{args}"]

[[unsupported]]
programs = ["two"]
targets = ["wasm"]
reason = "it has no sockets"
"""
LINKER = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "linker"
description = "What only one target uses."
engine = "compiler"

[executables.linker]
path = "{project}/tools/linker"
install_hint = "write tools/linker"

[provides.linker]
command = ["{linker}"]
"""
RUNNER = """\
#!/bin/sh
case "$1" in
--version) echo "runner 1";;
--library) echo LIBRARY;;
*) exec sh "$@";;
esac
"""


@pytest.fixture
def both(toys: Project) -> Project:
    """A toolchain of two targets; of what only wasm needs nothing is there yet."""
    toys.write("manifests/toolchains/both.toml", BOTH)
    toys.write("manifests/toolchains/linker.toml", LINKER)
    return toys


def complete(project: Project) -> None:
    """Put there what wasm needs."""
    library = project.write("tools/library", "a library\n")
    runner = RUNNER.replace("LIBRARY", str(library))
    project.write("tools/run-wasm", runner, executable=True)
    project.write("tools/linker", '#!/bin/sh\ncat "$1" "$2" > "$3"\n', executable=True)
    project.write("manifests/toolchains/both/prelude.txt", "# prelude\n")


def components(project: Project, target: str) -> dict[str, dict[str, Any]]:
    """The key's components of each stage of program one."""
    result = project.run(
        "explain", "one", "--toolchain", "both", "--target", target, "--all", "--json"
    )
    assert result.code == 0, result.err
    rows = json.loads(result.out)["actions"]
    return {row["stage"]: row["components"] for row in rows}


def test_native_is_built_without_what_only_wasm_needs(both: Project) -> None:
    assert executed(both.build("one", "--toolchain", "both")) == ["one front", "one native_back"]
    result = both.run("build", "one", "--toolchain", "both", "--target", "wasm")
    assert result.code == 3
    assert "both needs a linker" in result.err and "write tools/linker" in result.err


def test_what_appears_for_wasm_changes_nothing_of_native(both: Project) -> None:
    both.build("one", "--toolchain", "both")
    before = components(both, "native")
    complete(both)
    assert both.build("one", "--toolchain", "both")["up_to_date"] == 2
    assert components(both, "native") == before
    report = both.build("one", "--toolchain", "both", "--target", "wasm")
    assert statuses(report) == {"one front": "hit", "one wasm_back": "executed"}
    wasm = components(both, "wasm")
    assert wasm["front"] == before["front"]
    assert not any("linker" in name or "prelude" in name for name in before["native_back"])
    assert "both prelude artifact" in wasm["wasm_back"]


def test_a_trace_shows_the_shared_stage_executed_once(both: Project) -> None:
    complete(both)
    trace = both.root / "trace.json"
    for target in ("native", "wasm"):
        both.build("one", "--toolchain", "both", "--target", target, "--trace", str(trace))
    assert statuses_of_actions(trace) == {
        "one/front": ["executed", "hit"],
        "one/native_back": ["executed"],
        "one/wasm_back": ["executed"],
    }
    commands = [event["args"]["argv"] for event in spans_of(events_of(trace), "command")]
    assert len([argv for argv in commands if "translate" in argv]) == 1
    assert len(commands) == 3


def test_a_file_beside_the_manifest_is_an_artifact(both: Project) -> None:
    complete(both)
    words = ("one", "--toolchain", "both", "--target", "wasm")
    both.build(*words)
    argv = components(both, "wasm")["wasm_back"]["argv"]
    assert "{here}/both/prelude.txt" in str(argv)
    both.write("manifests/toolchains/both/prelude.txt", "# another\n")
    assert executed(both.build(*words)) == ["one wasm_back"]


def test_programs_that_one_target_does_not_take(both: Project) -> None:
    complete(both)
    assert both.build("two", "--toolchain", "both")["unsupported"] == []
    report = both.build("two", "--toolchain", "both", "--target", "wasm")
    assert report["unsupported"] == [{"program": "two", "reason": "it has no sockets"}]
    both.replace("manifests/toolchains/both.toml", 'targets = ["wasm"]', 'targets = ["wasn"]')
    result = both.run("check")
    assert result.code == 2
    assert "there is no target 'wasn'" in result.err


def test_doctor_says_what_another_target_needs(both: Project) -> None:
    told = both.run("doctor", "both")
    assert told.code == 0, told.err
    shown = " ".join(told.out.split())
    assert "both ready for wasm: missing: both needs a linker" in shown
    assert "write tools/linker" in shown
    complete(both)
    shown = " ".join(both.run("doctor", "both", "toy").out.split())
    assert "for wasm: ready: linker: linker" in shown and shown.count("for wasm") == 1
    [row] = json.loads(both.run("doctor", "both", "--json").out)["toolchains"]
    assert (row["ready"], row["uses"]) == (True, {})
    [wasm] = row["targets"]
    assert (wasm["target"], wasm["state"], wasm["uses"]) == ("wasm", "ready", {"linker": "linker"})
