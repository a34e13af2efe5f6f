"""Stages that fetch: keyed by their locks, the only ones that see what leads to a network."""

from __future__ import annotations

import hashlib
import json
import socket
import zipfile
from pathlib import Path

import pytest
from build_projects import (
    Project,
    executed,
    new_project,
    python_tool,
    statuses,
    until_waiting,
    workload,
)
from other_processes import end_of, wait_for

TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "shop"
description = "Fetches what a list names, then prints what it got."
engine = "compiler"
accepts = ["list"]

[executables.tool]
path = "{project}/tools/tool"

[[stages]]
name = "get"
fetch = ["shop.lock"]
argv = ["{tool}", "get", "{entry}", "{goods}"]
outputs = { goods = "goods/" }
candidates = ["notes/*"]

[[stages]]
name = "show"
inputs = { goods = "get.goods" }
argv = ["{tool}", "show", "{goods}"]
stdout = "shown"
outputs = { shown = "shown.txt" }

[targets.native]
results = ["show.shown"]
run = ["cat", "{shown}"]
"""
TOOL = """\
import os, sys, time
with open("LOG", "a") as log:
    log.write(sys.argv[1] + "\\n")
if sys.argv[1] == "get":
    if os.path.exists("HOLD"):
        os.unlink("HOLD")
        while not os.path.exists("HOLD.go-on"):
            time.sleep(0.02)
    for trouble in open(sys.argv[2]).read().split():
        if os.path.exists("TROUBLES"):
            os.unlink("TROUBLES")
            print("at", os.environ.get("HTTPS_PROXY"), "no secret: hunter2", file=sys.stderr)
            print(trouble.replace("_", " "), file=sys.stderr)
            sys.exit(5)
    with open(os.path.join(sys.argv[3], "good"), "w") as good:
        good.write(open("shop.lock").read())
    print("talkative", os.environ.get("HTTPS_PROXY"), file=sys.stderr)
else:
    print(open(os.path.join(sys.argv[2], "good")).read(), os.environ.get("HTTPS_PROXY"))
"""
SECRET = {"HTTPS_PROXY": "http://me:hunter2@proxy.example:1"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = new_project(tmp_path, "shop")
    made.write("manifests/toolchains/shop.toml", TOOLCHAIN)
    made.write("manifests/workloads/programs.toml", workload("list", "one=one.list"))
    tool = python_tool(TOOL.replace("LOG", str(made.log_file)))
    tool = tool.replace("HOLD", str(tmp_path / "hold"))
    made.write("tools/tool", tool.replace("TROUBLES", str(tmp_path / "trouble")), executable=True)
    made.write("programs/one.list", "")
    made.write("programs/shop.lock", "apples 1")
    return made


def shown(project: Project) -> str:
    return project.output("one/shown.txt", "shop").read_text()


def test_the_lock_is_the_key_and_other_files_are_not(project: Project) -> None:
    assert executed(project.build(env=SECRET)) == ["one get", "one show"]
    assert shown(project) == "apples 1 None\n"  # only the fetch has the proxy
    project.write("programs/one.list", "\n")
    project.write("programs/notes/new", "x")
    assert set(statuses(project.build()).values()) == {"up-to-date"}
    assert project.build(env={"HTTPS_PROXY": "http://another.example"})["executed"] == 0
    project.write("programs/shop.lock", "apples 2")
    assert executed(project.build()) == ["one get", "one show"]
    (project.root / "programs/shop.lock").unlink()
    result = project.run("build")
    assert result.code == 1
    assert "one: shop.lock is not there, which says what get fetches" in result.err


def test_secrets_of_the_way_to_a_network_are_in_nothing_that_is_kept_or_told(
    project: Project,
) -> None:
    project.write("programs/one.list", "broken")
    (project.root.parent / "trouble").write_text("")
    failed = project.run("build", env=SECRET)
    assert failed.code == 1
    assert "at {HTTPS_PROXY} no secret: {HTTPS_PROXY}" in failed.err
    built = project.run("build", "--json", env=SECRET)
    assert built.code == 0
    kept = [p for p in project.root.parent.rglob("*") if p.is_file() and "tools" not in p.parts]
    assert not any(b"hunter2" in path.read_bytes() for path in kept)
    assert "hunter2" not in failed.err + built.err + built.out
    assert "talkative" not in built.err


def test_without_a_network_it_is_tried_again_and_then_the_environments_failure(
    project: Project,
) -> None:
    project.write("programs/one.list", "Could_not_resolve_host:_shop.example")
    (project.root.parent / "trouble").write_text("")  # once
    report = project.build()
    assert [row.get("tries") for row in report["actions"]] == [2, None]
    project.write("programs/shop.lock", "pears")
    (project.root.parent / "trouble").mkdir()  # cannot be taken away
    tool = project.read("tools/tool").replace("os.unlink", "os.listdir")
    project.write("tools/tool", tool).chmod(0o755)
    project.log()
    result = project.run("build")
    assert result.code == 4
    assert "get has no network: Could not resolve host: shop.example (tried 3 times)" in result.err
    assert "HTTPS_PROXY" in result.err
    assert project.log() == ["get"] * 3


def test_a_failure_of_other_files_is_not_shared(project: Project, tmp_path: Path) -> None:
    """Two checkouts fetch by one lock at once, and what is staged beside it fails one of them."""
    other = project.copy(tmp_path / "other")
    project.write("programs/one.list", "broken")
    (tmp_path / "trouble").write_text("")
    (tmp_path / "hold").write_text("")
    first = project.start("build")
    wait_for(lambda: not (tmp_path / "hold").exists(), "the first fetch")
    second = other.start("build")
    until_waiting(other, [second], 1)
    (tmp_path / "hold.go-on").touch()
    for process, code in ((first, 1), (second, 0)):
        _, err = end_of(process)
        assert process.returncode == code, err


def test_the_coarse_scope_takes_nobodys_word(project: Project) -> None:
    coarse = {"MOLT_BUILD_KEY_SCOPE": "coarse"}
    project.build(env=coarse)
    project.write("programs/one.list", "\n")
    assert executed(project.build(env=coarse)) == ["one get", "one show"]
    assert project.build(env=coarse)["executed"] == 0


def test_an_audit_does_not_fetch_unasked(project: Project) -> None:
    project.build()
    project.log()
    found = json.loads(project.run("cache", "audit", "--json").out)
    assert [row["verdict"] for row in found["actions"]] == ["not repeated: a fetch", "same"]
    assert "get" not in project.log()
    found = json.loads(project.run("cache", "audit", "--json", "--fetches").out)
    assert [row["verdict"] for row in found["actions"]] == ["same", "same"]


@pytest.mark.parametrize(
    ("new", "finding"),
    [
        (
            'fetch = ["shop.lock"]\ndepfile = { path = "d", format = "make" }',
            "stages[0].depfile: has no place in a stage with fetch",
        ),
        ('fetch = ["shop.lock"]\nimports = "python"', "stages[0].imports: has no place"),
        ('fetch = ["../shop.lock"]', "stages[0].fetch[0]: '../shop.lock' leaves the project"),
    ],
)
def test_manifests_that_cannot_be(project: Project, new: str, finding: str) -> None:
    project.replace("manifests/toolchains/shop.toml", 'fetch = ["shop.lock"]', new)
    result = project.run("check")
    assert result.code == 2
    assert finding in result.err


WHEELS = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "wheels"
description = "A program with the packages that its lock names, as one folder."
engine = "compiler"
accepts = ["python"]

[[stages]]
name = "download"
fetch = ["requirements.txt"]
argv = [
    "{python}", "-m", "pip", "--isolated", "download", "--quiet", "--no-deps", "--require-hashes",
    "--index-url", "INDEX", "-r", "requirements.txt", "-d", "{wheels}",
]
outputs = { wheels = "wheels/" }

[[stages]]
name = "install"
takes_source = true
inputs = { wheels = "download.wheels" }
argv = [
    "{python}", "-m", "pip", "--isolated", "install", "--quiet", "--no-deps", "--no-index",
    "--find-links", "{wheels}", "--no-compile", "--target", "{site}", "-r", "requirements.txt",
]
outputs = { site = "site/" }
optional = ["requirements.txt"]

[targets.native]
results = ["install.site"]
run = ["{python}", "{source}"]
environment = { PYTHONPATH = "{site}" }
"""


def wheel(folder: Path, name: str) -> str:
    """Write a wheel; its SHA-256."""
    path = folder / name / f"{name}-1.0-py3-none-any.whl"
    path.parent.mkdir(parents=True)
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", "WORD = 'fetched'\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (path.parent / "index.html").write_text(f'<a href="{path.name}#sha256={digest}">{name}</a>')
    return digest


def test_wheels_of_a_lock_with_hashes(tmp_path: Path) -> None:
    """The example of docs/build.md."""
    project = new_project(tmp_path, "wheels")
    index = (tmp_path / "index").as_uri()
    digest = wheel(tmp_path / "index", "greeting")
    project.write("manifests/toolchains/wheels.toml", WHEELS.replace("INDEX", index))
    project.write("manifests/workloads/programs.toml", workload("python", "hello"))
    project.write("programs/hello.py", "import greeting\nprint(greeting.WORD)\n")
    project.write("programs/requirements.txt", f"greeting==1.0 --hash=sha256:{digest}\n")
    project.build()
    site = project.root / ".molt-build/out/wheels/dev/native/hello/site"
    assert (site / "greeting.py").read_text() == "WORD = 'fetched'\n"
    assert set(statuses(project.build()).values()) == {"up-to-date"}
    project.write("programs/requirements.txt", f"greeting==1.0 --hash=sha256:{'0' * 64}\n")
    result = project.run("build")
    assert result.code == 1
    assert "hash" in result.err.lower()


def test_a_server_that_is_not_there_is_no_network(tmp_path: Path) -> None:
    project = new_project(tmp_path, "wheels")
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        index = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        text = WHEELS.replace("INDEX", index).replace('"--quiet"', '"--retries", "1"')
        project.write("manifests/toolchains/wheels.toml", text)
        project.write("manifests/workloads/programs.toml", workload("python", "hello"))
        project.write("programs/hello.py", "")
        project.write("programs/requirements.txt", f"x==1.0 --hash=sha256:{'0' * 64}\n")
        result = project.run("build")
    assert result.code == 4
    assert "has no network" in result.err
