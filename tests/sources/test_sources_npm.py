"""Packages of npm: which registry is asked, by whose settings, and what is believed of it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import stat
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from build_projects import Project, new_project
from source_places import Answering, fetch, left, served, sha256, source
from test_friends_pin import MANIFEST

from molt_build.errors import SourceRefused, SourceUnreachable


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """npm is configured by nothing but the test; the user's file."""
    for name in ("NPM_CONFIG_REGISTRY", "npm_config_registry", "NPM_CONFIG_USERCONFIG"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home / ".npmrc"


def tarball(text: str) -> bytes:
    """A package as npm packs it: all in a folder, nothing executable."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in (("package.json", "{}"), ("lib/one.js", text)):
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content.encode()))
    return packed.getvalue()


GAMES = tarball("console.log(1)\n")
PINNED: dict[str, str] = {"npm": "games", "version": "1.2.0", "sha256": sha256(GAMES)}


@contextmanager
def registry(
    name: str = "games", content: bytes = GAMES, **dist: Any
) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """A registry on loopback with one package: its URL, and (path, Authorization) asked so far.

    `dist` is what it says of the version's files; by default the truth.
    """
    asked: list[tuple[str, str | None]] = []
    file = f"{name.rpartition('/')[2]}-1.2.0.tgz"
    integrity = f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"

    class Handler(Answering):
        def do_GET(self) -> None:
            path = unquote(self.path)
            asked.append((self.path, self.headers.get("Authorization")))
            place = f"http://{self.headers['Host']}/npm/{name}/-/{file}"
            told = {"tarball": place, "integrity": integrity, **dist}
            if path == f"/npm/{name}":
                versions = {"1.1.0": {}, "1.2.0": {"dist": told}}
                body = json.dumps({"name": name, "versions": versions}).encode()
            elif path == f"/npm/{name}/-/{file}":
                body = content
            else:
                self.send_error(404)
                return
            self.answer("application/json", body)

    with served(Handler) as url:
        yield f"{url}/npm", asked


def paths(asked: list[tuple[str, str | None]]) -> list[str]:
    return [path for path, _ in asked]


def test_the_tarball_of_a_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with registry() as (url, asked):
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"{url}/")
        tree = fetch(source(**PINNED, root="lib"), tmp_path)
        assert (tree / "one.js").read_text() == "console.log(1)\n"
        assert paths(asked) == ["/npm/games", "/npm/games/-/games-1.2.0.tgz"]
    # What is there is there: no registry is asked, and none is running.
    assert fetch(source(**PINNED, root="lib"), tmp_path) == tree
    with pytest.raises(SourceUnreachable, match=r"games 1\.3\.0 cannot be fetched: http://127"):
        fetch(source(**{**PINNED, "version": "1.3.0", "sha256": "0" * 64}), tmp_path)


@pytest.mark.parametrize("where", ["variable", "project", "user", "scope"])
def test_settings_in_the_order_of_npm(
    tmp_path: Path, settings: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    nowhere = "registry=http://127.0.0.1:9/npm/\n"
    name = "@ours/games" if where == "scope" else "games"
    settings.write_text(f"; of the user\n{nowhere}")
    with registry(name) as (url, asked):
        monkeypatch.setenv("REGISTRY_OF_THE_TEST", url)
        if where == "variable":
            (tmp_path / ".npmrc").write_text(nowhere)
            monkeypatch.setenv("npm_config_registry", url)
        elif where == "project":
            (tmp_path / ".npmrc").write_text("# of the project\nregistry = ${REGISTRY_OF_THE_TEST}")
        elif where == "user":
            settings.write_text(f'registry="{url}"\n')
        else:
            settings.write_text(f"{nowhere}@ours:registry={url}\n")
        fetch(source(**{**PINNED, "npm": name}), tmp_path)
    first = "/npm/@ours%2Fgames" if where == "scope" else "/npm/games"
    assert paths(asked)[0] == first


def test_npm_is_asked_where_no_setting_names_a_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    with pytest.raises(SourceUnreachable, match="no registry is known") as error:
        fetch(source(**PINNED), tmp_path)
    assert "set NPM_CONFIG_REGISTRY" in (error.value.hint or "")
    with registry() as (url, _):
        (tools / "npm").write_text(f'#!/bin/sh\n[ "$*" = "config get registry" ] && echo {url}/\n')
        (tools / "npm").chmod(0o700 | stat.S_IXUSR)
        fetch(source(**PINNED), tmp_path)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("{place}:_authToken=se/cret", "Bearer se/cret"),
        ("{host}:_auth=bWU6c2UvY3JldA==", "Basic bWU6c2UvY3JldA=="),
        ("{place}:username=me\n{place}:_password=c2UvY3JldA==", "Basic bWU6c2UvY3JldA=="),
        ("//127.0.0.1:9/npm/:_authToken=se/cret", None),
    ],
)
def test_credentials_reach_their_registry_and_no_message(
    tmp_path: Path, settings: Path, lines: str, expected: str | None
) -> None:
    with registry() as (url, asked):
        place = url.removeprefix("http:") + "/"
        host = place.removesuffix("npm/")
        settings.write_text(f"registry={url}\n{lines.format(place=place, host=host)}\n")
        with pytest.raises(SourceUnreachable) as error:
            fetch(source(**{**PINNED, "version": "9.9.9", "sha256": "0" * 64}), tmp_path)
        fetch(source(**PINNED), tmp_path)
    assert [words for _, words in asked] == [expected] * 3
    assert "cret" not in f"{error.value.message} {error.value.hint}"
    assert "has no such version" in error.value.message
    assert error.value.hint == "its newest: 1.1.0, 1.2.0"


def test_a_mirror_that_hands_on_where_another_registry_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mirror itself is asked; where it has not the file, the other one, without credentials."""
    with registry() as (other, asked_elsewhere):
        elsewhere = f"{other}/games/-/games-1.2.0.tgz"
        with registry(tarball=elsewhere) as (url, asked):
            monkeypatch.setenv("NPM_CONFIG_REGISTRY", url.replace("://", "://me:secret@"))
            fetch(source(**PINNED), tmp_path)
            assert paths(asked) == ["/npm/games", "/npm/games/-/games-1.2.0.tgz"]
            assert asked_elsewhere == []
        with registry("other", tarball=elsewhere) as (url, asked):
            monkeypatch.setenv("NPM_CONFIG_REGISTRY", url.replace("://", "://me:secret@"))
            fetch(source(**{**PINNED, "npm": "other"}), tmp_path / "again")
            assert asked_elsewhere == [("/npm/games/-/games-1.2.0.tgz", None)]
            assert all(words for _, words in asked)


@pytest.mark.parametrize(
    ("dist", "raised", "message"),
    [
        ({"tarball": 3}, SourceUnreachable, "is no page of an npm registry"),
        ({"tarball": "file:///etc/passwd"}, SourceUnreachable, "cannot be fetched"),
    ],
)
def test_a_registry_that_cannot_be_believed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dist: Mapping[str, Any],
    raised: type[Exception],
    message: str,
) -> None:
    with registry(content=b"", **dist) as (url, _):
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", url)
        with pytest.raises(raised, match=message):
            fetch(source(**{**PINNED, "npm": "games", "version": "1.2.0"}), tmp_path)
    assert left(tmp_path) == []


def test_another_digest_than_the_pinned_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with registry() as (url, _):
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", url)
        with pytest.raises(
            SourceRefused, match=f"games-1.2.0.tgz has SHA-256 {sha256(GAMES)}, but"
        ):
            fetch(source(**{**PINNED, "sha256": "0" * 64}), tmp_path)
    assert left(tmp_path) == []


@pytest.fixture
def games(tmp_path: Path) -> Project:
    return new_project(tmp_path)


def declare(project: Project, lines: str) -> Path:
    project.write("manifests/suites/games.toml", MANIFEST.replace("{source}", lines))
    return project.root / "manifests/suites/games.toml"


def test_pinning_a_version(games: Project) -> None:
    lines = 'npm = "games"\nversion = "1.1.0"\nsha256 = "{}"  # of it\n'
    file = declare(games, lines.format("0" * 64))
    with registry() as (url, _):
        done = games.run("friends", "pin", "games", "1.2.0", env={"NPM_CONFIG_REGISTRY": url})
        assert done.code == 0, done.err
    wanted = lines.format(sha256(GAMES)).replace("1.1.0", "1.2.0")
    assert file.read_text() == MANIFEST.replace("{source}", wanted)
    with registry(integrity=f"sha512-{base64.b64encode(b'0' * 64).decode()}") as (url, _):
        forged = games.run("friends", "pin", "games", "1.2.0", env={"NPM_CONFIG_REGISTRY": url})
    assert forged.code == 4
    assert "games-1.2.0.tgz has not the sha512 digest that its registry says" in forged.err


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('npm = "games"', "source.version: missing key, which 'npm' needs"),
        (
            f'npm = "games"\nversion = "^1.2.0"\nsha256 = "{"0" * 64}"',
            "source.version: '^1.2.0' is not a version",
        ),
        (
            f'npm = "games"\nversion = "1.2"\nsha256 = "{"0" * 64}"',
            "'1.2' is not a version of a package (hint: such as 1.2.3: one version",
        ),
        (
            f'npm = "../games"\nversion = "1.2.0"\nsha256 = "{"0" * 64}"',
            "source.npm: '../games' is not the name of a package of npm",
        ),
        ('project = "."\nversion = "1.2.0"', "source.version: is that of a package"),
    ],
)
def test_what_is_wrong_with_one_is_said(games: Project, lines: str, message: str) -> None:
    declare(games, lines)
    checked = games.run("check")
    assert checked.code == 2
    assert message in checked.err
