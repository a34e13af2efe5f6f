"""Random trees of C headers, and random edits to them.

Each tree is a program with headers beside it, in folders of the project and in folders outside.
The same names stand in several folders; some folders and headers are links, some links lead to
nothing. Every header leaves a mark in the object, so whichever is read shows in its bytes, in what
order, and how often. Headers include others in every way that C has: quoted and in angle brackets,
with paths that go up and through links, by a macro, if `__has_include` says so, by `include_next`,
and under a condition that another header makes true.

Paths are those of `race_disk`; `TREE` in them is the program's name.
"""

from __future__ import annotations

import posixpath
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from race_disk import File, Link, Move, Node, Operation, Put, Remove, State, Touch, after

NAMES = tuple(f"h{number}.h" for number in range(5))
PROJECT = "project/src/TREE"
OUTSIDE = "outside/TREE"
FOLDERS = (
    *(f"{PROJECT}{part}" for part in ("", "/sub", "/a", "/a/sub", "/b", "/b/sub", "/b/sub/deep")),
    *(f"{OUTSIDE}{part}" for part in ("/x", "/x/sub", "/y", "/y/sub", "/z", "/z/sub/deep", "/w")),
)
LINKS = (f"{PROJECT}/l", f"{OUTSIDE}/l", f"{OUTSIDE}/y/sub/l")  # to folders
SEARCHED = (
    *(f"{PROJECT}/{part}" for part in ("a", "b", "b/sub", "l")),
    *(f"{OUTSIDE}/{part}" for part in ("x", "y", "z", "z/sub", "l", "w", "late")),
)
PREFIXES = ("", "", "", "", "sub/", "../", "./", "sub/../", "../sub/", "deep/", "l/", "late/")
FLAGS = ("-I", "-I", "-I", "-iquote", "-isystem", "-idirafter")

# The same directive, as C lets it be written.
WORDS = (
    "#include",
    "#include",
    "#include",
    "#  include",
    " \t#include",
    "#/* */include",
    "%:include",
)
SPLICED = "#inc\\\nlude"

_INCLUDED = re.compile(r'["<]([^">]+\.h)[">]')

Chance = random.Random


@dataclass(frozen=True)
class Edit:
    """One edit: what it is called, and its steps."""

    name: str
    steps: tuple[Operation, ...]


def search_order(chance: Chance) -> list[tuple[str, str]]:
    """(flag, folder) as a command line names them, folders with `TREE` in them; perhaps a header
    that is included first of all, by its name."""
    folders = chance.sample(SEARCHED, chance.randint(3, 7))
    order = [(chance.choice(FLAGS), folder) for folder in folders]
    if chance.random() < 0.2:
        order.append(("-include", chance.choice(NAMES)))
    return order


def tree(program: str, order: list[tuple[str, str]], chance: Chance) -> State:
    """A new tree; not every one compiles."""
    state: dict[str, Node] = {}
    for folder in FOLDERS:
        for name in NAMES:
            if chance.random() < 0.4:
                state[f"{folder}/{name}"] = File("")
    for link in LINKS:
        if chance.random() < 0.8:
            state[link] = _folder_link(link, chance)
    headers = sorted(path for path, node in state.items() if isinstance(node, File))
    for path in headers:
        if chance.random() < 0.12:
            state[path] = _file_link(path, state, chance)
    for path in headers:
        if isinstance(state[path], File):
            state[path] = File(_header(path, state, order, chance))
    main = f"{PROJECT}/main.c"
    lines = [_form(main, state, order, chance) for _ in range(chance.randint(3, 5))]
    state[main] = File("\n".join([*lines, "int program;", ""]))
    return named(state, program)


def named(state: State, program: str) -> State:
    """The tree of a program of this name."""
    found: dict[str, Node] = {}
    for path, node in state.items():
        if isinstance(node, Link):
            node = Link(node.target.replace("TREE", program))
        found[path.replace("TREE", program)] = node
    return found


def edit(state: State, program: str, order: list[tuple[str, str]], chance: Chance) -> Edit:
    """An edit of a program's tree."""
    while True:
        kind = chance.choices(list(_KINDS), [weight for _, weight in _KINDS.values()])[0]
        own = {p.replace(program, "TREE"): n for p, n in state.items() if f"/{program}/" in p}
        steps = _KINDS[kind][0](own, order, chance)
        if steps is None:
            continue
        renamed = [_renamed(step, program) for step in steps]
        first = renamed[0].old if isinstance(renamed[0], Move) else renamed[0].path
        where = "in the project" if first.startswith("project/") else "outside"
        return Edit(f"{kind} {where}", tuple(renamed))


def made(state: State, steps: tuple[Operation, ...]) -> State:
    """The state after the steps."""
    for step in steps:
        state = after(state, step)
    return state


# Headers and how they include others.


def mark(text: str) -> str:
    """A line that leaves a text in the object."""
    return f'__asm__(".section .marks\\n\\t.ascii \\"{text} \\"\\n\\t.previous");'


def _header(path: str, state: State, order: list[tuple[str, str]], chance: Chance) -> str:
    lines = [mark(f"{path} {chance.randrange(1000)}")]
    lines.append(f"#define SEEN_{posixpath.basename(path)[:2]}")
    if chance.random() < 0.6:
        lines.append("#if __INCLUDE_LEVEL__ < 4")
        lines += [_form(path, state, order, chance) for _ in range(chance.randint(1, 2))]
        lines.append("#endif")
    if chance.random() < 0.2:
        guard = "GUARD_" + "".join(c if c.isalnum() else "_" for c in path)
        lines = [f"#ifndef {guard}", f"#define {guard}", *lines, "#endif"]
    return "\n".join([*lines, ""])


def _form(includer: str, state: State, order: list[tuple[str, str]], chance: Chance) -> str:
    """An include of some form."""
    is_main = includer.endswith(".c")
    name, quoted = chance.choice(NAMES), chance.random() < 0.5
    any_path = chance.choice(PREFIXES) + name
    sure = _sure(includer, state, order, quoted, chance)
    any_ = f'"{any_path}"' if quoted else f"<{any_path}>"
    form = chance.random()
    if form < 0.35 and sure is not None:
        return f"{chance.choice([*WORDS, SPLICED])} {sure}"
    if form < 0.45 and sure is not None:
        return f"#define H {sure}\n#include H\n#undef H"
    if form < 0.60:
        return f"#if __has_include({any_})\n{mark('has')}\n#else\n{mark('has not')}\n#endif"
    if form < 0.80:
        return f"#if __has_include({any_})\n{chance.choice(WORDS)} {any_}\n#endif"
    if form < 0.90 and not is_main:
        own = posixpath.basename(includer)
        return f"#if __has_include_next(<{own}>)\n#include_next <{own}>\n#endif"
    if sure is not None:
        return f"#ifdef SEEN_{chance.choice(NAMES)[:2]}\n#include {sure}\n#endif"
    return mark("nothing")


def _sure(
    includer: str, state: State, order: list[tuple[str, str]], quoted: bool, chance: Chance
) -> str | None:
    """A header that is there, as an include names it."""
    folders = [f for flag, f in order if f not in NAMES and (quoted or flag != "-iquote")]
    if quoted:
        folders.append(posixpath.dirname(includer))
    folder = chance.choice(folders) + "/"
    found = sorted(p for p in state if p.startswith(folder) and p.endswith(".h"))
    if not found:
        return None
    path = chance.choice(found)[len(folder) :]
    return f'"{path}"' if quoted else f"<{path}>"


def _folder_link(link: str, chance: Chance) -> Link:
    if chance.random() < 0.15:
        return Link("missing")
    same = [folder for folder in FOLDERS if folder.split("/")[0] == link.split("/")[0]]
    target = chance.choice([f for f in same if not link.startswith(f + "/")])
    if link.startswith("project/") and chance.random() < 0.3:
        return Link(f"../../../outside/TREE/{chance.choice('xyz')}")  # of every checkout
    return Link(posixpath.relpath(target, posixpath.dirname(link)))


def _file_link(path: str, state: State, chance: Chance) -> Link:
    if chance.random() < 0.3:
        return Link(f"missing-{posixpath.basename(path)}")
    half = path.split("/")[0]
    files = [
        p for p, n in state.items() if p.startswith(half) and isinstance(n, File) and p != path
    ]
    return Link(posixpath.relpath(chance.choice(sorted(files)), posixpath.dirname(path)))


# Edits.

_Steps = list[Operation] | None


def _shadow(state: State, order: list[tuple[str, str]], chance: Chance) -> _Steps:
    """Most appear where some include would look."""
    folder = chance.choice([*FOLDERS, *(f for _, f in order if f not in NAMES)])
    name = chance.choice(NAMES)
    includes = [
        (path, named)
        for path, node in sorted(state.items())
        if isinstance(node, File)
        for named in _INCLUDED.findall(node.text)
    ]
    if includes and chance.random() < 0.75:
        includer, name = chance.choice(includes)
        searched = [folder for _, folder in order if folder not in NAMES]
        folder = chance.choice([posixpath.dirname(includer), chance.choice(searched)])
    path = posixpath.normpath(f"{folder}/{name}")
    if not path.startswith((f"{PROJECT}/", f"{OUTSIDE}/")) or not _is_free(path, state):
        return None
    return [Put(path, File(_header(path, state, order, chance)))]


def _folder_in_place(state: State, order: list[tuple[str, str]], chance: Chance) -> _Steps:
    path = f"{chance.choice(FOLDERS)}/{chance.choice(NAMES)}"
    if not _is_free(path, state):
        return None
    return [Put(f"{path}/h0.h", File(mark("in a folder") + "\n"))]


def _remove(state: State, order: list[tuple[str, str]], chance: Chance) -> _Steps:
    return [Remove(chance.choice(_headers(state)))]


def _edit(state: State, order: list[tuple[str, str]], chance: Chance) -> _Steps:
    path = chance.choice(_headers(state))
    if isinstance(state[path], Link):
        return None
    return [Put(path, File(_header(path, state, order, chance)))]


def _retarget(state: State, order: list[tuple[str, str]], chance: Chance) -> _Steps:
    links = sorted(path for path, node in state.items() if isinstance(node, Link))
    if not links:
        return None
    path = chance.choice(links)
    link = _file_link(path, state, chance) if path.endswith(".h") else _folder_link(path, chance)
    return None if link == state[path] else [Put(path, link)]


def _appear(state: State, order: list[tuple[str, str]], chance: Chance) -> _Steps:
    """What a dangling link leads to appears."""
    for path, node in sorted(state.items(), key=lambda _: chance.random()):
        if isinstance(node, Link) and "missing" in node.target:
            target = posixpath.normpath(f"{posixpath.dirname(path)}/{node.target}")
            if not path.endswith(".h"):
                target += f"/{chance.choice(NAMES)}"
            if _is_free(target, state):
                return [Put(target, File(_header(target, state, order, chance)))]
    return None


def _dangle(state: State, order: list[tuple[str, str]], chance: Chance) -> _Steps:
    """A link to nothing appears, or takes the place of a header."""
    path = f"{chance.choice(FOLDERS)}/{chance.choice(NAMES)}"
    if path not in state and not _is_free(path, state):
        return None
    target = posixpath.basename(path) if chance.random() < 0.2 else "missing-link.h"
    return [Put(path, Link(target))]


def _becomes_link(state: State, order: list[tuple[str, str]], chance: Chance) -> _Steps:
    """A folder becomes a link to where it went, or to another."""
    folder = chance.choice(FOLDERS[1:])
    aside = f"{folder}-aside"
    if not any(p.startswith(folder + "/") for p in state) or not _is_free(aside, state):
        return None
    target = posixpath.basename(aside)
    if chance.random() < 0.4:
        half = [f for f in FOLDERS[1:] if f.split("/")[0] == folder.split("/")[0]]
        other = chance.choice([f for f in half if not f"{f}/".startswith(f"{folder}/")])
        target = posixpath.relpath(other, posixpath.dirname(folder))
    return [Move(folder, aside), Put(folder, Link(target))]


def _rename_file(state: State, order: list[tuple[str, str]], chance: Chance) -> _Steps:
    old = chance.choice(_headers(state))
    new = f"{posixpath.dirname(old)}/{chance.choice(NAMES)}"
    return [Move(old, new)] if _is_free(new, state) else None


def _rename_folder(state: State, order: list[tuple[str, str]], chance: Chance) -> _Steps:
    old = chance.choice(FOLDERS[1:])
    new = f"{posixpath.dirname(old)}/{chance.choice(['late', 'sub', 'deep', 'l'])}"
    if not any(p.startswith(old + "/") for p in state) or f"{new}/".startswith(f"{old}/"):
        return None
    return [Move(old, new)] if _is_free(new, state) else None


def _touch(state: State, order: list[tuple[str, str]], chance: Chance) -> _Steps:
    path = chance.choice(_headers(state))
    return None if isinstance(state[path], Link) else [Touch(path)]


_KINDS: dict[str, tuple[Callable[[State, list[tuple[str, str]], Chance], _Steps], int]] = {
    "a header appears": (_shadow, 10),
    "a folder appears in a header's place": (_folder_in_place, 1),
    "a header is removed": (_remove, 4),
    "a header is edited": (_edit, 3),
    "a link is retargeted": (_retarget, 4),
    "what a dangling link leads to appears": (_appear, 3),
    "a dangling link appears": (_dangle, 3),
    "a folder becomes a link": (_becomes_link, 3),
    "a header is renamed": (_rename_file, 2),
    "a folder is renamed": (_rename_folder, 2),
    "a header is touched": (_touch, 1),
}


def _headers(state: State) -> list[str]:
    return sorted(path for path in state if path.endswith(".h"))


def _is_free(path: str, state: State) -> bool:
    """Whether a file can appear there: nothing is, and what should be a folder is none else."""
    if any(p == path or p.startswith(path + "/") for p in state):
        return False
    parts = path.split("/")
    return not any("/".join(parts[:depth]) in state for depth in range(1, len(parts)))


def _renamed(step: Operation, program: str) -> Operation:
    """The step on the tree of the program of this name."""
    match step:
        case Put(path, Link(target)):
            return Put(_own(path, program), Link(_own(target, program)))
        case Put(path, node):
            return Put(_own(path, program), node)
        case Move(old, new):
            return Move(_own(old, program), _own(new, program))
        case Remove(path):
            return Remove(_own(path, program))
        case Touch(path):
            return Touch(_own(path, program))
    raise TypeError(step)


def _own(path: str, program: str) -> str:
    return path.replace("TREE", program)
