"""Releases from what else pip can be configured for: folders, file:// indexes, private indexes."""

from __future__ import annotations

import base64
import http.server
import io
import textwrap
import zipfile
from pathlib import Path

import pytest
from source_places import fetch, left, served, sha256, source

from molt_build.errors import SourceRefused, SourceUnreachable


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip is configured by nothing but the test."""
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


def wheel(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        bundle.writestr("games/one.py", text)
        bundle.writestr("games-1.0.dist-info/METADATA", "Name: games\nVersion: 1.0\n")
    return packed.getvalue()


def test_the_one_of_several_wheels_that_is_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder declares no digests: each file is looked into."""
    links = tmp_path / "links"
    links.mkdir()
    (links / "games-1.0-py3-none-any.whl").write_bytes(wheel("print(1)\n"))
    (links / "games-1.0-cp399-cp399-elsewhere.whl").write_bytes(wheel("print(2)\n"))
    (links / "no package").write_bytes(b"")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    pinned = {"pypi": "games", "version": "1.0", "file": "wheel"}
    tree = fetch(source(**pinned, sha256=sha256(wheel("print(2)\n"))), tmp_path)
    assert (tree / "games/one.py").read_text() == "print(2)\n"
    with pytest.raises(SourceRefused, match=f"but {'0' * 64} is pinned"):
        fetch(source(**pinned, sha256="0" * 64), tmp_path)
    with pytest.raises(SourceUnreachable, match="no package index has a sdist of it"):
        fetch(source(pypi="games", version="1.0", sha256="0" * 64), tmp_path)


def test_an_index_in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "simple/games/index.html"
    page.parent.mkdir(parents=True)
    (tmp_path / "files").mkdir()
    (tmp_path / "files/games-1.0-py3-none-any.whl").write_bytes(wheel("print(1)\n"))
    digest = sha256(wheel("print(1)\n"))
    link = f'<a href="games-1.0-py3-none-any.whl#sha256={digest}">the wheel</a>'
    page.write_text(f'<html><head><base href="../../files/"></head><body>{link}</body></html>')
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "simple").as_uri())
    tree = fetch(source(pypi="games", version="1", file="wheel", sha256=digest), tmp_path)
    assert (tree / "games/one.py").read_text() == "print(1)\n"


def test_settings_of_pip_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The section of the command counts more than that of all commands, a variable more still."""
    content = wheel("print(1)\n")
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "games-1.0-py3-none-any.whl").write_bytes(content)
    lines = f"""\
        [global]
        no-index = no
        find-links = {tmp_path / "nowhere"}
            {tmp_path / "gone"}
        [download]
        no-index = yes
        find-links = {tmp_path / "here"}
            {tmp_path / "there"}
    """
    (tmp_path / "pip.conf").write_text(textwrap.dedent(lines))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    pinned = {"pypi": "games", "version": "1.0", "file": "wheel"}
    fetch(source(**pinned, sha256=sha256(content)), tmp_path)
    (tmp_path / "here/games-1.0-py3-none-any.whl").unlink()
    fetch(source(**pinned, sha256=sha256(content)), tmp_path / "again")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "elsewhere"))
    with pytest.raises(SourceUnreachable, match="elsewhere cannot be fetched"):
        fetch(source(**pinned, sha256=sha256(content)), tmp_path / "last")


@pytest.mark.parametrize("is_in_netrc", [False, True])
def test_a_private_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_in_netrc: bool
) -> None:
    """Its password reaches the server, and no message."""
    expected = "Basic " + base64.b64encode(b"me:se/cret").decode()
    seen: list[str | None] = []

    class Private(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization"))
            self.send_error(500)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with served(Private) as url:
        private = url.replace("://", "://me:se%2Fcret@")
        if is_in_netrc:
            private = url
            (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password se/cret\n")
            (tmp_path / "netrc").chmod(0o600)
            monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        monkeypatch.setenv("PIP_INDEX_URL", f"{private}/simple")
        with pytest.raises(SourceUnreachable) as error:
            fetch(source(pypi="games", version="1.0", sha256="0" * 64), tmp_path)
    assert seen == [expected]
    assert "HTTP Error 500" in error.value.message
    assert "cret" not in error.value.message
    assert left(tmp_path) == []


def test_no_server_names_files_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "games-1.0-py3-none-any.whl"
    own.write_bytes(wheel("print(1)\n"))

    class Curious(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<a href="{own.as_uri()}">the wheel</a>'.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with served(Curious) as url:
        monkeypatch.setenv("PIP_INDEX_URL", f"{url}/simple")
        wanted = source(pypi="games", version="1.0", file="wheel", sha256=sha256(own.read_bytes()))
        with pytest.raises(SourceUnreachable, match="no package index has a wheel of it"):
            fetch(wanted, tmp_path)
