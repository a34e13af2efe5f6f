"""Workload sources: a project folder, a pinned archive, or a pinned git commit.

What is fetched is checked before it is used: an archive's SHA-256 before it is unpacked, a commit
by its full id. Unpacked trees lie in the user's cache directory under their digest and are shared;
a tree counts only once its `complete` marker is there. Archives are unpacked with `tarfile`'s data
filter, zip members by the same rules, and both within limits of count and size.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

from molt_build.errors import EnvironmentFailed, SourceRefused, UsageError
from molt_build.manifests.model import Source
from molt_build.store.locks import Waiting, locked

MAX_UNPACKED_BYTES = 2 << 30
MAX_MEMBERS = 200_000
FETCH_TIMEOUT_S = 600.0
_REPOSITORY_VARIABLES = (  # as listed by `git rev-parse --local-env-vars`
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)


def source_root(source: Source, project: Path, cache: Path, waiting: Waiting) -> Path:
    """The folder that holds the workload's programs, fetched and unpacked if need be.

    Raises `SourceRefused` when what was fetched is not what was pinned, `EnvironmentFailed` when
    it cannot be fetched, `UsageError` when the folder is not there.
    """
    if source.project is not None:
        root = project / source.project / source.root
    elif source.archive is not None:
        assert source.sha256 is not None
        root = _archive(source.archive, source.sha256, project, cache, waiting) / source.root
    else:
        assert source.git is not None and source.commit is not None
        root = _git(source.git, source.commit, cache, waiting) / source.root
    if not root.is_dir():
        raise UsageError(f"the source folder {root} does not exist")
    return Path(os.path.normpath(root))


def _archive(location: str, sha256: str, project: Path, cache: Path, waiting: Waiting) -> Path:
    tree = cache / "sources" / sha256
    if (tree / "complete").exists():
        return tree / "tree"
    tree.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    waiting = waiting.at_most(FETCH_TIMEOUT_S)
    lock = tree.with_suffix(".lock")
    with locked(lock, waiting, kind="source", name=location, remove=True):
        if (tree / "complete").exists():
            return tree / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile(dir=tree, prefix=".fetch-") as fetched:
            digest = _fetch(location, project, Path(fetched.name))
            if digest != sha256:
                message = f"{location} has SHA-256 {digest}, but {sha256} is pinned"
                raise SourceRefused(message, "check where it came from; then pin the new digest")
            _unpack(Path(fetched.name), location, tree / "tree")
        (tree / "complete").write_text(location + "\n")
    return tree / "tree"


def _fetch(location: str, project: Path, destination: Path) -> str:
    # Costs more to import than a warm build takes; only a fetch needs it.
    import urllib.error
    import urllib.parse
    import urllib.request

    if urllib.parse.urlsplit(location).scheme in ("https", "http", "file"):
        url = location
    else:
        url = (project / location).absolute().as_uri()
    digest = hashlib.sha256()
    try:
        with (
            urllib.request.urlopen(url, timeout=60) as reader,
            open(destination, "wb") as writer,
        ):
            while chunk := reader.read(1 << 20):
                digest.update(chunk)
                writer.write(chunk)
    except (urllib.error.URLError, OSError) as error:
        raise EnvironmentFailed(f"{location} cannot be fetched: {error}") from error
    return digest.hexdigest()


def _unpack(archive: Path, location: str, destination: Path) -> None:
    """Unpack into a fresh folder; one folder at the top of the archive is stepped into."""
    destination.mkdir()
    try:
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, destination)
        else:
            _unpack_tar(archive, destination)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        shutil.rmtree(destination, ignore_errors=True)
        message = f"{location} was refused while unpacking: {error}"
        raise SourceRefused(message, "nothing of it was kept") from error
    except SourceRefused as error:
        shutil.rmtree(destination, ignore_errors=True)
        raise SourceRefused(f"{location}: {error.message}", "nothing of it was kept") from error
    entries = list(destination.iterdir())
    if len(entries) == 1 and entries[0].is_dir():
        inner = destination.with_name("inner")
        entries[0].rename(inner)
        destination.rmdir()
        inner.rename(destination)


def _unpack_tar(archive: Path, destination: Path) -> None:
    total = count = 0
    with tarfile.open(archive) as tar:
        for member in tar:
            count += 1
            total += max(member.size, 0)
            _check_limits(total, count)
            if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
                raise SourceRefused(f"{member.name} is a device or another special file")
            if os.path.isabs(member.name):
                raise SourceRefused(f"{member.name} is an absolute path")
            if hasattr(tarfile, "data_filter"):
                tar.extract(member, destination, filter="data")
            else:  # Python before 3.11.4
                _check_stays_inside(member, destination)
                member.mode &= 0o755
                member.uid, member.gid, member.uname, member.gname = (
                    os.getuid(),
                    os.getgid(),
                    "",
                    "",
                )
                tar.extract(member, destination)


def _check_stays_inside(member: tarfile.TarInfo, destination: Path) -> None:
    """The rules of `tarfile.data_filter` (PEP 706) that keep a member in its folder."""
    root = os.path.realpath(destination)
    targets = [os.path.join(root, member.name)]
    if member.issym():
        targets.append(os.path.join(root, os.path.dirname(member.name), member.linkname))
    elif member.islnk():
        targets.append(os.path.join(root, member.linkname))
    for path in targets:
        if os.path.commonpath([os.path.realpath(path), root]) != root:
            raise SourceRefused(f"{member.name} leaves the folder it is unpacked in")
    if (member.issym() or member.islnk()) and os.path.isabs(member.linkname):
        raise SourceRefused(f"{member.name} is a link to an absolute path")


def _unpack_zip(archive: Path, destination: Path) -> None:
    total = 0
    with zipfile.ZipFile(archive) as packed:
        for count, member in enumerate(packed.infolist(), 1):
            total += member.file_size
            _check_limits(total, count)
            mode = member.external_attr >> 16
            if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
                raise SourceRefused(f"{member.filename} is a link or another special file")
            parts = Path(member.filename).parts
            if member.filename.startswith(("/", "\\")) or ".." in parts:
                raise SourceRefused(f"{member.filename} leaves the folder it is unpacked in")
            packed.extract(member, destination)


def _check_limits(total_bytes: int, count: int) -> None:
    if total_bytes > MAX_UNPACKED_BYTES:
        raise SourceRefused(f"it unpacks to more than {MAX_UNPACKED_BYTES >> 30} GiB")
    if count > MAX_MEMBERS:
        raise SourceRefused(f"it has more than {MAX_MEMBERS} members")


def _git(url: str, commit: str, cache: Path, waiting: Waiting) -> Path:
    tree = cache / "sources" / f"git-{commit}"
    if (tree / "complete").exists():
        return tree / "tree"
    tree.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    waiting = waiting.at_most(FETCH_TIMEOUT_S)
    lock = tree.with_suffix(".lock")
    with locked(lock, waiting, kind="source", name=url, remove=True):
        if (tree / "complete").exists():
            return tree / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(mode=0o700)
        work = tree / "tree"
        words = ("core.hooksPath=/dev/null", "protocol.ext.allow=never", "core.autocrlf=false")
        settings = [part for word in words for part in ("-c", word)]
        for arguments in (
            ["init", "--quiet", str(work)],
            ["-C", str(work), "fetch", "--quiet", "--depth=1", "--no-tags", url, commit],
            ["-C", str(work), "checkout", "--quiet", "--detach", "FETCH_HEAD"],
        ):
            try:
                _run_git([*settings, *arguments], url)
            except EnvironmentFailed:
                shutil.rmtree(tree, ignore_errors=True)
                raise
        found = _run_git(["-C", str(work), "rev-parse", "HEAD"], url).strip()
        if found != commit:
            shutil.rmtree(tree, ignore_errors=True)
            raise SourceRefused(f"{url} gave commit {found}, but {commit} is pinned")
        shutil.rmtree(work / ".git")
        (tree / "complete").write_text(url + "\n")
    return tree / "tree"


def _run_git(arguments: list[str], url: str) -> str:
    # A hook sets variables that name its own repository, which is none of ours.
    inherited = {k: v for k, v in os.environ.items() if k not in _REPOSITORY_VARIABLES}
    environment = {**inherited, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        result = subprocess.run(
            ["git", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=FETCH_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvironmentFailed(f"git could not fetch {url}: {error}") from error
    if result.returncode != 0:
        tail = result.stderr.strip().splitlines()[-1:] or ["no message"]
        raise EnvironmentFailed(f"git could not fetch {url}: {tail[0]}")
    return result.stdout
