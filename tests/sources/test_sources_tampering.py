"""Sources that are not what was pinned, or would do harm: refused, and nothing of them kept."""

from __future__ import annotations

import gzip
import http.server
import io
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from source_places import fetch, left, package_index, served, sha256, source

from molt_build.errors import SourceRefused, SourceUnreachable
from molt_build.sources import download, unpacking

GIB = 1 << 30


def tar_header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def archive(folder: Path, name: str, content: bytes) -> dict[str, str]:
    """An archive in the project `folder`, and how it is pinned."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return {"archive": name, "sha256": sha256(content)}


def refused(folder: Path, pinned: dict[str, str]) -> str:
    """What is said when the source is refused; nothing is left of it."""
    with pytest.raises(SourceRefused) as error:
        fetch(source(**pinned), folder)
    assert left(folder) == []
    return error.value.message


def tar_of(*members: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    """A tar.gz of files (name, content) and of other members."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            tar.addfile(info, io.BytesIO(member[1]))
    return packed.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_another_digest(tmp_path: Path) -> None:
    pinned = archive(tmp_path, "suite.tar.gz", tar_of(("a.py", b"print(1)\n")))
    told = refused(tmp_path, {**pinned, "sha256": "0" * 64})
    assert f"has SHA-256 {pinned['sha256']}, but {'0' * 64} is pinned" in told


@pytest.mark.parametrize("digest", ["", "abc", "A" * 64, "0" * 63])
def test_what_is_no_digest(tmp_path: Path, digest: str) -> None:
    pinned = archive(tmp_path, "suite.tar.gz", tar_of(("a.py", b"print(1)\n")))
    assert "which is no SHA-256 digest" in refused(tmp_path, {**pinned, "sha256": digest})


@pytest.mark.parametrize(
    ("member", "told"),
    [
        (("../escaped", b"x"), "../escaped leaves the folder it is unpacked in"),
        (("suite/../../escaped", b"x"), "leaves the folder it is unpacked in"),
        (("/tmp/escaped", b"x"), "/tmp/escaped is an absolute path"),
        ((".git/hooks/post-checkout", b"x"), "settings or hooks of a git repository"),
        (
            special("out", tarfile.SYMTYPE, "../../secret"),
            "out leaves the folder it is unpacked in",
        ),
        (special("out", tarfile.SYMTYPE, "/etc/passwd"), "out"),
        (
            special("out", tarfile.LNKTYPE, "../../secret"),
            "out leaves the folder it is unpacked in",
        ),
        (special("out", tarfile.LNKTYPE, "/etc/passwd"), "out"),
        (special("null", tarfile.CHRTYPE), "null is a device or another special file"),
        (special("disk", tarfile.BLKTYPE), "disk is a device or another special file"),
        (special("pipe", tarfile.FIFOTYPE), "pipe is a device or another special file"),
    ],
)
def test_a_tar_that_would_do_harm(
    tmp_path: Path, member: tarfile.TarInfo | tuple[str, bytes], told: str
) -> None:
    content = tar_of(("suite/a.py", b"print(1)\n"), member)
    assert told in refused(tmp_path, archive(tmp_path, "suite.tar.gz", content))


@pytest.mark.skipif(not hasattr(tarfile, "data_filter"), reason="there is no filter to do without")
@pytest.mark.parametrize(
    ("member", "told"),
    [
        (special("out", tarfile.SYMTYPE, "../../secret"), "leaves the folder it is unpacked in"),
        (special("out", tarfile.SYMTYPE, "/etc/passwd"), "is a link to an absolute path"),
        (special("out", tarfile.LNKTYPE, "../../secret"), "leaves the folder it is unpacked in"),
        (special("out", tarfile.LNKTYPE, "not/before"), "which is no file before it"),
    ],
)
def test_without_the_data_filter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, member: tarfile.TarInfo, told: str
) -> None:
    """Python before 3.11.4 has none."""
    monkeypatch.delattr(tarfile, "data_filter")
    content = tar_of(("suite/a.py", b"print(1)\n"), member)
    assert told in refused(tmp_path, archive(tmp_path, "suite.tar.gz", content))


def test_links_that_stay_inside(tmp_path: Path) -> None:
    content = tar_of(
        ("suite/a.py", b"print(1)\n"),
        special("suite/again.py", tarfile.LNKTYPE, "suite/a.py"),
        special("suite/b/up.py", tarfile.SYMTYPE, "../a.py"),
    )
    tree = fetch(source(**archive(tmp_path, "suite.tar.gz", content)), tmp_path)
    assert {(tree / name).read_text() for name in ("again.py", "b/up.py")} == {"print(1)\n"}


def test_a_file_through_a_link(tmp_path: Path) -> None:
    inside = special("link", tarfile.SYMTYPE, "folder")
    content = tar_of(("folder/a.py", b"print(1)\n"), inside, ("link/b.py", b"print(2)\n"))
    told = refused(tmp_path, archive(tmp_path, "suite.tar.gz", content))
    assert "link leads through a link" in told


def test_a_chain_of_links_out(tmp_path: Path) -> None:
    links = [special(f"l{n}", tarfile.SYMTYPE, f"l{n + 1}") for n in range(3)]
    content = tar_of(("a/b.py", b""), *links, special("l3", tarfile.SYMTYPE, "a/../.."))
    assert "leaves the folder" in refused(tmp_path, archive(tmp_path, "suite.tar.gz", content))


@pytest.mark.parametrize("name", ["../escaped", "a/../../escaped", "/tmp/escaped"])
def test_a_zip_that_would_do_harm(tmp_path: Path, name: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        bundle.writestr("a.py", "print(1)\n")
        bundle.writestr(zipfile.ZipInfo(name), "x")
    told = refused(tmp_path, archive(tmp_path, "suite.zip", packed.getvalue()))
    assert "leaves the folder it is unpacked in" in told


def test_a_bomb_of_ten_gigabytes_that_says_so(tmp_path: Path) -> None:
    # Compressed blocks put one after the other are one stream: ten GiB of zeros in ten MiB.
    block = gzip.compress(bytes(64 << 20), 9)
    content = gzip.compress(tar_header("zeros", 10 * GIB)) + block * (10 * GIB // (64 << 20))
    assert len(content) < 16 << 20
    told = refused(tmp_path, archive(tmp_path, "bomb.tar.gz", content))
    assert "it unpacks to more than 2 GiB" in told


def test_a_bomb_in_several_members(tmp_path: Path) -> None:
    size = 64 << 20
    first = gzip.compress(tar_header("zeros", size)) + gzip.compress(bytes(size))
    second = gzip.compress(tar_header("more", 10 * GIB))
    told = refused(tmp_path, archive(tmp_path, "bomb.tar.gz", first + second))
    assert "it unpacks to more than 2 GiB" in told


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_of_ten_gigabytes(tmp_path: Path, kind: bytes) -> None:
    """Headers that hold long names are read whole into memory."""
    info = tarfile.TarInfo("header")
    info.type, info.size = kind, 10 * GIB
    content = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(17 << 20))
    told = refused(tmp_path, archive(tmp_path, "bomb.tar.gz", content))
    assert "a header in it is over 16 MiB" in told


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MAX_MEMBERS", 100)
    content = tar_of(*((f"{number}.py", b"") for number in range(101)))
    told = refused(tmp_path, archive(tmp_path, "suite.tar.gz", content))
    assert "it has more than 100 members" in told


def test_a_zip_that_lies_about_its_size(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("zeros", bytes(1 << 20))
    content = packed.getvalue().replace(struct.pack("<I", 1 << 20), struct.pack("<I", 10))
    assert zlib.crc32(bytes(1 << 20)) != zlib.crc32(bytes(10))
    refused(tmp_path, archive(tmp_path, "bomb.zip", content))


def test_a_zip_of_ten_gigabytes_that_says_so(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for number in range(10):
            bundle.writestr(f"zeros{number}", b"0")
    content = bytearray(packed.getvalue())
    position = 0
    while (position := content.find(b"PK\1\2", position)) >= 0:  # the directory's entries
        content[position + 24 : position + 28] = struct.pack("<I", GIB)
        position += 4
    told = refused(tmp_path, archive(tmp_path, "bomb.zip", bytes(content)))
    assert "it unpacks to more than 2 GiB" in told


def test_a_download_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(bytes(1 << 16))
            except OSError:
                pass  # the other side has had enough

        def log_message(self, format: str, *args: object) -> None:
            pass

    monkeypatch.setattr(download, "MAX_DOWNLOAD_BYTES", 4 << 20)
    with served(Endless) as url:
        told = refused(tmp_path, {"archive": f"{url}/suite.tar.gz", "sha256": "0" * 64})
    assert "is bigger than 4 MiB" in told


@pytest.mark.parametrize("form", ["html", "json"])
class TestReleases:
    """Releases from a package index, spoken to over HTTP."""

    def fetch(self, folder: Path, digest: str) -> Path:
        wanted = source(pypi="Friendly_Suite", version="1.0", sha256=digest)
        return fetch(wanted, folder)

    def test_the_pinned_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
    ) -> None:
        sdist = tar_of(
            ("friendly_suite-1.0/a.py", b"print(1)\n"),
            ("friendly_suite-1.0/setup.py", b"raise SystemExit('was run')\n"),
        )
        files = {"friendly_suite-1.0.tar.gz": sdist, "friendly_suite-1.1.tar.gz": b"another"}
        with package_index("friendly-suite", files, form=form) as (url, asked):
            monkeypatch.setenv("PIP_INDEX_URL", url)
            monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
            tree = self.fetch(tmp_path, sha256(sdist))
            assert (tree / "a.py").read_text() == "print(1)\n"
            assert not [path for path in asked if "1.1" in path]
            before = len(asked)
            assert self.fetch(tmp_path, sha256(sdist)) == tree
            assert len(asked) == before
        assert self.fetch(tmp_path, sha256(sdist)) == tree  # and the index is gone

    def test_another_file_than_the_pinned_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
    ) -> None:
        sdist = tar_of(("friendly_suite-1.0/a.py", b"print(1)\n"))
        pinned = "0" * 64
        for declared in ({}, {"friendly_suite-1.0.tar.gz": pinned}):  # honest, and a liar
            files = {"friendly_suite-1.0.tar.gz": sdist}
            with package_index("friendly-suite", files, form=form, declared=declared) as (url, _):
                monkeypatch.setenv("PIP_INDEX_URL", url)
                monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
                with pytest.raises(SourceRefused) as error:
                    self.fetch(tmp_path, pinned)
            told = f"has SHA-256 {sha256(sdist)}, but {pinned} is pinned"
            assert told in error.value.message
            assert left(tmp_path) == []

    def test_a_release_that_is_not_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
    ) -> None:
        files = {"friendly_suite-2.0.tar.gz": b"another"}
        with package_index("friendly-suite", files, form=form) as (url, _):
            monkeypatch.setenv("PIP_INDEX_URL", url)
            monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
            with pytest.raises(SourceUnreachable, match="no package index has a sdist of it"):
                self.fetch(tmp_path, "0" * 64)
