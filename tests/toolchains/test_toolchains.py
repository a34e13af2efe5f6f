"""What a toolchain manifest can say, proved with toys: no Python is written for any of them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from build_projects import Project, executed, needs, needs_rust, statuses

from molt_build.building.builder import build
from molt_build.building.opening import open_session
from molt_build.building.request import Request

HEADER = '#:schema ../../schemas/toolchain.schema.json\nkind = "toolchain"\nschema_version = 1\n'
TWO_TARGETS = (
    HEADER
    + """\
name = "both"
description = "One frontend, and a backend for each of two targets."
engine = "compiler"
accepts = ["toy"]

[executables.toyc]
path = "{project}/tools/toyc"

[executables.wasm_runner]
path = "{project}/tools/run-wasm"

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
argv = ["{toyc}", "assemble", "{ir}", "{wasm}"]
outputs = { wasm = "{module}.wasm" }

[targets.native]
stages = ["front", "native_back"]
results = ["native_back.script"]
run = ["{script}", "{args}"]

[targets.wasm]
stages = ["front", "wasm_back"]
results = ["wasm_back.wasm"]
run = ["{wasm_runner}", "{wasm}", "{args}"]
environment = { RUNNER = "toy" }
"""
)


def test_one_frontend_for_two_targets(toys: Project) -> None:
    toys.write("manifests/toolchains/both.toml", TWO_TARGETS)
    runner = '#!/bin/sh\necho "run by $RUNNER"\nexec sh "$@"\n'
    toys.write("tools/run-wasm", runner, executable=True)
    words = ("one", "--toolchain", "both")
    assert executed(toys.build(*words)) == ["one front", "one native_back"]
    report = toys.build(*words, "--target", "wasm")
    assert statuses(report) == {"one front": "hit", "one wasm_back": "executed"}
    assert toys.log() == ["translate one.toy", "assemble one.ir", "assemble one.ir"]
    assert how_it_runs(toys, "native") == "one says hello\n"
    assert how_it_runs(toys, "wasm") == "run by toy\none says hello\n"
    toys.write("programs/one.toy", "edited\n")
    assert executed(toys.build(*words, "--target", "wasm")) == ["one front", "one wasm_back"]
    report = toys.build(*words)
    assert statuses(report) == {"one front": "hit", "one native_back": "executed"}
    for target in ("native", "wasm"):
        assert toys.build(*words, "--target", target)["up_to_date"] == 2
    assert toys.run("build", *words, "--target", "wasn").code == 2


def how_it_runs(project: Project, target: str) -> str:
    """Run program one as a lane would."""
    request = Request("both", "dev", target, ("one",), is_planned=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOLT_BUILD_CACHE_DIR", str(project.cache))
        with open_session(project.root, print) as session:
            result = build(session, request).programs["one"]
    ran = subprocess.run(
        result.argv, env=result.environment, capture_output=True, text=True, check=True
    )
    return ran.stdout


RUST_MAIN = """\
use std::io::Write;
fn main() {
    let words: Vec<String> = std::env::args().collect();
    let log = std::fs::OpenOptions::new().append(true).create(true).open("LOG");
    writeln!(log.unwrap(), "rusty {}", words[1]).unwrap();
    let text = std::fs::read_to_string(&words[1]).unwrap();
    std::fs::write(&words[2], text.to_GREETING()).unwrap();
}
"""
RUSTY = (
    HEADER
    + """\
name = "rusty"
description = "A compiler that cargo builds."
engine = "compiler"
accepts = ["toy"]

[executables.rusty.built_by]
program = "rusty_compiler"
toolchain = "cargo"
profile = "dev"
output = "build.executable"

[[stages]]
name = "compile"
argv = ["{rusty}", "{entry}", "{out_text}"]
outputs = { out_text = "{module}.out" }

[targets.native]
results = ["compile.out_text"]
run = ["cat", "{out_text}"]
"""
)


@pytest.fixture
def rusty(toys: Project) -> Project:
    needs_rust()
    needs("gcc")
    toys.write("manifests/toolchains/rusty.toml", RUSTY)
    toys.write(
        "manifests/workloads/compiler.toml",
        '#:schema ../../schemas/workload.schema.json\nkind = "workload"\nschema_version = 1\n'
        'name = "compiler"\ndescription = "The compiler of the toys."\nlanguage = "rust"\n\n'
        '[source]\nproject = "compiler"\n\n'
        '[[programs]]\nname = "rusty_compiler"\nentry = "Cargo.toml"\n',
    )
    toys.write(
        "compiler/Cargo.toml",
        '[package]\nname = "rusty_compiler"\nversion = "0.1.0"\nedition = "2021"\n',
    )
    toys.write(
        "compiler/Cargo.lock",
        'version = 3\n\n[[package]]\nname = "rusty_compiler"\nversion = "0.1.0"\n',
    )
    text = RUST_MAIN.replace("LOG", str(toys.log_file)).replace("GREETING", "uppercase")
    toys.write("compiler/src/main.rs", text)
    return toys


def test_a_compiler_that_is_itself_built(rusty: Project) -> None:
    words = ("one", "--toolchain", "rusty")
    looked = doctor(rusty, "rusty")
    if looked["code"] == 3:
        pytest.skip(f"cargo does not work here: {looked}")
    assert looked["rusty"]["ready"]  # type: ignore[index]
    [made] = looked["rusty"]["built"]  # type: ignore[index]
    assert made["state"] == "to be built"
    assert made["command"] == "molt-build build rusty_compiler --engine cargo:dev"
    assert not (rusty.root / ".molt-build/out").exists()  # doctor only looks

    first = rusty.run("build", *words, "--json")
    if "cargo" in first.err and first.code == 3:
        pytest.skip(f"cargo does not work here: {first.err[-300:]}")
    assert first.code == 0, first.err
    assert executed(json.loads(first.out)) == ["one compile"]
    output = rusty.output("one/one.out", "rusty")
    assert output.read_text().startswith("ONE SAYS HELLO")
    assert rusty.build(*words)["up_to_date"] == 1
    assert rusty.log() == ["rusty one.toy"]
    [row] = rusty.explain(*words)
    identity = row["components"]["rusty rusty executable"]
    assert identity.startswith("xxh3:")
    assert rusty.run("doctor", "rusty").code == 0

    # A comment in the source gives the same executable: nothing is compiled again.
    rusty.write("compiler/src/main.rs", rusty.read("compiler/src/main.rs") + "// the end\n")
    assert rusty.build(*words)["executed"] == 0
    assert rusty.log() == []

    rusty.replace("compiler/src/main.rs", "to_uppercase", "to_lowercase")
    assert executed(rusty.build(*words)) == ["one compile"]
    assert output.read_text().startswith("one says hello")
    [row] = rusty.explain(*words)
    assert row["components"]["rusty rusty executable"] != identity
    assert rusty.build(*words)["up_to_date"] == 1

    # A compiler that does not compile.
    rusty.replace("compiler/src/main.rs", "fn main()", "fn main(")
    result = rusty.run("build", *words)
    assert result.code == 1
    assert "rusty_compiler: cargo build failed with exit status 101" in result.err


def test_cargo_builds_in_its_own_folder(rusty: Project) -> None:
    words = ("rusty_compiler", "--toolchain", "cargo")
    assert executed(rusty.build(*words)) == ["rusty_compiler vendor", "rusty_compiler build"]
    assert rusty.build(*words)["up_to_date"] == 2
    rusty.write("compiler/src/extra.rs", "// not part of the crate, as far as anybody tells\n")
    assert rusty.build(*words)["attribution"]["wasted"] == 1
    rusty.replace("compiler/src/main.rs", "fn main", "mod extra;\nfn main")
    assert rusty.build(*words)["executed"] == 1
    rusty.write("compiler/src/extra.rs", "pub const X: u8 = 1;\n")
    assert rusty.build(*words)["executed"] == 1
    assert not (rusty.root / "compiler/target").exists()


def doctor(project: Project, *names: str) -> dict[str, object]:
    result = project.run("doctor", *names, "--json")
    rows = {row["name"]: row for row in json.loads(result.out)["toolchains"]}
    return {**rows, "code": result.code}


def test_doctor(toys: Project) -> None:
    rows = doctor(toys)
    assert rows["code"] == 0
    assert rows["toy"]["ready"] is True  # type: ignore[index]
    assert rows["cpython"]["ready"] is True  # type: ignore[index]
    assert set(rows) >= {"cython", "mypyc", "nuitka", "pypy", "codon", "cargo", "gcc", "zig"}
    before = rows["toy"]["identity"]  # type: ignore[index]
    toys.replace("tools/toyc", "#!/bin/sh\necho", "#!/bin/sh\n\necho")
    assert doctor(toys, "toy")["toy"]["identity"] != before  # type: ignore[index]


def test_doctor_names_what_is_missing(toys: Project) -> None:
    (toys.root / "tools/toyc").unlink()
    result = toys.run("doctor", "toy")
    assert result.code == 3
    assert "missing" in result.out
    row = doctor(toys, "toy")["toy"]
    assert row["ready"] is False  # type: ignore[index]
    assert "needs the executable toyc at" in row["missing"]  # type: ignore[index]
    build = toys.run("build", "one")
    assert build.code == 3
    assert "toy needs the executable toyc at" in build.err
    assert toys.run("doctor").code == 0  # nobody asked for it by name
    assert toys.run("doctor", "toi").code == 2


def test_doctor_says_how_to_install(toys: Project, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    nothing = {"PATH": str(tmp_path / "empty")}
    result = toys.run("doctor", "gcc", env=nothing)
    assert result.code == 3
    assert "gcc is not on PATH" in result.out
    assert "apt-get install gcc libc6-dev" in result.out
    row = doctor(toys, "zig")["zig"]
    assert row["state"] in ("ready", "installed on first use")  # type: ignore[index]


def test_a_tool_that_appears_earlier_on_path(toys: Project, tmp_path: Path) -> None:
    """A compiler found by name: another one that now comes first is another toolchain."""
    for name in ("early", "late"):
        (tmp_path / name).mkdir()
    text = (toys.root / "tools/toyc").read_text()
    late = tmp_path / "late/toyc"
    late.write_text(text)
    late.chmod(0o755)
    toys.replace(
        "manifests/toolchains/toy.toml", 'path = "{project}/tools/toyc"', 'names = ["toyc"]'
    )
    env = {"PATH": f"{tmp_path}/early:{tmp_path}/late:{os.environ['PATH']}"}
    toys.build("one", env=env)
    assert toys.build("one", env=env)["up_to_date"] == 2
    early = tmp_path / "early/toyc"
    early.write_text(text + "# another\n")
    early.chmod(0o755)
    assert toys.build("one", env=env)["executed"] == 2
    early.unlink()
    assert toys.build("one", env=env)["executed"] == 0
    late.write_text(text + "# upgraded\n")
    assert toys.build("one", env=env)["executed"] == 2


def test_versions_and_queries_belong_to_the_identity(toys: Project, tmp_path: Path) -> None:
    manifest = "manifests/toolchains/toy.toml"
    asked = tmp_path / "asked"
    toys.replace(
        manifest,
        '[executables.toyc]\npath = "{project}/tools/toyc"\n',
        '[executables.toyc]\npath = "{project}/tools/toyc"\nversion = ["{toyc}", "version"]\n\n'
        '[queries.flag]\nargv = ["{toyc}", "flag"]\npattern = "flag: (.+)"\n',
    )
    toys.replace(manifest, '"{text}", "{flags}"]', '"{text}", "{flags}", "{flag}"]')
    toys.replace(
        "tools/toyc",
        'case "$1" in\ntranslate',
        f'case "$1" in\nversion) echo asked >> {asked}; echo 1.0;;\n'
        f"flag) echo asked >> {asked}; echo noise; echo flag: --simple;;\ntranslate",
    )
    toys.build("one")
    assert asked.read_text() == "asked\nasked\n"
    row = toys.explain("one")[0]
    assert "--simple" in row["components"]["argv"]
    assert row["components"]["toy toyc version"] == "1.0"
    assert row["components"]["toy flag"] == "--simple"
    (toys.root / "programs/one.toy").touch()
    toys.build("one")
    assert asked.read_text() == "asked\nasked\n"  # remembered while the tool stays the same
    toys.replace("tools/toyc", "--simple", "--changed")
    assert toys.build("one")["executed"] == 2
    assert "--changed" in toys.explain("one")[0]["components"]["argv"]


def test_a_tool_that_does_not_answer(toys: Project) -> None:
    manifest = "manifests/toolchains/toy.toml"
    toys.write(manifest, toys.read(manifest) + '\n[queries.x]\nargv = ["{toyc}", "x"]\n')
    result = toys.run("build", "one")
    assert result.code == 3
    assert "toy: x got no answer" in result.err
    toys.replace("tools/toyc", 'case "$1" in\ntranslate', 'case "$1" in\nx) exit 9;;\ntranslate')
    result = toys.run("build", "one")
    assert result.code == 3
    assert "answered with exit status 9" in result.err
