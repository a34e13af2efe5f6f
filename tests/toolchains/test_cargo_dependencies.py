"""The stock cargo toolchain and crates with dependencies: fetched once, then built offline."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from build_projects import Project, executed, needs, needs_rust, new_project, statuses, workload
from crates import cargo_project, mirrored, registry, write_crate

MAIN = """\
fn main() {
    println!("{} {}", tiny::tiny(), generated::LINES);
    if std::env::args().count() > 1 {
        panic!("a place");
    }
}
"""
BUILD_SCRIPT = """\
use std::{env, fs, path::Path};
fn main() {
    let out = Path::new(&env::var("OUT_DIR").unwrap()).join("made.rs");
    fs::write(out, "pub const LINES: u32 = 3; pub fn fails() { panic!(\\"made\\") }").unwrap();
}
"""
COUNTS = """\
use std::{env, fs, path::Path};
fn main() {
    let out = Path::new(&env::var("OUT_DIR").unwrap()).join("made.rs");
    let files = fs::read_dir("data").unwrap().count();
    fs::write(out, format!("pub const FILES: usize = {files};")).unwrap();
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = cargo_project(tmp_path, "app=Cargo.toml")
    mirrored(tmp_path, "tiny", "pub fn tiny() -> u8 { 7 }\n")
    made_here = 'include!(concat!(env!("OUT_DIR"), "/made.rs"));\n'
    mirrored(tmp_path, "generated", made_here, build_rs=BUILD_SCRIPT)
    write_crate(made, "programs", "app", MAIN, "generated", "tiny")
    return made


def app(project: Project, profile: str = "dev") -> Path:
    return project.root / f".molt-build/out/cargo/{profile}/native/app/app"


def printed(file: Path) -> str:
    return subprocess.run([file], capture_output=True, text=True, check=True).stdout


def test_dependencies_are_fetched_through_the_users_mirror_and_built(project: Project) -> None:
    assert executed(project.build()) == ["app vendor", "app build"]
    assert printed(app(project)) == "7 3\n"
    assert set(statuses(project.build()).values()) == {"up-to-date"}

    project.write("programs/src/main.rs", MAIN.replace("{} {}", "{}, {}"))
    assert executed(project.build()) == ["app build"]
    assert printed(app(project)) == "7, 3\n"

    shutil.rmtree(project.root.parent / "mirror")  # nobody asks for it any more
    manifest = project.read("programs/Cargo.toml")
    project.write("programs/Cargo.toml", manifest.replace("edition", "# edition\nedition"))
    assert executed(project.build()) == ["app build"]


@pytest.mark.long
def test_the_same_bytes_in_another_checkout_with_another_cache(project: Project) -> None:
    elsewhere = project.root.parent / "another/checkout of it"
    elsewhere.parent.mkdir()
    there = project.copy(elsewhere)
    cache = {"MOLT_BUILD_CACHE_DIR": str(elsewhere.parent / "a cache")}
    for profile in ("dev", "release"):
        project.build("--profile", profile)
        there.build("--profile", profile, env=cache)
        ours = app(project, profile).read_bytes()
        assert app(there, profile).read_bytes() == ours
        assert os.fsencode(project.root.parent) not in ours
    found = project.run("cache", "audit", "--json")
    verdicts = [row["verdict"] for row in json.loads(found.out)["actions"]]
    assert verdicts == ["not repeated: a fetch", "same"], found.out
    again = project.run("cache", "audit", "--json", "--fetches")
    assert [row["verdict"] for row in json.loads(again.out)["actions"]] == ["same", "same"]


def test_another_lock_fetches_again_and_another_manifest_does_not(project: Project) -> None:
    project.build()
    manifest, lock = project.read("programs/Cargo.toml"), project.read("programs/Cargo.lock")
    project.write("programs/Cargo.toml", manifest + 'missing = "1"\n')
    result = project.run("build")
    assert result.code == 1  # --locked says so
    assert "lock" in result.err
    project.write("programs/Cargo.toml", manifest)
    project.write("programs/Cargo.lock", "# a comment\n" + lock)
    assert executed(project.build()) == ["app vendor", "app build"]  # both hold the lock
    project.write("programs/Cargo.toml", "# a comment\n" + manifest)
    assert executed(project.build()) == ["app build"]
    coarse = {"MOLT_BUILD_KEY_SCOPE": "coarse"}
    assert executed(project.build(env=coarse)) == ["app vendor", "app build"]
    project.write("programs/src/main.rs", MAIN + "// changed\n")
    assert executed(project.build(env=coarse)) == ["app vendor", "app build"]


def test_a_crate_without_dependencies_needs_no_registry(project: Project) -> None:
    write_crate(project, "programs", "app", "fn main() {}\n")
    shutil.rmtree(project.root.parent / "mirror")
    (project.root.parent / "cargo-home/config.toml").write_text("[net]\noffline = true\n")
    project.build()
    assert printed(app(project)) == ""
    os.unlink(project.root / "programs/Cargo.lock")
    result = project.run("build")
    assert result.code == 1
    assert "Cargo.lock is not there" in result.err
    assert f"make it in {project.root}/programs, with: cargo generate-lockfile" in result.err


def test_what_an_earlier_build_left_in_the_shard_is_not_this_ones(project: Project) -> None:
    """The crate calls its program otherwise: then the one of its old name is no output."""
    write_crate(project, "programs", "app", 'fn main() { println!("old"); }\n')
    project.build()
    assert printed(app(project)) == "old\n"
    named = '\n[[bin]]\nname = "other"\npath = "src/main.rs"\n'
    write_crate(project, "programs", "app", 'fn main() { println!("new"); }\n', more=named)
    failed = project.run("build")
    assert failed.code == 1
    assert "did not make its output executable" in failed.err
    write_crate(project, "programs", "app", 'fn main() { println!("newer"); }\n')
    project.build()
    assert printed(app(project)) == "newer\n"
    # It was made before: cargo has it, and puts it back without compiling.
    project.write("programs/unused.rs", "")
    assert executed(project.build()) == ["app build"]
    assert printed(app(project)) == "newer\n"


def test_a_file_that_a_build_script_reads_unsaid_goes(project: Project) -> None:
    """cargo looks for newer files alone; in a slot that is kept one that is gone is noticed."""
    project.write("programs/build.rs", COUNTS)
    main = 'include!(concat!(env!("OUT_DIR"), "/made.rs"));\nfn main() { println!("{}", FILES); }\n'
    write_crate(project, "programs", "app", main)
    programs = project.read("manifests/workloads/programs.toml")
    given = 'language = "rust"\ncandidates = ["data/*"]'
    programs = programs.replace('language = "rust"', given)
    project.write("manifests/workloads/programs.toml", programs)
    for name in ("a", "b"):
        project.write(f"programs/data/{name}", "")
    project.build("--jobs", "1")
    assert printed(app(project)) == "2\n"
    (project.root / "programs/data/a").unlink()
    project.build("--jobs", "1")
    assert printed(app(project)) == "1\n"


def test_a_crate_that_is_not_what_the_lock_says_is_refused(project: Project) -> None:
    facts = project.root.parent / "mirror/tiny-1.0.0/.cargo-checksum.json"
    facts.write_text(facts.read_text().replace('"package": "', '"package": "00')[:-4] + '"}')
    result = project.run("build")
    assert result.code == 1
    assert "checksum" in result.err
    assert not app(project).exists()


def test_a_workspace_with_members_and_a_path_dependency(project: Project) -> None:
    project.write("programs/Cargo.toml", '[workspace]\nmembers = ["app", "lib"]\nresolver = "2"\n')
    lock = project.read("programs/Cargo.lock")
    shutil.rmtree(project.root / "programs/src")
    use = 'fn main() { println!("{} {}", tiny::tiny(), here::here()); }\n'
    here = 'here = { path = "../lib" }\ngenerated = "1"\n'
    write_crate(project, "programs/app", "app", use, "tiny", more=here)
    write_crate(project, "programs/lib", "here", "pub fn here() -> u8 { 1 }\n", file="src/lib.rs")
    own = '\n[[package]]\nname = "here"\nversion = "0.1.0"\n'
    lock = lock.replace(' "generated",\n', ' "generated",\n "here",\n') + own
    project.write("programs/Cargo.lock", lock)
    for place in ("app", "lib"):
        (project.root / f"programs/{place}/Cargo.lock").unlink()
    project.build()
    assert printed(app(project)) == "7 1\n"
    project.replace("programs/lib/src/lib.rs", "1", "2")
    assert executed(project.build()) == ["app build"]
    assert printed(app(project)) == "7 2\n"
    project.write(
        "programs/lib/Cargo.toml",
        project.read("programs/lib/Cargo.toml") + "\n[features]\nx = []\n",
    )
    assert executed(project.build()) == ["app build"]  # no depfile tells of manifests


def test_a_build_script_of_its_own_that_reads_a_file_unsaid(project: Project) -> None:
    script = (
        "fn main() {\n"
        '    let text = std::fs::read_to_string("data/word.txt").unwrap();\n'
        '    println!("cargo::rustc-env=WORD={}", text.trim());\n'
        "}\n"
    )
    project.write("programs/build.rs", script)
    project.write("programs/src/main.rs", 'fn main() { println!("{}", env!("WORD")); }\n')
    project.write("programs/data/word.txt", "one\n")
    manifest = "manifests/workloads/programs.toml"
    text = project.read(manifest)
    project.write(manifest, text.replace("\n[source]", 'candidates = ["data/*"]\n\n[source]'))
    project.build()
    assert printed(app(project)) == "one\n"
    project.write("programs/data/word.txt", "two\n")
    project.build()
    assert printed(app(project)) == "two\n"


@pytest.mark.parametrize("kind", ["staticlib", "cdylib"])
def test_libraries_are_targets_of_the_same_toolchain(project: Project, kind: str) -> None:
    cc = needs("cc")
    source = (
        '#[no_mangle]\npub extern "C" fn answer() -> u8 { tiny::tiny() + generated::LINES as u8 }\n'
    )
    shutil.rmtree(project.root / "programs/src")
    more = f'\n[lib]\ncrate-type = ["{kind}"]\n'
    write_crate(
        project, "programs", "app", source, "generated", "tiny", more=more, file="src/lib.rs"
    )
    report = project.build("--target", kind)
    assert executed(report) == ["app vendor", f"app {kind}"]
    suffix = {"staticlib": "a", "cdylib": "so"}[kind]
    library = project.output(f"app/libapp.{suffix}", "cargo", kind)
    user = project.write(
        "use.c",
        "#include <stdio.h>\nunsigned char answer(void);\n"
        'int main(void) { printf("%d\\n", answer()); }\n',
    )
    program = project.root / "use"
    words = [
        cc,
        user,
        library,
        "-o",
        program,
        "-lpthread",
        "-ldl",
        "-lm",
        f"-Wl,-rpath,{library.parent}",
    ]
    subprocess.run(words, check=True)
    assert printed(program) == "10\n"
    found = project.run("cache", "audit", "--target", kind, "--json")
    assert [row["verdict"] for row in json.loads(found.out)["actions"]][1] == "same", found.out


LINKER = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "linker"
description = "C programs with a compiler that cargo builds, and a runtime that it builds too."
engine = "compiler"
accepts = ["c"]

[uses]
cc = ["gcc", "clang"]

[executables.backend.built_by]
program = "app"
toolchain = "cargo"
profile = "{profile}"
output = "build.executable"

[artifacts.runtime.built_by]
program = "rt"
toolchain = "cargo"
profile = "{profile}"
target = "staticlib"
output = "staticlib.library"

[[stages]]
name = "generate"
argv = ["{backend}"]
stdin = "{entry}"
stdout = "c"
outputs = { c = "{module}_generated.c" }

[[stages]]
name = "link"
inputs = { c = "generate.c" }
argv = ["{cc}", "{c}", "{runtime}", "-o", "{executable}", "-lpthread", "-ldl", "-lm"]
outputs = { executable = "{program}" }

[targets.native]
results = ["link.executable"]
run = ["{executable}"]
"""


def test_a_compiler_and_its_runtime_are_made_by_the_stock_toolchain(project: Project) -> None:
    needs("cc")
    source = '#[no_mangle]\npub extern "C" fn answer() -> u8 { tiny::tiny() }\n'
    more = '\n[lib]\ncrate-type = ["staticlib"]\n'
    write_crate(project, "programs/rt", "rt", source, "tiny", more=more, file="src/lib.rs")
    backend = """fn main() {
    let word = std::io::read_to_string(std::io::stdin()).unwrap();
    println!("#include <stdio.h>\\nunsigned char answer(void);");
    println!("int main(void) {{ printf(\\"{} %d\\\\n\\", answer()); }}", word.trim());
}
"""
    project.write("programs/src/main.rs", backend)
    names = workload("rust", "app=Cargo.toml", "rt=rt/Cargo.toml")
    project.write("manifests/workloads/programs.toml", names)
    text = workload("c", "hello=hello.txt").replace('"programs"\n', '"texts"\n', 1)
    project.write("manifests/workloads/texts.toml", text)
    project.write("programs/hello.txt", "hello\n")
    project.write("manifests/toolchains/linker.toml", LINKER)
    words = ("hello", "--toolchain", "linker")
    project.build(*words)
    hello = project.output("hello/hello", "linker")
    assert printed(hello) == "hello 7\n"
    assert set(statuses(project.build(*words)).values()) == {"up-to-date"}
    project.replace("programs/rt/src/lib.rs", "tiny::tiny()", "tiny::tiny() + 1")
    assert executed(project.build(*words)) == ["hello link"]
    assert printed(hello) == "hello 8\n"


def test_nothing_runs_a_library(project: Project) -> None:
    lane = """\
#:schema ../../schemas/lane.schema.json
kind = "lane"
schema_version = 1
name = "tested"
description = "A lane of a test."
workloads = ["programs"]
engines = ["cargo@staticlib"]
reference = "cpython"
"""
    project.write("manifests/lanes/tested.toml", lane)
    result = project.run("check")
    assert result.code == 2
    message = "what 'cargo' makes for 'staticlib' is a library: there is nothing to run"
    assert message in result.err


LOCK = """\
version = 4

[[package]]
name = "anyhow"
version = "1.0.98"
source = "REGISTRY"
checksum = "e16d2d3311acee920a9eb8d33b8cbc1787ce4a264e85f964c2404b969bdcd487"

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "anyhow",
 "itoa",
 "paste",
]

[[package]]
name = "itoa"
version = "1.0.15"
source = "REGISTRY"
checksum = "4a5f13b858c8d314ee3e8f639011f7ccefe71f97f96e50151fb991f267928e2c"

[[package]]
name = "paste"
version = "1.0.15"
source = "REGISTRY"
checksum = "57c0d7b74b563b49d38dae00a0c37d4d6de9b432382b2892f0574ddcae73fd0a"
"""
REAL_MAIN = """\
paste::paste! {
    fn [<say _number>](n: u32) -> String { itoa::Buffer::new().format(n).to_owned() }
}

fn main() -> anyhow::Result<()> {
    println!("{} {}", say_number(42), anyhow::anyhow!("no error"));
    if std::env::args().count() > 1 {
        panic!("with a place");
    }
    Ok(())
}
"""


@pytest.mark.long
def test_real_crates_of_the_registry_among_them_a_procedural_macro(tmp_path: Path) -> None:
    needs_rust()
    project = new_project(tmp_path, "cargo")
    project.write("manifests/workloads/programs.toml", workload("rust", "app=Cargo.toml"))
    manifest = '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\n'
    manifest += 'anyhow = "=1.0.98"\nitoa = "=1.0.15"\npaste = "=1.0.15"\n'
    project.write("programs/Cargo.toml", manifest)
    project.write("programs/Cargo.lock", LOCK.replace("REGISTRY", registry()))
    project.write("programs/src/main.rs", REAL_MAIN)
    result = project.run("build")
    if result.code == 4 and "has no network" in result.err:
        pytest.skip("the registry of crates cannot be reached")
    assert result.code == 0, result.err
    assert printed(app(project)) == "42 no error\n"
    for profile in ("dev", "release"):
        project.build("--profile", profile)
        found = project.run("cache", "audit", "--profile", profile, "--json")
        assert [row["verdict"] for row in json.loads(found.out)["actions"]][1] == "same", found.out
    fails = subprocess.run([app(project), "now"], capture_output=True, text=True)
    assert "src/main.rs:8:9" in fails.stderr
    assert str(tmp_path) not in fails.stderr
