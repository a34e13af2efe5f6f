"""Artifacts of toolchains that are pinned sources: fetched once, and vouched for by their pin."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
from build_projects import Project, executed, new_project, statuses, workload
from source_places import package_index, sha256

TOY = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "toy"
description = "A compiler whose frontend and runtime are unpacked from elsewhere."
engine = "compiler"
accepts = ["toy"]

[artifacts.sdk]
source = SOURCE

[[stages]]
name = "front"
argv = ["sh", "{sdk}/main.sh", "{entry}", "{ir}"]
outputs = { ir = "{module}.ir" }

[[stages]]
name = "back"
inputs = { ir = "front.ir" }
argv = ["cp", "{ir}", "{text}"]
outputs = { text = "{module}.text" }

[targets.native]
results = ["back.text"]
run = ["cat", "{text}"]
"""
MAIN = 'cat "$1" "$(dirname "$0")/lib/words.txt" > "$2"\n'
MANIFEST = "manifests/toolchains/toy.toml"


def packed(words: str, main: str = MAIN) -> bytes:
    """An SDK: a tar with a folder at its top."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        files = {"main.sh": main, "lib/words.txt": words, "lib/module.py": "import deeper\n"}
        for name, text in files.items():
            info = tarfile.TarInfo(f"sdk-1.0/share/{name}")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return file.getvalue()


def declare(project: Project, content: bytes, root: str = "share") -> str:
    """Let the toolchain have this SDK, an archive of the project; its digest."""
    project.write("sdk.tar", content)
    source = f'{{ archive = "sdk.tar", sha256 = "{sha256(content)}", root = "{root}" }}'
    project.write(MANIFEST, TOY.replace("SOURCE", source))
    return sha256(content)


@pytest.fixture
def toy(tmp_path: Path) -> Project:
    project = new_project(tmp_path, "toy")
    project.write("manifests/workloads/programs.toml", workload("toy", "one=one.toy"))
    project.write("programs/one.toy", "one\n")
    declare(project, packed("first\n"))
    return project


def text(project: Project) -> str:
    return project.output("one/one.text").read_text()


def doctor(project: Project, *words: str, code: int = 0) -> dict[str, Any]:
    result = project.run("doctor", "toy", *words, "--json")
    assert result.code == code, result.err
    [row] = json.loads(result.out)["toolchains"]
    found: dict[str, Any] = row
    return found


def test_it_is_fetched_once_and_its_pin_is_all_that_keys_hold(toy: Project, tmp_path: Path) -> None:
    assert executed(toy.build()) == ["one front", "one back"]
    assert text(toy) == "one\nfirst\n"
    [front, back] = toy.explain()
    pin = sha256(packed("first\n"))
    assert front["components"]["toy sdk artifact"] == f"sha256:{pin} share"
    assert f'"{{sources}}/{pin}/tree/share/main.sh"' in front["components"]["argv"]
    assert str(toy.cache) not in json.dumps([front["components"], back["components"]])
    assert "toy sdk artifact" not in back["components"]
    # Once it is there its archive is not asked for, nor by another checkout.
    (toy.root / "sdk.tar").unlink()
    assert toy.build()["up_to_date"] == 2
    other = toy.copy(tmp_path / "other")
    assert statuses(other.build()) == {"one front": "hit", "one back": "hit"}
    # Nothing of it is in the plan but what says that it is whole.
    plans = b"".join(file.read_bytes() for file in toy.root.glob(".molt-build/plans/**/*.plan"))
    assert f"sources/{pin}/complete".encode() in plans
    assert b"share/lib/words.txt" not in plans


def test_another_pin_is_a_miss_of_what_mentions_it(toy: Project) -> None:
    toy.build()
    declare(toy, packed("second\n"))
    assert executed(toy.build()) == ["one front", "one back"]
    assert text(toy) == "one\nsecond\n"
    # The same words by another main: what only reads the result is as it was.
    declare(toy, packed("second\n", f"# another\n{MAIN}"))
    assert statuses(toy.build()) == {"one front": "executed", "one back": "up-to-date"}
    declare(toy, packed("first\n"))
    assert statuses(toy.build()) == {"one front": "hit", "one back": "hit"}


def test_what_was_cleared_is_fetched_again(toy: Project) -> None:
    toy.build()
    cleared = toy.run("cache", "clear", "--sources")
    assert cleared.code == 0, cleared.err
    assert toy.build()["up_to_date"] == 2
    assert list(toy.cache.glob("sources/*/complete"))


def test_doctor_and_prepare(toy: Project) -> None:
    row = doctor(toy)
    assert (row["state"], row["ready"]) == ("installed on first use", False)
    [wanted] = row["to_fetch"]
    assert (wanted["toolchain"], wanted["artifact"]) == ("toy", "sdk")
    assert wanted["source"] == "sdk.tar"
    shown = " ".join(toy.run("doctor", "toy").out.split())
    assert "toy installed on first use sdk.tar (size not known here)" in shown
    assert "molt-build prepare TOOLCHAIN installs now" in shown
    assert not list(toy.cache.glob("sources/*"))
    done = toy.run("prepare", "toy")
    assert done.code == 0, done.err
    assert done.out.startswith("toy: ready after ") and "(fetched sdk.tar " in done.out
    assert "fetching sdk.tar for toy" in done.err
    assert (doctor(toy)["state"], "to_fetch" in doctor(toy)) == ("ready", False)
    [prepared] = json.loads(toy.run("prepare", "toy", "--json").out)["prepared"]
    assert prepared["state"] == "there"
    [artifact] = prepared["artifacts"]
    assert artifact["was_there"] is True and artifact["size_bytes"] > 0
    assert Path(artifact["folder"], "lib/words.txt").read_text() == "first\n"


def test_a_look_at_what_a_build_would_do_fetches_nothing(toy: Project) -> None:
    planned = toy.run("build", "--dry-run")
    assert planned.code == 0, planned.err
    assert toy.explain()[0]["components"]["toy sdk artifact"].startswith("sha256:")
    assert not list(toy.cache.glob("sources/*"))


def test_what_cannot_be_had_is_said_in_a_sentence(toy: Project) -> None:
    (toy.root / "sdk.tar").unlink()
    missing = toy.run("build")
    assert missing.code == 3
    assert "toy needs the artifact sdk: file://" in missing.err
    assert "cannot be fetched" in missing.err
    prepared = toy.run("prepare", "toy")
    assert prepared.code == 3 and prepared.out.startswith("toy: missing: toy needs the artifact sd")
    declare(toy, packed("first\n"))
    toy.write("sdk.tar", packed("forged\n"))
    refused = toy.run("build")
    assert refused.code == 4
    assert f"sdk.tar has SHA-256 {sha256(packed('forged' + chr(10)))}, but" in refused.err
    assert not list(toy.cache.glob("sources/*/tree"))
    declare(toy, packed("first\n"), root="shared")
    elsewhere = toy.run("build")
    assert elsewhere.code == 2
    assert "sdk.tar has no folder shared" in elsewhere.err


def test_a_release_of_a_package(toy: Project) -> None:
    sdist = packed("released\n")
    pinned = f'pypi = "sdk", version = "1.0", sha256 = "{sha256(sdist)}", root = "share"'
    toy.write(MANIFEST, TOY.replace("SOURCE", f"{{ {pinned} }}"))
    with package_index("sdk", {"sdk-1.0.tar.gz": sdist}, form="json") as (url, asked):
        toy.environment.update({"PIP_INDEX_URL": url, "PIP_CONFIG_FILE": "/dev/null"})
        assert [one["source"] for one in doctor(toy)["to_fetch"]] == ["sdk 1.0 sdist"]
        assert asked == []
        toy.build()
        assert text(toy) == "one\nreleased\n"
        assert len(asked) == 2
    shutil.rmtree(toy.cache / "sources")
    offline = toy.run("build")
    assert offline.code == 3
    assert "fetching sdk 1.0 sdist for toy" in offline.err
    [said] = [line for line in offline.err.splitlines() if "needs" in line]
    assert "toy needs the artifact sdk: sdk 1.0 cannot be fetched: http://" in said
    assert "check the network" in offline.err


def test_a_depfile_may_name_what_lies_in_it(toy: Project) -> None:
    main = (
        MAIN + 'for one in main.sh lib/words.txt; do echo "$(dirname "$0")/$one" >> reads; done\n'
    )
    declare(toy, packed("first\n", main))
    outputs = 'outputs = { ir = "{module}.ir" }'
    toy.replace(MANIFEST, outputs, f'{outputs}\ndepfile = {{ path = "reads", format = "lines" }}')
    assert executed(toy.build()) == ["one front", "one back"]
    names = toy.explain()[0]["components"]
    assert [name for name in names if name.startswith(("read ", "absent "))] == []


def test_modules_that_are_imported_out_of_it(toy: Project) -> None:
    """Their pin is in the key, though no command mentions it, and nothing else of them is."""
    outputs = 'outputs = { ir = "{module}.ir" }'
    reads = 'imports = "python"\nimport_roots = ["{sdk}/lib"]\nreads = "declared"\n'

    def importing(content: bytes) -> str:
        pin = declare(toy, content)
        toy.replace(MANIFEST, '"sh", "{sdk}/main.sh", "{entry}"', '"cp", "{entry}"')
        toy.replace(MANIFEST, outputs, f"{reads}{outputs}")
        return pin

    toy.write("programs/one.toy", "import module\n")
    pin = importing(packed("first\n"))
    assert executed(toy.build()) == ["one front", "one back"]
    components = toy.explain()[0]["components"]
    assert components["toy sdk artifact"] == f"sha256:{pin} share"
    assert not [name for name in components if "module" in name or "deeper" in name]
    importing(packed("second\n"))
    assert statuses(toy.build()) == {"one front": "executed", "one back": "up-to-date"}


def test_a_tool_out_of_it_and_a_role_that_has_one(toy: Project) -> None:
    """The tool's file is not digested; who uses the toolchain has the pin in its identity."""
    maker = TOY.replace('name = "toy"', 'name = "maker"').replace('["toy"]', '["made"]')
    pin = declare(toy, packed("first\n"))
    source = f'{{ archive = "sdk.tar", sha256 = "{pin}", root = "share" }}'
    role = '[provides.cc]\ncommand = ["sh", "{sdk}/main.sh"]\n\n[[stages]]\nname = "front"'
    maker = maker.replace("SOURCE", source).replace('[[stages]]\nname = "front"', role)
    toy.write("manifests/toolchains/maker.toml", maker)
    user = toy.read(MANIFEST).replace(f"[artifacts.sdk]\nsource = {source}\n", "")
    user = user.replace("[[stages]]\n", '[uses]\ncc = ["maker"]\n\n[[stages]]\n', 1)
    toy.write(MANIFEST, user.replace('"sh", "{sdk}/main.sh"', '"{cc}"'))
    assert executed(toy.build()) == ["one front", "one back"]
    components = toy.explain()[0]["components"]
    assert components["cc: maker sdk artifact"] == f"sha256:{pin} share"
    assert str(toy.cache) not in json.dumps(components)


def test_pinning_one_anew(toy: Project) -> None:
    toy.write("newer/sdk.tar", packed("newer\n"))
    before = toy.read(MANIFEST)
    words = ("pin", "toy", "--artifact", "sdk", "newer/sdk.tar")
    planned = toy.run(*words, "--dry-run")
    assert planned.code == 0, planned.err
    assert "toy.toml: archive: sdk.tar -> newer/sdk.tar" in planned.out
    assert toy.read(MANIFEST) == before
    old, new = sha256(packed("first\n")), sha256(packed("newer\n"))
    [pinned] = json.loads(toy.run(*words, "--json").out)["artifacts"]
    assert [one["after"] for one in pinned["changes"]] == ["newer/sdk.tar", new]
    wanted = before.replace("sdk.tar", "newer/sdk.tar").replace(old, new)
    assert toy.read(MANIFEST) == wanted
    assert "toy.toml: pinned at that already" in toy.run(*words).out
    toy.build()
    assert text(toy) == "one\nnewer\n"
    missing = toy.run("pin", "toy", "--artifact", "skd", "-")
    assert (missing.code, "did you mean sdk?" in missing.err) == (2, True)
    assert toy.run("pin", "--artifact", "sdk", "-").code == 2


CASES = {
    "not pinned": ('{ archive = "sdk.tar" }', "source.sha256", "missing key, which 'archive'"),
    "of two kinds": (
        f'{{ archive = "sdk.tar", pypi = "a", version = "1", sha256 = "{"0" * 64}" }}',
        "source.pypi",
        "needs exactly one of archive, git, pypi",
    ),
    "of the project": ('{ project = "sdk" }', "source.project", "unknown key"),
    "not there": (
        f'{{ archive = "skd.tar", sha256 = "{"0" * 64}" }}',
        "source.archive",
        "there is no file 'skd.tar'",
    ),
    "with a secret": (
        f'{{ archive = "https://me:secret@host/a", sha256 = "{"0" * 64}" }}',
        "source.archive",
        "the URL holds a user or a password",
    ),
    "that leads out": (
        f'{{ archive = "sdk.tar", sha256 = "{"0" * 64}", root = "../share" }}',
        "source.root",
        "'../share' leaves the source",
    ),
    "also a path": (
        f'{{ archive = "sdk.tar", sha256 = "{"0" * 64}" }}\npath = "{{project}}/sdk"',
        "source",
        "needs exactly one of path, source, built_by; has path and source",
    ),
    "with globs": (
        f'{{ archive = "sdk.tar", sha256 = "{"0" * 64}" }}\nfiles = ["*.sh"]',
        "path",
        "missing key, which 'files' needs",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_with_one_is_said_where_it_is_written(toy: Project, case: str) -> None:
    source, path, message = CASES[case]
    toy.write(MANIFEST, TOY.replace("SOURCE", source))
    checked = toy.run("check")
    assert checked.code == 2
    assert f"artifacts.sdk.{path}: {message}" in checked.err
    if case == "of the project":
        assert 'path = "{project}/..."' in checked.err
