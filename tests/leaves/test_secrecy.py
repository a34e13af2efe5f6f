"""Passwords and tokens: of git's and pip's settings, of manifests, of command lines; never kept."""

from __future__ import annotations

import base64
import http.server
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from build_projects import Project, Result, needs, workload
from hypothesis import given
from hypothesis import strategies as st
from source_places import Repository, repository, served

from molt_build.errors import UsageError
from molt_build.secrecy import secret_in, this_command, without_secrets

SECRET = "SECRETWORD"


class GitServer(http.server.BaseHTTPRequestHandler):
    """Serves the repositories below `root` to who knows the password, by git's own CGI."""

    root = ""
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        wanted = "Basic " + base64.b64encode(f"user:{SECRET}".encode()).decode()
        if self.headers.get("Authorization") != wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="games"')
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        variables = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": self.root,
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type") or "",
            "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
        }
        ran = subprocess.run(
            ["git", "http-backend"],
            env=variables,
            input=self.rfile.read(length),
            capture_output=True,
            check=True,
        )
        head, _, body = ran.stdout.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(lines.pop("Status", "200 OK").split()[0]))
        for name, value in lines.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def upstream(tmp_path: Path) -> Repository:
    needs("git")
    return repository(tmp_path / "remote")


@pytest.fixture
def locked(upstream: Repository) -> Iterator[str]:
    """The URL of a git server that demands a password."""
    handler = type("Here", (GitServer,), {"root": str(upstream.bare.parent)})
    with served(handler) as url:
        yield f"{url}/{upstream.bare.name}"


def mentions(folder: Path) -> list[str]:
    """The files below a folder whose name or content holds the secret."""
    return [
        str(path)
        for path in folder.rglob("*")
        if SECRET in path.name or (path.is_file() and SECRET.encode() in path.read_bytes())
    ]


def assert_nothing_told(project: Project, *results: Result) -> None:
    assert mentions(project.cache) == []
    assert mentions(project.root) == []
    for result in results:
        assert SECRET not in result.out + result.err


@pytest.mark.parametrize("password", [SECRET, f"{SECRET}%40WRONG"])
def test_a_password_that_git_is_told_stays_there(
    toys: Project, upstream: Repository, locked: str, tmp_path: Path, password: str
) -> None:
    """Whether the fetch succeeds or not: in no output, and in no file that is left."""
    commit = upstream.commit({"one.toy": "one\n"})
    source = f'git = "https://example.invalid/games"\ncommit = "{commit}"'
    toys.write("manifests/workloads/programs.toml", workload("toy", "one=one.toy", source=source))
    there = locked.replace("://", f"://user:{password}@")
    settings = tmp_path / "gitconfig"
    settings.write_text(f'[url "{there}"]\n\tinsteadOf = https://example.invalid/games\n')
    env = {"GIT_CONFIG_GLOBAL": str(settings)}
    built = toys.run("build", "one", "--json", "--trace", str(toys.root / "trace.json"), env=env)
    assert built.code == (0 if password == SECRET else 4), built.err
    assert json.loads(built.out)["executed"] == (2 if password == SECRET else 0)
    listed = toys.run("cache", "waste", "--json")
    assert_nothing_told(toys, built, listed)


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{SECRET}@example.invalid/games",
        f"https://{SECRET}@example.invalid/games",
        f"https://user:p@{SECRET}@example.invalid/games",
        f"ssh://git:{SECRET}@example.invalid/games",
        f"file://user:{SECRET}@localhost/games",
        f"https://example.invalid/games?private_token={SECRET}",
        f"http://user:{SECRET}@example.invalid/games",
    ],
)
def test_a_manifest_with_a_secret_is_refused(toys: Project, url: str) -> None:
    commit = "0" * 40
    source = f'git = "{url}"\ncommit = "{commit}"'
    path = toys.write(
        "manifests/workloads/programs.toml", workload("toy", "one=one.toy", source=source)
    )
    said = [toys.run("build", "one"), toys.run("check"), toys.run("check", "--json")]
    assert [result.code for result in said] == [2, 2, 2]
    assert "programs.toml:9:1: source.git: " in said[1].err
    if not url.startswith("http:"):
        assert "the URL holds a" in said[1].err
        assert "credential helper" in said[1].err
    path.unlink()
    assert_nothing_told(toys, *said)


def test_a_user_alone_is_no_secret_for_ssh() -> None:
    assert secret_in("ssh://git@example.org/games") == ""
    assert secret_in("https://example.org/games.tar.gz?download=1") == ""
    assert secret_in("https://example.org/@scope/games") == ""
    assert secret_in("https://example.org/games?X-Amz-Signature=1")


def test_notes_and_errors_hold_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"https://user:{SECRET}@example.org/games?a=1&token={SECRET}"
    shown = "https://example.org/games?a=...&token=..."
    monkeypatch.setattr("sys.argv", ["/bin/molt-build", "friends", url])
    assert this_command() == f"molt-build friends {shown}"
    assert UsageError(f"cannot fetch '{url}'").message == f"cannot fetch '{shown}'"
    assert str(UsageError(url)) == shown


@given(
    user=st.text("abc:@%-", max_size=8),
    secret=st.text("xyz012@:%!$&()*+,;=", min_size=4, max_size=20),
    before=st.text("ab '\"\n(", max_size=5),
)
def test_no_part_of_a_password_is_left(user: str, secret: str, before: str) -> None:
    text = f"{before}https://{user}:{secret}@example.org/p: refused"
    assert without_secrets(text) == f"{before}https://example.org/p: refused"
