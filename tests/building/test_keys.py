"""Keys: the digest of named components, the same on every checkout."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from build_projects import Project, executed

from molt_build.actions.action import key_of, output_name
from molt_build.store.digest import both_digests, digest_value


def entries(project: Project) -> dict[str, dict[str, object]]:
    """STAGE -> the store's only entry for it."""
    found = {}
    for path in project.cache.glob("store/entries/*/*.json"):
        value = json.loads(path.read_text())["value"]
        found[value["stage"]] = value
    return found


def test_a_key_is_the_digest_of_its_components(toys: Project) -> None:
    report = toys.build("one")
    for row, explained in zip(report["actions"], toys.explain("one"), strict=True):
        assert row["key"] == explained["key"] == digest_value(explained["components"])
        assert key_of(explained["components"]) == row["key"]


def test_an_entry_says_all_that_it_stands_on(toys: Project) -> None:
    toys.write("programs/one.toy", "WARN\n")
    toys.build("one")
    entry = entries(toys)["translate"]
    assert entry["key"] == digest_value(entry["components"])
    assert entry["exit_status"] == 0
    assert entry["stderr"] == "one.toy:1: warning: dubious\n"
    assert entry["seconds"] > 0  # type: ignore[operator]
    assert entry["peak_memory_bytes"] > 100_000  # type: ignore[operator]
    [blob] = entry["outputs"].values()  # type: ignore[attr-defined]
    assert blob["sha256"] == "sha256:" + hashlib.sha256(b"WARN\n").hexdigest()
    assert (blob["path"], blob["size_bytes"], blob["is_executable"]) == ("one.text", 5, False)
    assert re.fullmatch(r"xxh3:[0-9a-f]{32}", blob["xxh3"])
    script = entries(toys)["assemble"]["outputs"]["script"]  # type: ignore[index]
    assert script["is_executable"] is True


@pytest.mark.parametrize("kind", ["narrow", "coarse", "nondeterministic", "tokens", "again"])
def test_a_key_for_use_beyond_this_machine_is_sha256_all_the_way_down(
    toys: Project, kind: str
) -> None:
    manifest = "manifests/toolchains/toy.toml"
    scope = {"MOLT_BUILD_KEY_SCOPE": "coarse"} if kind == "coarse" else {}
    if kind == "nondeterministic":
        toys.replace(manifest, 'name = "translate"', 'name = "translate"\nnondeterministic = "why"')
    if kind == "tokens":
        toys.replace(manifest, 'name = "translate"', 'name = "translate"\ndigest = "tokens"')
    toys.build("one", env=scope)
    if kind == "again":  # what is new stands on what an earlier command has digested
        toys.replace(manifest, '"{module}.sh"', '"{module}.script"')
        toys.run("cache", "verify")
        assert executed(toys.build("one")) == ["one assemble"]
    found = [
        json.loads(path.read_text())["value"] for path in toys.cache.glob("store/entries/*/*.json")
    ]
    known = {entry["key"]: entry["key_sha256"] for entry in found}
    for folder in (toys.root, toys.cache / "store/blobs"):
        files = [path for path in folder.rglob("*") if path.is_file()]
        known |= dict(both_digests(path.read_bytes()) for path in files)
    assert len(found) == (3 if kind == "again" else 2)
    for entry in found:
        text = json.dumps(entry["components"], sort_keys=True, separators=(",", ":"))
        digests = set(re.findall(r"xxh3:[0-9a-f]{32}", text))
        assert digests
        for xxh3 in digests:
            text = text.replace(xxh3, known[xxh3])
        assert entry["key_sha256"] == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_no_path_of_this_machine_is_in_a_key(toys: Project, tmp_path: Path) -> None:
    toys.build("one")
    for row in toys.explain("one"):
        for name, value in row["components"].items():
            assert str(tmp_path) not in name + value
    argv = json.loads(toys.explain("one")[0]["components"]["argv"])
    assert argv == ["{project}/tools/toyc", "translate", "one.toy", "one.text", "-v"]


def test_staging_does_not_leak_into_warnings(toys: Project) -> None:
    toys.replace("tools/toyc", '"$2:1: warning', '"$PWD/$2:1: warning')
    toys.write("programs/one.toy", "WARN\n")
    [row, _] = toys.build("one")["actions"]
    assert row["warnings"] == "{stage}/one.toy:1: warning: dubious\n"


def test_a_stage_sees_the_declared_environment_and_nothing_else(toys: Project) -> None:
    toys.replace(
        "manifests/toolchains/toy.toml",
        "timeout_s = 600",
        'environment = { LEVEL = "{profile}", FOLDER = "{stage}/x" }',
    )
    toys.replace("tools/toyc", "translate)\n", "translate) env | sort > $3; ls >> $3; exit;;\nx)\n")
    toys.write("programs/neighbour.toy", "not an input")
    toys.build("one", env={"SECRET": "token", "LEVEL": "shell", "CFLAGS": "-O1"})
    [text] = [b["path"] for b in entries(toys)["translate"]["outputs"].values()]  # type: ignore[attr-defined]
    assert text == "one.text"
    lines = toys.output("one/one.sh").read_text()
    shown = dict(re.findall(r'echo "(\w+)=(.*)"', lines))
    home, folder = Path(shown["HOME"]), Path(shown["PWD"])
    assert shown["LEVEL"] == "dev"
    assert shown["FOLDER"] == f"{folder}/x"
    assert set(shown) - {"_", "OLDPWD", "SHLVL"} == {
        *("FOLDER", "HOME", "LANG", "LEVEL", "PATH", "PWD", "PYTHONDONTWRITEBYTECODE"),
        *("PYTHONHASHSEED", "SOURCE_DATE_EPOCH", "TMPDIR"),
    }
    assert home != Path.home()
    assert toys.cache in home.parents
    assert 'echo "one.toy"' in lines
    assert "neighbour" not in lines


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.o", "a.o"), ("x/../a.o", "a.o"), ("x/a.o", "x/a.o"), ("{shard}/release/a", "a")],
)
def test_output_names(path: str, name: str) -> None:
    assert output_name(path) == name


def test_renaming_an_output_is_another_action(toys: Project) -> None:
    toys.build("one")
    toys.replace("manifests/toolchains/toy.toml", '"{module}.sh"', '"{module}.script"')
    assert executed(toys.build("one")) == ["one assemble"]
    assert toys.output("one/one.script").exists()
