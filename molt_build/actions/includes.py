"""What a C preprocessor looked for: by the names that the files it read spell.

A depfile says what was read, and no compiler says what it looked for in vain: gcc's and clang's
`-H`, `-M`, `-E` and `-v` tell of what was found, and of a `__has_include` they tell nothing. So the
text of every file that was read is searched for the names in it: those after `#include`,
`#include_next`, `#import`, `#embed` and `__has_include`, whether or not the condition around them
holds, and those of `.incbin`. Each name is looked for where the compiler would have looked, in its
order (GCC manual, "Search Path" and "Directory Options"):

- a quoted one in the folder of the file that spells it, then in the folders of `-iquote`;
- then each in the folders of `-I` and `-isystem`, the compiler's own, and those of `-idirafter`.

A place without such a file is an absence, the place where it is found is a presence, and what comes
after that one does not matter. Where the order is in doubt all places count: among the folders that
flags name, after `include_next`, and in folders that are known only because something was read from
them. A place too much costs a rebuild when something appears there; one too few, a wrong output.

A name that macros make (`#include HEADER`) may be any string of any directive of these files or of
the command line. The limit that stays: a name that is pasted of several tokens, and is only asked
for by `__has_include`, or looked for in vain.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

# What is looked for although nobody spells it: glibc's, before the first line.
IMPLIED = "stdc-predef.h"

QUOTED, ANGLED, NEXT, MADE, TEXT = "quoted", "angled", "next", "made", "text"
CONTENT = "content"  # of `.incbin`: the assembler reads it, and no depfile tells

# What there is at a place where a name was looked for.
NOTHING, FILE, READ = "nothing", "file", "read"

_SPLICE = re.compile(r"(?:\\|\?\?/)[ \t\f\v]*\r?\n")
_GAP = r"(?:[ \t\f\v]|/\*(?s:.*?)\*/)*+"
_HASH = r"(?:#|%:|\?\?=)"
_OPERAND = r'(?:"(?P<quoted>[^"\n]+)"|<(?P<angled>[^>\n]+)>|(?P<made>[A-Za-z_$]))'
_INCLUDE = re.compile(
    rf"(?:^|\*/){_GAP}{_HASH}{_GAP}(?P<word>include_next|include|import|embed)(?![A-Za-z0-9_$]){_GAP}{_OPERAND}",
    re.MULTILINE,
)
_HAS = re.compile(
    rf"\b(?P<word>__has_include_next|__has_include|__has_embed)\b{_GAP}\({_GAP}{_OPERAND}"
)
_INCBIN = re.compile(r'\.incbin[ \t]+\\?"([^"\\\n]+)')
_DIRECTIVE = re.compile(rf"^{_GAP}{_HASH}(.*)$", re.MULTILINE)
_LITERAL = re.compile(r'"([^"\n]+)"|<([^<>\n]+)>')

_LOOKED_FOR = (QUOTED, ANGLED, NEXT, CONTENT)
_FOLDER_FLAGS = ("-iquote", "-isystem", "-idirafter", "-iwithprefixbefore", "-iwithprefix", "-I")
_FILE_FLAGS = ("-include", "-imacros")


@dataclass(frozen=True)
class SearchPath:
    """Where a compiler looks for headers, absolute folders."""

    quoted: tuple[str, ...]  # of `-iquote`, for quoted names alone
    flagged: tuple[str, ...]  # of the other flags: all of them count, whatever their order
    own: tuple[str, ...]  # the compiler's, in order
    last: tuple[str, ...]  # of `-idirafter`
    first_files: tuple[str, ...]  # names that the command line includes
    texts: tuple[str, ...]  # what may be a name that a macro of the command line holds


def spelled(data: bytes) -> str:
    """The names in a file, as JSON: [[how, name], ...], each once, in order."""
    text = _SPLICE.sub("", data.decode("utf-8", "surrogateescape"))
    found: dict[tuple[str, str], None] = {}
    for pattern in (_INCLUDE, _HAS):
        for match in pattern.finditer(text):
            how = QUOTED if match["quoted"] else ANGLED
            if match["made"]:
                how = MADE
            elif match["word"].endswith("_next"):
                how = NEXT
            found[how, match["quoted"] or match["angled"] or ""] = None
    for match in _INCBIN.finditer(text):
        found[CONTENT, match[1]] = None
    # Strings of any directive, `#if HAS("x.h")` too: a macro may make a name of them.
    for line in _DIRECTIVE.finditer(text):
        for match in _LITERAL.finditer(line[1]):
            found[TEXT, match[1] or match[2]] = None
    return json.dumps(list(found))


def search_path(
    argv: Sequence[str], declared: Iterable[str], own: Iterable[str], folder: str
) -> SearchPath:
    """The search path of a command that runs in `folder`.

    `declared` are folders that a manifest names for the stage, `own` those of the compiler.
    """
    at: dict[str, list[str]] = {"-iquote": [], "-I": [], "-idirafter": []}
    first_files: list[str] = []
    texts: list[str] = []
    words = list(argv)
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else ""
        for flag in (*_FOLDER_FLAGS, *_FILE_FLAGS):
            if not word.startswith(flag):
                continue
            value = word[len(flag) :].removeprefix("=") or following
            if flag in _FILE_FLAGS:
                first_files.append(value)
            else:
                at.get(flag, at["-I"]).append(value)
            break
        if word.startswith("-D"):
            texts += [one or other for one, other in _LITERAL.findall(word + " " + following)]

    def absolute(folders: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(plain(os.path.join(folder, name)) for name in folders if name))

    return SearchPath(
        quoted=absolute(at["-iquote"]),
        flagged=absolute([*at["-I"], *declared]),
        own=absolute(own),
        last=absolute(at["-idirafter"]),
        first_files=tuple(first_files),
        texts=tuple(texts),
    )


def looked_for(
    files: Mapping[str, Sequence[tuple[str, str]]],  # path of each file read -> what it spells
    path: SearchPath,
    folder: str,  # where the command runs
    is_file: Callable[[str], bool],
) -> dict[str, str]:
    """Each place where a name was looked for, or may have been: `NOTHING`, `FILE`, or `READ`.

    `READ` is a file whose content counts although no depfile names it.
    """
    rows = [
        (os.path.dirname(file), how, name) for file, names in files.items() for how, name in names
    ]
    rows += [(folder, QUOTED, name) for name in path.first_files]
    rows += [(folder, how, name) for _, how, name in rows if how == CONTENT]
    rows.append((folder, ANGLED, IMPLIED))
    if any(how == MADE for _, how, _ in rows):
        texts = {name for _, how, name in rows if how == TEXT} | set(path.texts)
        folders = _all_folders(path)
        places = dict.fromkeys([*map(os.path.dirname, files), *folders, *map(tidy, folders)])
        texts |= {
            file[len(place) + 1 :]
            for file in files
            for place in places
            if file.startswith(place + "/")
        }
        rows += [
            (place, NEXT, name)
            for name in texts
            for place in dict.fromkeys(map(os.path.dirname, files))
        ]
    search = _Search(path, is_file)
    for where, how, name in dict.fromkeys(rows):
        if how in _LOOKED_FOR:
            search.look(where, how, name)
    # A folder that we did not know of, and in which something was found all the same.
    names = {name for _, how, name in rows if how in _LOOKED_FOR}
    unknown = {
        file[: -len(name) - 1]
        for file in files
        if file not in search.places
        for name in names
        if file.endswith("/" + name)
    } - {*_all_folders(path)}
    for place in sorted(unknown):
        for name in names:
            search.see(f"{place}/{name}")
    for file in files:
        search.see(f"{file}.gch")  # gcc prefers a precompiled header beside the header
    return {
        place: (READ if place in search.contents else FILE) if is_there else NOTHING
        for place, is_there in search.places.items()
    }


def plain(path: str) -> str:
    """A path without `.` and empty names.

    `..` stays: what a name before it is, a folder, a link or nothing, decides where it leads.
    """
    if "/." not in path and "//" not in path:
        return path
    names = [name for name in path.split("/") if name not in ("", ".")]
    return ("/" if path.startswith("/") else "") + "/".join(names)


def tidy(path: str) -> str:
    """A path without `.` and `..`, unless links on the way now make that another one."""
    short = os.path.normpath(path)
    if short != path and ".." in path:
        here, there = os.path.dirname(path), os.path.dirname(short)
        if os.path.realpath(here) != os.path.realpath(there):
            return path
    return short


class _Search:
    """The places where names are looked for; each name in each order once."""

    def __init__(self, path: SearchPath, is_file: Callable[[str], bool]) -> None:
        self._path = path
        self._is_file = is_file
        real = {os.path.realpath(folder) for folder in path.own}
        # The compiler drops a flag's folder that is one of its own: its place is then another.
        self._is_doubtful = {f for f in path.flagged if os.path.realpath(f) in real}
        self._done: set[tuple[str, bool]] = set()
        self.places: dict[str, bool] = {}
        self.contents: set[str] = set()

    def see(self, place: str) -> bool:
        """Note a place; whether there is a file."""
        place = plain(place)
        if place not in self.places:
            self.places[place] = self._is_file(place)
        return self.places[place]

    def look(self, where: str, how: str, name: str) -> None:
        """Look for a name that a file in the folder `where` spells."""
        if name.startswith("/"):
            self.see(name)
            return
        if how == CONTENT:
            for folder in (where, *_all_folders(self._path)):
                self.contents.add(plain(f"{folder}/{name}"))
                self.see(f"{folder}/{name}")
            return
        is_next = how == NEXT
        if how != ANGLED:
            if self.see(f"{where}/{name}") and not is_next:
                return
            for folder in self._path.quoted:
                self.see(f"{folder}/{name}")
        if (name, is_next) in self._done:
            return
        self._done.add((name, is_next))
        found = False
        for folder in self._path.flagged:
            found |= self.see(f"{folder}/{name}") and folder not in self._is_doubtful
        for folder in self._path.own:
            if found and not is_next:
                return
            found |= self.see(f"{folder}/{name}")
        for folder in self._path.last:
            if not found or is_next:
                self.see(f"{folder}/{name}")


def _all_folders(path: SearchPath) -> tuple[str, ...]:
    return (*path.quoted, *path.flagged, *path.own, *path.last)
