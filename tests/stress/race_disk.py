"""A small world of files whose every state is known: what trials change while a build looks.

A *state* says of each path what is there: a text with mode bits, or a link. An *operation* is one
step that a file system makes whole (a rename, an unlink, a write of one page), so the world goes
from one known state to the next and is in no other between them. `after` says what an operation
makes of a state; `Tree.perform` does it on disk.

Paths begin with `project/` (each checkout has its own) or `outside/` (what lies outside the
project, and is shared by its checkouts). Folders are there when something is in them.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

BUSY_S = 10.0  # for a program that is being started to be one that was


@dataclass(frozen=True)
class File:
    """A text with mode bits; names of `Tree.words` in the text are replaced on disk."""

    text: str
    mode: int = 0o644


@dataclass(frozen=True)
class Link:
    """A symbolic link with a relative target."""

    target: str


Node = File | Link
State = Mapping[str, Node]


@dataclass(frozen=True)
class Put:
    """A file or link takes the place of what is there: by rename, so under a new inode."""

    path: str
    node: Node


@dataclass(frozen=True)
class Overwrite:
    """The text of a file is written over: the same inode, by one write of the same length."""

    path: str
    text: str


@dataclass(frozen=True)
class Chmod:
    """Other mode bits."""

    path: str
    mode: int


@dataclass(frozen=True)
class Touch:
    """New times, nothing else."""

    path: str


@dataclass(frozen=True)
class Remove:
    """A file or link goes."""

    path: str


@dataclass(frozen=True)
class Move:
    """A file or folder is renamed; nothing is at its new name."""

    old: str
    new: str


Operation = Put | Overwrite | Chmod | Touch | Remove | Move


def after(state: State, operation: Operation) -> State:
    """What an operation makes of a state."""
    changed = dict(state)
    match operation:
        case Put(path, node):
            changed[path] = node
        case Overwrite(path, text):
            changed[path] = replace(_file(state, path), text=text)
        case Chmod(path, mode):
            changed[path] = replace(_file(state, path), mode=mode)
        case Remove(path):
            del changed[path]
        case Move(old, new):
            for path in state:
                if path == old or path.startswith(old + "/"):
                    changed[new + path[len(old) :]] = changed.pop(path)
        case Touch():
            pass
    return changed


def name_of(state: State) -> str:
    """A digest of all that is in a state."""
    rows = [
        [path, node.text, node.mode] if isinstance(node, File) else [path, node.target]
        for path, node in sorted(state.items())
    ]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


class Tree:
    """One of the two halves of a world, on disk; knows what it put there."""

    def __init__(self, name: str, root: Path, scratch: Path, words: Mapping[str, str]) -> None:
        self._prefix = name + "/"
        self.root = root
        self._scratch = scratch
        self._words = words
        self._now: State = {}
        for folder in (root, scratch):
            folder.mkdir(parents=True, exist_ok=True)

    def bring(self, state: State) -> None:
        """Make it what the state says; what is so already is left alone."""
        wanted = {path: node for path, node in state.items() if path.startswith(self._prefix)}
        for path, node in self._now.items():
            if wanted.get(path) != node:
                self._at(path).unlink()
        for path in sorted(self._now, key=len, reverse=True):
            self._remove_empty(self._at(path).parent)
        for path, node in wanted.items():
            if self._now.get(path) != node:
                self._put(path, node)
        self._now = wanted

    def perform(self, operation: Operation) -> None:
        """One operation; one on the other half is none of this tree's."""
        first = operation.old if isinstance(operation, Move) else operation.path
        if not first.startswith(self._prefix):
            return
        match operation:
            case Put(path, node):
                self._put(path, node)
            case Overwrite(path, text):
                data = self._text(text).encode()
                descriptor = _open_to_overwrite(self._at(path))
                try:
                    if os.fstat(descriptor).st_size != len(data):
                        raise ValueError(f"{path} would change its length")
                    os.pwrite(descriptor, data, 0)
                finally:
                    os.close(descriptor)
            case Chmod(path, mode):
                os.chmod(self._at(path), mode)
            case Touch(path):
                os.utime(self._at(path))
            case Remove(path):
                os.unlink(self._at(path))
                self._remove_empty(self._at(path).parent)
            case Move(old, new):
                self._at(new).parent.mkdir(parents=True, exist_ok=True)
                os.rename(self._at(old), self._at(new))
                self._remove_empty(self._at(old).parent)
        self._now = after(self._now, operation)

    def _put(self, path: str, node: Node) -> None:
        temporary = self._scratch / f"{time.monotonic_ns()}"
        if isinstance(node, Link):
            os.symlink(node.target, temporary)
        else:
            temporary.write_text(self._text(node.text))
            temporary.chmod(node.mode)
        place = self._at(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        os.rename(temporary, place)

    def _at(self, path: str) -> Path:
        return self.root / path.removeprefix(self._prefix)

    def _text(self, text: str) -> str:
        for word, meaning in self._words.items():
            text = text.replace(word, meaning)
        return text

    def _remove_empty(self, folder: Path) -> None:
        while folder != self.root and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


@dataclass(frozen=True)
class World:
    """A checkout with all that lies around it."""

    project: Path
    trees: tuple[Tree, ...]

    def bring(self, state: State) -> None:
        """Make all of it what the state says."""
        for tree in self.trees:
            tree.bring(state)

    def perform(self, operation: Operation) -> None:
        """One operation."""
        for tree in self.trees:
            tree.perform(operation)

    def forget(self) -> None:
        """Remove what builds left in the checkout, but for the validated manifests."""
        state = self.project / ".molt-build"
        for path in state.glob("*"):
            if path.is_dir() and path.name != "plans":
                shutil.rmtree(path)
        for path in (state / "plans").glob("*"):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "manifests":
                path.unlink()


def _file(state: State, path: str) -> File:
    node = state[path]
    if not isinstance(node, File):
        raise TypeError(f"{path} is no file")
    return node


def _open_to_overwrite(path: Path) -> int:
    """A descriptor to write to; a program cannot be opened so while the kernel is starting it."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            return os.open(path, os.O_WRONLY)
        except OSError as error:
            if error.errno != errno.ETXTBSY or time.monotonic() > deadline:
                raise
            time.sleep(0.001)
