"""Workloads that are fetched: pinned archives and pinned git commits."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from build_projects import Project, needs, toy_project, workload

WORKLOAD = "manifests/workloads/programs.toml"


def file_member(name: str, text: str = "hello from afar\n") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(text)
    return info, text.encode()


def link_member(name: str, target: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info, b""


def tar(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> str:
    """Write a tar.gz; its SHA-256."""
    with tarfile.open(path, "w:gz") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pin(project: Project, archive: str, sha256: str, root: str = ".") -> None:
    source = f'archive = "{archive}"\nsha256 = "{sha256}"\nroot = "{root}"'
    project.write(WORKLOAD, workload("toy", "far=far.toy", source=source))


@pytest.mark.parametrize("form", ["project path", "file url"])
def test_a_pinned_archive(toys: Project, form: str) -> None:
    path = toys.write("archives/far.tar.gz", b"")
    sha256 = tar(path, file_member("far-1.0/src/far.toy"), file_member("far-1.0/README"))
    pin(toys, "archives/far.tar.gz" if form == "project path" else path.as_uri(), sha256, "src")
    assert toys.build()["executed"] == 2
    assert "hello from afar" in toys.output("far/far.sh").read_text()
    path.unlink()  # unpacked once, it is not needed again
    assert toys.build()["up_to_date"] == 2
    [tree] = (toys.cache / "sources").glob("*/tree")
    assert sorted(p.name for p in tree.iterdir()) == ["README", "src"]


def test_a_zip_archive(toys: Project) -> None:
    path = toys.write("far.zip", b"")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("far.toy", "hello from a zip\n")
        archive.writestr("README", "")
    pin(toys, "far.zip", hashlib.sha256(path.read_bytes()).hexdigest())
    assert toys.build()["executed"] == 2


def test_another_archive_than_the_pinned_one(toys: Project) -> None:
    path = toys.write("far.tar.gz", b"")
    sha256 = tar(path, file_member("far.toy"))
    pin(toys, "far.tar.gz", "0" * 64)
    result = toys.run("build")
    assert result.code == 4
    assert f"has SHA-256 {sha256}, but {'0' * 64} is pinned" in result.err
    assert unpacked(toys) == []


def test_an_archive_that_is_not_there(toys: Project) -> None:
    pin(toys, "nowhere.tar.gz", "0" * 64)
    result = toys.run("build")
    assert result.code in (1, 4)
    assert "nowhere.tar.gz cannot be fetched" in result.err


def test_what_is_no_archive(toys: Project) -> None:
    path = toys.write("far.tar.gz", "plain text")
    pin(toys, "far.tar.gz", hashlib.sha256(path.read_bytes()).hexdigest())
    result = toys.run("build")
    assert result.code in (1, 4)
    assert "far.tar.gz was refused while unpacking" in result.err
    assert unpacked(toys) == []


BAD_MEMBERS: dict[str, tuple[tuple[tarfile.TarInfo, bytes], ...]] = {
    "parent": (file_member("../escaped"),),
    "inner parent": (file_member("far-1.0/../../escaped"),),
    "absolute": (file_member("/tmp/escaped"),),
    "symlink out": (link_member("out", "../..", tarfile.SYMTYPE), file_member("out/escaped")),
    "absolute symlink": (link_member("out", "/etc/passwd", tarfile.SYMTYPE),),
    "hard link out": (link_member("out", "../../escaped", tarfile.LNKTYPE),),
    "device": (link_member("null", "", tarfile.CHRTYPE),),
    "fifo": (link_member("pipe", "", tarfile.FIFOTYPE),),
}


@pytest.mark.parametrize("case", BAD_MEMBERS)
def test_an_archive_that_would_escape(toys: Project, case: str) -> None:
    path = toys.write("far.tar.gz", b"")
    sha256 = tar(path, file_member("far-1.0/far.toy"), *BAD_MEMBERS[case])
    pin(toys, "far.tar.gz", sha256, "far-1.0")
    before = everything(toys.cache.parent, "project")
    result = toys.run("build")
    assert result.code == 4
    assert "far" in result.err
    assert unpacked(toys) == []
    after = everything(toys.cache.parent, "project")
    assert not [p for p in after - before if "escaped" in p]
    assert not Path("/tmp/escaped").exists()
    assert toys.run("build").code == 4


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "a/../../escaped"])
def test_a_zip_that_would_escape(toys: Project, name: str) -> None:
    path = toys.write("far.zip", b"")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("far.toy", "hello\n")
        archive.writestr(zipfile.ZipInfo(name), "escaped")
    pin(toys, "far.zip", hashlib.sha256(path.read_bytes()).hexdigest())
    result = toys.run("build")
    assert result.code == 4
    assert "leaves the folder it is unpacked in" in result.err
    assert unpacked(toys) == []


def test_a_zip_with_a_link(toys: Project) -> None:
    path = toys.write("far.zip", b"")
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    pin(toys, "far.zip", hashlib.sha256(path.read_bytes()).hexdigest())
    assert "is a link or another special file" in toys.run("build").err


def unpacked(project: Project) -> list[Path]:
    """Files that unpacking left in the cache."""
    found = (project.cache / "sources").rglob("*")
    return [p for p in found if p.is_file() and p.suffix != ".lock"]


def everything(folder: Path, but: str) -> set[str]:
    return {str(p) for p in folder.rglob("*") if p.relative_to(folder).parts[0] != but}


@pytest.fixture
def repository(tmp_path: Path) -> tuple[Path, Callable[..., str]]:
    """A git repository and a way to run git in it."""
    needs("git")
    folder = tmp_path / "a repository"
    folder.mkdir()

    def git(*words: str) -> str:
        names = (
            "-c",
            "user.name=T",
            "-c",
            "user.email=t@example.org",
            "-c",
            "commit.gpgsign=false",
        )
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        ran = subprocess.run(
            ["git", "-C", str(folder), *names, *words],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.strip()

    git("init", "--quiet", "-b", "main")
    for text in ("hello from the first commit", "hello from the second"):
        (folder / "far.toy").write_text(text + "\n")
        git("add", ".")
        git("commit", "--quiet", "-m", text)
    return folder, git


def test_a_pinned_commit(toys: Project, repository: tuple[Path, Callable[..., str]]) -> None:
    folder, git = repository
    for commit, text in (("HEAD", "from the second"), ("HEAD~1", "from the first commit")):
        source = f'git = "{folder.as_uri()}"\ncommit = "{git("rev-parse", commit)}"'
        toys.write(WORKLOAD, workload("toy", "far=far.toy", source=source))
        assert toys.build()["executed"] == 2
        assert text in toys.output("far/far.sh").read_text()
    folder.rename(folder.with_name("gone"))
    assert toys.build()["up_to_date"] == 2
    assert not list((toys.cache / "sources").rglob(".git"))


def test_a_commit_that_is_not_there(
    toys: Project, repository: tuple[Path, Callable[..., str]]
) -> None:
    source = f'git = "{repository[0].as_uri()}"\ncommit = "{"1" * 40}"'
    toys.write(WORKLOAD, workload("toy", "far=far.toy", source=source))
    result = toys.run("build")
    assert result.code in (1, 4)
    assert "git could not fetch" in result.err
    assert unpacked(toys) == []


def test_the_repository_that_git_variables_name_is_left_alone(
    toys: Project, repository: tuple[Path, Callable[..., str]], tmp_path: Path
) -> None:
    """A build started from a git hook finds GIT_DIR set to the user's own repository."""
    folder, git = repository
    own = toy_project(tmp_path / "own").root
    subprocess.run(["git", "init", "--quiet", str(own)], check=True)
    head = (own / ".git/HEAD").read_text()
    source = f'git = "{folder.as_uri()}"\ncommit = "{git("rev-parse", "HEAD")}"'
    toys.write(WORKLOAD, workload("toy", "far=far.toy", source=source))
    variables = {
        "GIT_DIR": str(own / ".git"),
        "GIT_WORK_TREE": str(own),
        "GIT_INDEX_FILE": str(own / ".git/index"),
    }
    assert toys.build(env=variables)["executed"] == 2
    assert (own / ".git/HEAD").read_text() == head
    assert not (own / ".git/FETCH_HEAD").exists()
    assert not (own / "far.toy").exists()
