"""Fetching one commit of a git repository, by its full id, without running anything of it.

The commit alone is fetched (no history, no tags, no submodules), into a bare repository without
hooks; with `paths` only the files under these, where the server can leave out the others. `git
archive` then hands over the files as git stores them, each checked against its id, and they are
written by the rules of `molt_build.sources.unpacking`. There is no checkout, and every attribute
that could change a byte or leave out a file is negated where it weighs most, in the repository's
own `info/attributes`: no filter, no line ending rule, neither of the project nor of the user. The
user's settings hold for the rest (`insteadOf`, credentials, proxies), transports that are commands
excepted.
"""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from molt_build import processes
from molt_build.errors import SourceRefused, SourceUnreachable, UsageError
from molt_build.files import stats_below
from molt_build.git_command import QUIET_SETTINGS, git_argv, git_environment, why_git_failed
from molt_build.secrecy import without_secrets
from molt_build.sources.archives import refusing_damage, unpack_tar
from molt_build.sources.download import FETCH_TIMEOUT_S, MAX_DOWNLOAD_BYTES
from molt_build.sources.unpacking import (
    MAX_MEMBERS,
    Unpacking,
    check_links,
    check_name,
    shown,
)
from molt_build.watch import counted

_SETTINGS = (
    *QUIET_SETTINGS,
    "protocol.ext.allow=never",
    "fetch.recurseSubmodules=false",
    "fetch.negotiationAlgorithm=noop",  # there is nothing yet that a server could leave out
    "fetch.writeCommitGraph=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "tar.umask=0022",
    "core.protectNTFS=false",  # names are checked by `unpacking`
    "core.protectHFS=false",
)
# All that makes `git archive` leave out a file, or write other bytes than git stores.
_NO_ATTRIBUTES = (
    "-export-ignore -export-subst -text -crlf -eol -ident -filter -working-tree-encoding"
)
# A repository on this machine serves what its owner did not think of allowing.
_LOCAL_UPLOAD_PACK = (
    "git -c uploadpack.allowFilter=true -c uploadpack.allowAnySHA1InWant=true upload-pack"
)
_HINT = "check the network, the URL, and that the commit is still there"
_LOOK_S = 0.25


@dataclass(frozen=True)
class Tip:
    """What a tag or branch points to."""

    kind: str  # "tag" or "branch"
    commit: str


@dataclass(frozen=True)
class Remote:
    """A repository elsewhere, and a bare one of ours that it is fetched into."""

    url: str
    folder: Path
    lock: int | None  # inherited by git: what it still writes to is ours, even if we are killed

    def tips(self, ref: str) -> list[Tip]:
        """The tag and the branch of that name, as the server has them now; a tag first."""
        name = re.sub(r"^refs/(heads|tags)/", "", ref)
        tag, branch = f"refs/tags/{name}", f"refs/heads/{name}"
        rows = self._run("ls-remote", "--", "origin", tag, f"{tag}^{{}}", branch)
        ids = {row.partition("\t")[2]: row.partition("\t")[0] for row in rows.splitlines()}
        tagged = ids.get(f"{tag}^{{}}", ids.get(tag))
        found = [("tag", tag, tagged), ("branch", branch, ids.get(branch))]
        return [Tip(k, i) for k, full, i in found if i is not None and ref in (name, full)]

    def fetch(self, commit: str, *, without_files: bool) -> None:
        """Have a commit and its folders; its files too, unless the server can leave them out.

        Raises `SourceUnreachable` when it is not had, `SourceRefused` when it is no commit.
        """
        words = ["--filter=blob:none"] if without_files else []
        self._fetch("--depth=1", *words, "--", "origin", commit)
        kind = self._run("cat-file", "-t", commit).strip()
        if kind != "commit":
            message = f"{self.url}: {commit} is pinned as a commit, but is a {kind}"
            raise SourceRefused(message, f"pin the commit that the {kind} points to")

    def write_tree(self, commit: str, paths: Sequence[str], destination: Path) -> None:
        """Write the commit's files to `destination`, only those under `paths` if there are any."""
        rows = [row for row in self._rows(commit) if _is_wanted(row.path, paths)]
        if not rows:
            under = f" under {', '.join(paths)}" if paths else ""
            raise UsageError(f"{self.url} at {commit} has no files{under}")
        tree = self._tree_of(commit, rows) if paths else commit
        (self.folder / "info").mkdir(exist_ok=True)
        (self.folder / "info/attributes").write_text(f"* {_NO_ATTRIBUTES}\n")
        words = ("--format=tar", "--worktree-attributes", tree)
        with self._output("archive", *words) as packed:
            writer = Unpacking(destination)
            unpack_tar(packed, writer, only_files=True)
            while packed.read(1 << 16):  # what fills a tar's last block
                pass
        if writer.count != len(rows):  # two names of a malformed tree are one place
            raise SourceRefused(
                f"git hands over {writer.count} of its {counted(len(rows), 'file')}"
            )
        check_links(destination)

    def _tree_of(self, commit: str, rows: Sequence[_Row]) -> str:
        """A tree of these files alone, which are fetched where they are missing."""
        listed = self._run("rev-list", "--objects", "--missing=print", "--no-walk", commit)
        missing = {line[1:] for line in listed.splitlines() if line.startswith("?")}
        wanted = sorted(missing & {row.blob for row in rows})
        if wanted:
            given = "".join(f"{blob}\n" for blob in wanted).encode()
            self._fetch("--filter=blob:none", "--stdin", "--", "origin", given=given)
        for row in rows:
            check_name(row.path)  # for git's index refuses it in other words
        index = b"".join(b"%s\0" % row.line for row in rows)
        self._run("update-index", "-z", "--index-info", given=index)
        return self._run("write-tree", "--missing-ok").strip()

    def _rows(self, commit: str) -> Iterator[_Row]:
        with self._output("ls-tree", "-r", "-z", "--full-tree", commit) as listing:
            for count, line in enumerate(_split(listing), 1):
                if count > MAX_MEMBERS:
                    raise SourceRefused(f"it has more than {MAX_MEMBERS} files")
                facts, _, path = line.partition(b"\t")
                _, kind, blob = facts.decode("ascii").split(" ")
                if kind == "blob":  # a submodule is a commit
                    yield _Row(os.fsdecode(path), blob, line)

    def _fetch(self, *words: str, given: bytes = b"") -> None:
        quiet = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        self._run("fetch", *quiet, *words, given=given)

    def _run(self, *words: str, given: bytes = b"") -> str:
        """What git prints; stopped when it takes too long or writes too much into its folder."""
        with (
            tempfile.TemporaryFile(dir=self.folder) as stdin,
            tempfile.TemporaryFile(dir=self.folder) as stdout,
            tempfile.TemporaryFile(dir=self.folder) as stderr,
        ):
            stdin.write(given)
            stdin.seek(0)
            with self._started(words, stdin, stdout, stderr) as process:
                while process.poll() is None:
                    try:
                        process.wait(timeout=_LOOK_S)
                    except subprocess.TimeoutExpired:
                        self._check_size()
            stdout.seek(0)
            stderr.seek(0)
            if process.returncode != 0:
                told = stderr.read(1 << 16).decode("utf-8", "replace")
                why = shown(why_git_failed(process.returncode, told))
                raise SourceUnreachable(f"git could not fetch {self.url}: {why}", _HINT)
            return stdout.read(MAX_DOWNLOAD_BYTES).decode("utf-8", "replace")

    @contextmanager
    def _output(self, *words: str) -> Iterator[IO[bytes]]:
        """What git prints as a stream, which is read to its end unless something is raised."""
        with (
            tempfile.TemporaryFile(dir=self.folder) as nothing,
            self._started(words, nothing, subprocess.PIPE, nothing) as process,
        ):
            assert process.stdout is not None
            with process.stdout:
                try:
                    yield process.stdout
                except tarfile.ReadError:  # cut short, where git failed
                    process.stdout.close()
                    if process.wait() == 0:
                        raise
                if process.wait() != 0:
                    message = f"git could not read what {self.url} sent"
                    raise SourceUnreachable(message, _HINT)

    @contextmanager
    def _started(
        self, words: Sequence[str], stdin: IO[bytes], stdout: IO[bytes] | int, stderr: IO[bytes]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A git process with all that it starts; gone when the block is left, or it takes too long.

        Raises `SourceUnreachable` when it took too long, whatever it was read for.
        """
        has_run_out = threading.Event()
        with processes.started(
            git_argv(*words, settings=_SETTINGS),
            environment=git_environment(
                GIT_DIR=str(self.folder),
                GIT_TERMINAL_PROMPT="0",
                GIT_NO_LAZY_FETCH="1",
                GIT_NO_REPLACE_OBJECTS="1",
            ),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            kept_open=() if self.lock is None else (self.lock,),
        ) as process:

            def end() -> None:
                has_run_out.set()
                processes.end(process)

            watchdog = threading.Timer(FETCH_TIMEOUT_S, end)
            watchdog.daemon = True
            watchdog.start()
            try:
                yield process
            finally:
                watchdog.cancel()
                if has_run_out.is_set():
                    told = f"it took over {FETCH_TIMEOUT_S:.0f} s"
                    raise SourceUnreachable(f"git could not fetch {self.url}: {told}", _HINT)

    def _check_size(self) -> None:
        size = sum(status.st_size for status in stats_below(self.folder))
        if size > MAX_DOWNLOAD_BYTES:
            message = f"{self.url} sends more than {MAX_DOWNLOAD_BYTES >> 20} MiB"
            raise SourceRefused(message, "name the `paths` that are needed; nothing was kept")


@dataclass(frozen=True)
class _Row:
    path: str
    blob: str
    line: bytes  # as `git ls-tree` prints it, and `git update-index` takes it


def open_remote(url: str, folder: Path, lock: int | None = None) -> Remote:
    """Make the repository `folder` (which must not be there) for fetching from `url`.

    Raises `SourceRefused` for transports that are commands, `EnvironmentFailed` without git.
    """
    folder.mkdir(mode=0o700)
    remote = Remote(url, folder, lock)
    run = remote._run
    run("init", "--quiet", "--bare", "--template=", "--", str(folder))
    resolved = run("ls-remote", "--get-url", "--", url).rstrip("\n")
    if re.match(r"[A-Za-z0-9+.-]+::", resolved) or url.startswith("-"):
        message = f"{url} is fetched by a command, {shown(without_secrets(resolved))}"
        raise SourceRefused(message, "use an https, ssh or file URL")
    run("config", "remote.origin.url", url)
    is_local = resolved.startswith("file://") or not re.match(r"([^/]*:|[a-z+]+://)", resolved)
    if is_local:
        run("config", "remote.origin.uploadpack", _LOCAL_UPLOAD_PACK)
    return remote


def fetch_commit(
    url: str, commit: str, ref: str | None, paths: Sequence[str], folder: Path, lock: int
) -> None:
    """Write the commit's files to `folder / "tree"`; `folder` must be there and empty.

    Where `ref` names a tag that points elsewhere by now, nothing is fetched: `SourceRefused`.
    """
    remote = open_remote(url, folder / "repository", lock)
    if ref is not None:
        now = remote.tips(ref)
        if now and now[0].kind == "tag" and now[0].commit != commit:
            message = f"{url}: tag {ref} moved: it was pinned at {commit} and is now"
            hint = "ask why; if that is right, pin the new commit"
            raise SourceRefused(f"{message} {now[0].commit}", hint)
    remote.fetch(commit, without_files=bool(paths))
    with refusing_damage(f"{url} at {commit}"):
        remote.write_tree(commit, paths, folder / "tree")


def _is_wanted(path: str, paths: Sequence[str]) -> bool:
    """Whether one of the globs names the file or a folder that it lies in."""
    parts = path.split("/")
    return not paths or any(_fits(parts, pattern.strip("/").split("/")) for pattern in paths)


def _fits(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern or not parts:
        return not pattern or tuple(pattern) == ("**",)
    if pattern[0] == "**":
        return _fits(parts, pattern[1:]) or _fits(parts[1:], pattern)
    return fnmatch.fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])


def _split(stream: IO[bytes]) -> Iterator[bytes]:
    """The pieces of a stream that end with a zero byte."""
    left = b""
    while chunk := stream.read(1 << 16):
        *rows, left = (left + chunk).split(b"\0")
        yield from rows
