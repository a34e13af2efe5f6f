"""Writing a tree of files that somebody else chose: nothing of it may lie outside of its folder.

Archives and git trees alike are written by `Unpacking`, member by member, into a fresh folder. Its
rules are those of `tarfile`'s data filter (PEP 706) and stricter: no `..` in a name, no `.git` (a
git that somebody runs in the tree would obey it), nothing is ever written through a link or over
one, and where a link leads is worked out once all links are known, by name alone, so that neither
the order of members nor the length of a path can deceive. Sizes count before anything is written
where they are declared, and again as bytes are written.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from pathlib import Path
from typing import IO

from molt_build.errors import SourceRefused

MAX_UNPACKED_BYTES = 2 << 30
MAX_MEMBERS = 200_000
MAX_DEPTH = 64
_MAX_LINKS_FOLLOWED = 40  # as the Linux kernel
_CHUNK_BYTES = 1 << 20


class Unpacking:
    """Writes members below `folder`, which it makes; every method raises `SourceRefused`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.folder = folder
        self._folders = {""}  # made here, so no links
        self._files: set[str] = set()
        self.count = 0
        self._declared_bytes = 0
        self._written_bytes = 0

    def expect(self, name: str, size_bytes: int) -> None:
        """Count a member of this declared size; to be called before it is read."""
        check_name(name)
        self.count += 1
        self._declared_bytes += max(size_bytes, 0)
        if size_bytes < 0:
            raise SourceRefused(f"{shown(name)} has a negative size")
        if self.count > MAX_MEMBERS:
            raise SourceRefused(f"it has more than {MAX_MEMBERS} members")
        if self._declared_bytes > MAX_UNPACKED_BYTES:
            raise too_big()

    def add_folder(self, name: str) -> None:
        """Make a folder, which may be there already."""
        self._make_folders(check_name(name))

    def add_file(self, name: str, content: IO[bytes], *, is_executable: bool) -> None:
        """Write a regular file; one of the same name, written before, is replaced."""
        path = self._place(name)
        if path in self._files:
            os.unlink(self._absolute(path))
        mode = 0o755 if is_executable else 0o644
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(self._absolute(path), flags, mode)
        except FileExistsError:
            raise _taken(name) from None
        self._files.add(path)
        with open(descriptor, "wb") as writer:
            while chunk := content.read(_CHUNK_BYTES):
                self._written_bytes += len(chunk)
                if self._written_bytes > MAX_UNPACKED_BYTES:
                    raise too_big()
                writer.write(chunk)

    def add_link(self, name: str, target: str) -> None:
        """Make a symbolic link; where it leads is checked by `check_links`."""
        path = self._place(name)
        if not target:
            raise SourceRefused(f"{shown(name)} is a link to nothing")
        if os.path.isabs(target):
            raise SourceRefused(f"{shown(name)} is a link to an absolute path, {shown(target)}")
        try:
            os.symlink(target, self._absolute(path))
        except FileExistsError:
            raise _taken(name) from None

    def add_hard_link(self, name: str, target: str) -> None:
        """Make a second name of a file that was written before."""
        path = self._place(name)
        known = "/".join(check_name(target))
        if known not in self._files:
            message = f"{shown(name)} is a hard link to {shown(target)}, which is no file before it"
            raise SourceRefused(message)
        try:
            os.link(self._absolute(known), self._absolute(path), follow_symlinks=False)
        except FileExistsError:
            raise _taken(name) from None

    def _place(self, name: str) -> str:
        parts = check_name(name)
        if not parts:
            raise SourceRefused(f"{shown(name)!r} names the folder it is unpacked in")
        self._make_folders(parts[:-1])
        return "/".join(parts)

    def _make_folders(self, parts: list[str]) -> None:
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            if path in self._folders:
                continue
            absolute = self._absolute(path)
            try:
                os.mkdir(absolute, 0o755)
            except FileExistsError:
                # Asked of the disk, which may take two spellings for the same name.
                if not stat.S_ISDIR(os.lstat(absolute).st_mode):
                    raise SourceRefused(f"{shown('/'.join(parts))} leads through a link") from None
            self._folders.add(path)

    def _absolute(self, path: str) -> str:
        return os.path.join(self.folder, path)


def check_links(folder: Path) -> None:
    """Raise `SourceRefused` when a symbolic link below the folder leads out of it."""
    links: dict[str, str] = {}
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(parent, name)
            if os.path.islink(path):
                links[os.path.relpath(path, folder)] = os.readlink(path)
    targets = {_folded(path): target for path, target in links.items()}
    for path, target in sorted(links.items()):
        if _leads_out(path, targets):
            message = f"{shown(path)} is a link to {shown(target)}, which leaves the folder"
            raise SourceRefused(f"{message} it is unpacked in")


def shown(name: str) -> str:
    """A name out of a foreign tree as it may be printed: no control characters, not too long."""
    text = "".join(letter if letter.isprintable() else "?" for letter in name)
    return text if len(text) <= 120 else f"{text[:117]}..."


def too_big() -> SourceRefused:
    """The refusal of what unpacks to more than the limit."""
    return SourceRefused(f"it unpacks to more than {MAX_UNPACKED_BYTES >> 30} GiB")


def check_name(name: str) -> list[str]:
    """The folders and the file that a name leads to; raises `SourceRefused` if it may not."""
    if name.startswith(("/", "\\")):
        message = f"{shown(name)} is an absolute path and leaves the folder it is unpacked in"
        raise SourceRefused(message)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise SourceRefused(f"{shown(name)} leaves the folder it is unpacked in")
    if any(_looks_like_git(part) for part in parts):
        raise SourceRefused(f"{shown(name)} would be settings or hooks of a git repository")
    if len(parts) > MAX_DEPTH:
        raise SourceRefused(f"{shown(name)} lies more than {MAX_DEPTH} folders deep")
    return parts


def _looks_like_git(part: str) -> bool:
    # Some file systems do not tell cases apart, nor see letters that are not printed.
    return "".join(filter(str.isprintable, part)).casefold() in (".git", "git~1")


def _leads_out(path: str, targets: dict[str, str]) -> bool:
    """Whether following `path` leaves the tree on its way; `targets` by folded path."""
    ahead = path.split("/")[::-1]
    here: list[str] = []
    followed = 0
    while ahead:
        part = ahead.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not here:
                return True
            here.pop()
            continue
        here.append(part)
        target = targets.get(_folded("/".join(here)))
        if target is not None:
            followed += 1
            if followed > _MAX_LINKS_FOLLOWED or target.startswith("/"):
                return True
            here.pop()
            ahead += target.split("/")[::-1]
    return False


def _folded(path: str) -> str:
    # Some file systems take these for equal; to take too many for links is no harm.
    return unicodedata.normalize("NFKC", path).casefold()


def _taken(name: str) -> SourceRefused:
    return SourceRefused(f"{shown(name)} stands where another member is")
