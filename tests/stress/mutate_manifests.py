"""Mutate the stock manifests at random, and see what `molt-build check` says.

    python tests/stress/mutate_manifests.py --count 2000 --seed 1

Half of the mutations are blind: flipped, inserted and removed bytes, truncation, shuffled lines.
They must lead to diagnostics or to none, never to an exception.

The other half are structured. They spoil one key in a way that makes its manifest invalid whatever
the checker thinks: the type is wrong, the name is nobody's, the required key is gone. Where the
key stands is found by reading the text line by line, apart from the parser under test. At least
95 % must be reported with the file, the path and the line of the mutated key; for a key that was
removed, with the line of its table; where a definition was renamed, at a line that used its old
name; where the line is no TOML, with the line alone.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import random
import re
import shutil
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

from molt_build.manifests import search, toml, validation  # noqa: E402

WANTED_SHARE = 0.95
ALIEN = "zq-nobody"


@dataclass(frozen=True)
class Key:
    """One `key = value` that begins a line, read without a TOML parser."""

    table: str  # "stages[0].environment"; "" for the top
    table_line: int  # where the table's header stands; 1 for the top
    name: str
    line: int  # of the key, counted from 1
    end: int  # the line after its value
    value: Any

    @property
    def path(self) -> str:
        return f"{self.table}.{self.name}" if self.table else self.name


@dataclass(frozen=True)
class Header:
    """One `[table]` or `[[table]]` line."""

    path: str
    line: int
    text: str


@dataclass(frozen=True)
class Expected:
    """Where a mutation must be reported; any of the lines, and the path unless it is None."""

    lines: frozenset[int]
    path: str | None


@dataclass(frozen=True)
class Mutation:
    """What a manifest becomes; `expected` is None when nobody can say whether it is invalid."""

    kind: str
    text: bytes
    expected: Expected | None


def keys_of(text: str) -> tuple[list[Key], list[Header]]:
    """The keys and headers that begin a line; the stock manifests are written that way."""
    lines = text.split("\n")
    keys, headers = [], []
    table, table_line = "", 1
    counts: Counter[str] = Counter()
    index = 0
    while index < len(lines):
        line = lines[index]
        header = re.match(r"(\[\[?)([\w.-]+)\]\]?", line)
        key = re.match(r"([\w-]+) = ", line)
        if header:
            names = header[2].split(".")
            table = ""
            for number, name in enumerate(names):
                table = f"{table}.{name}" if table else name
                if header[1] == "[[" and number == len(names) - 1:
                    counts[table] += 1
                if counts[table]:
                    table += f"[{counts[table] - 1}]"
            table_line = index + 1
            headers.append(Header(table, table_line, line))
        elif key:
            end = index + 1
            if line.endswith('= """'):
                end += next(n for n, text in enumerate(lines[end:], 1) if text.endswith('"""'))
            while end < len(lines) and re.match(r"[ \t\])}]", lines[end]):
                end += 1
            source = "\n".join(lines[index:end])
            value = tomllib.loads(source)[key[1]]
            keys.append(Key(table, table_line, key[1], index + 1, end + 1, value))
            index = end - 1
        index += 1
    return keys, headers


def replace_value(text: str, key: Key, value: str) -> str:
    """The text with another value for a key."""
    lines = text.split("\n")
    lines[key.line - 1 : key.end - 1] = [f"{key.name} = {value}"]
    return "\n".join(lines)


def at_key(key: Key, suffix: str = "") -> Expected:
    return Expected(frozenset([key.line]), key.path + suffix)


def is_closed(table: str) -> bool:
    """Whether the table's keys are fixed by the schema, not chosen by the author."""
    last = re.sub(r"\[\d+\]", "", table).split(".")
    free = {"environment", "inputs", "outputs", "uses", "flags", "roles"}
    return not free & set(last)


# Each takes a text, its keys and headers, and chance; None where it does not apply.
Mutator = Callable[[str, list[Key], list[Header], random.Random], "Mutation | None"]


def choose(chance: random.Random, keys: list[Key]) -> Key | None:
    return chance.choice(keys) if keys else None


def rename_key(
    text: str, keys: list[Key], _: list[Header], chance: random.Random
) -> Mutation | None:
    key = choose(chance, [one for one in keys if is_closed(one.table)])
    if key is None:
        return None
    spoiled = chance.choice([key.name + "_zq", "zq" + key.name, key.name.upper()])
    lines = text.split("\n")
    lines[key.line - 1] = lines[key.line - 1].replace(key.name, spoiled, 1)
    path = f"{key.table}.{spoiled}" if key.table else spoiled
    return _mutation("rename key", "\n".join(lines), Expected(frozenset([key.line]), path))


def wrong_type(
    text: str, keys: list[Key], _: list[Header], chance: random.Random
) -> Mutation | None:
    key = choose(chance, keys)
    if key is None:
        return None
    wrong = {
        str: ["987654", "true", '["zq"]', "{ zq = 1 }", "1979-05-27", "1.5"],
        bool: ['"yes"', "1", "[]"],
        int: ['"1"', "true", "[1]", "07:32:00"],
        float: ['"1"', "false", "{}"],
        list: ['"zq"', "987654", "true", "{ zq = 1 }"],
        dict: ['"zq"', "987654", '["zq"]'],
    }[type(key.value)]
    value = chance.choice(wrong)
    return _mutation("wrong type", replace_value(text, key, value), at_key(key))


def wrong_element(
    text: str, keys: list[Key], _: list[Header], chance: random.Random
) -> Mutation | None:
    key = choose(chance, [one for one in keys if isinstance(one.value, list) and one.value])
    if key is None:
        return None
    lines = text.split("\n")
    value = chance.choice(["987654", "true", '["zq"]', "{}", "1.5"])
    lines[key.line - 1] = lines[key.line - 1].replace("[", f"[{value}, ", 1)
    return _mutation("wrong element", "\n".join(lines), at_key(key, "[0]"))


def out_of_range(
    text: str, keys: list[Key], _: list[Header], chance: random.Random
) -> Mutation | None:
    # What a size of a suite's program means, its adapter alone knows.
    numbers = [one for one in keys if type(one.value) in (int, float) and one.name != "size"]
    key = choose(chance, numbers)
    if key is None:
        return None
    value = chance.choice(["-5", "1e12", "987654321", "-0.5", "inf", "nan"])
    return _mutation("out of range", replace_value(text, key, value), at_key(key))


PATTERNED = {"name", "language", "sha256", "commit", "store_size_limit", "family", "engine", "kind"}
PATTERNED |= {"friend", "licence", "form", "mode", "kernel", "module", "id", "subject"}
PATTERNED |= {"stream", "digest", "imports", "metric", "target", "profile", "reference", "query"}


def bad_word(text: str, keys: list[Key], _: list[Header], chance: random.Random) -> Mutation | None:
    key = choose(chance, [one for one in keys if one.name in PATTERNED and is_closed(one.table)])
    if key is None:
        return None
    value = chance.choice(['"Bad Name!"', '""', '"-zq"', '"x\\ny"', '"Ünicode"', '" "'])
    return _mutation("bad word", replace_value(text, key, value), at_key(key))


def remove_required(
    text: str, keys: list[Key], _: list[Header], chance: random.Random
) -> Mutation | None:
    kind = next((one.value for one in keys if one.path == "kind"), None)
    required = _required(str(kind))
    chosen = [
        one
        for one in keys
        if one.name in required.get(re.sub(r"\[\d+\]|\.[^.]+$", "", one.table), ())
        or (one.name in required.get(re.sub(r"\[\d+\]", "", one.table), ()))
    ]
    key = choose(chance, chosen)
    if key is None:
        return None
    lines = text.split("\n")
    del lines[key.line - 1 : key.end - 1]
    return _mutation(
        "remove required", "\n".join(lines), Expected(frozenset([key.table_line]), key.path)
    )


def _required(kind: str) -> dict[str, set[str]]:
    """Table -> keys that it must have, in the words of the format's description."""
    tables = {
        "": {"kind", "schema_version", "name", "description"},
        "programs": {"name"},
        "stages": {"name", "argv", "outputs"},
        "queries": {"argv"},
        "provides": {"command"},
        "targets": {"run"},
        "python": {"requires"},
        "unsupported": {"reason"},
        "shards": {"slots"},
        "adapter": {"note"},
        "default": {"mode"},
        "engines": {"mode"},
        "programs.engines": {"mode"},
        "exclusions": {"entries", "reason"},
    }
    tables[""] |= {
        "project": {"default_toolchain", "default_profile"},
        "workload": {"language"},
        "lane": {"workloads", "reference", "subject", "toolchains"},
        "toolchain": {"engine"},
        "suite": {"friend", "licence", "present"},
    }.get(kind, set())
    return tables


TEMPLATES = {
    "argv",
    "run",
    "drive",
    "command",
    "version",
    "search_path",
    "identity_files",
    "absences",
}


def bad_placeholder(
    text: str, keys: list[Key], _: list[Header], chance: random.Random
) -> Mutation | None:
    lists = [one for one in keys if one.name in TEMPLATES and isinstance(one.value, list)]
    words = [
        one
        for one in keys
        if isinstance(one.value, str)
        and (one.table.endswith(".environment") or (one.name == "path" and "exec" in one.table))
    ]
    key = choose(chance, lists + words)
    if key is None:
        return None
    spoiled = chance.choice(["{zq_unknown}", "{zq", "zq}", "{}", "x{zq unknown}", "{cc.zq}"])
    if key in words:
        return _mutation("bad placeholder", replace_value(text, key, f'"{spoiled}"'), at_key(key))
    lines = text.split("\n")
    lines[key.line - 1] = lines[key.line - 1].replace("[", f'["{spoiled}", ', 1)
    return _mutation("bad placeholder", "\n".join(lines), at_key(key, "[0]"))


NAMING = {"default_toolchain", "default_profile", "inherits", "reference", "subject", "profile"}
NAMING |= {"startup_program", "query", "friend"}
NAMING_LISTS = {"workloads", "toolchains", "optional"}


def bad_reference(
    text: str, keys: list[Key], _: list[Header], chance: random.Random
) -> Mutation | None:
    chosen = [
        one
        for one in keys
        if (one.name in NAMING and is_closed(one.table))
        or (one.name in NAMING_LISTS and not one.table)
        or one.table == "uses"
        or (one.name in ("results", "stages") and one.table.startswith("targets."))
        or (one.name == "inputs" and isinstance(one.value, dict))
    ]
    key = choose(chance, chosen)
    if key is None:
        return None
    wanted = f"{ALIEN}.out" if key.name in ("results", "inputs") else ALIEN
    if isinstance(key.value, str):
        return _mutation("bad reference", replace_value(text, key, f'"{wanted}"'), at_key(key))
    if isinstance(key.value, dict):
        name = chance.choice(sorted(key.value))
        value = "{ " + f'{name} = "{wanted}"' + " }"
        return _mutation("bad reference", replace_value(text, key, value), at_key(key, f".{name}"))
    index = chance.randrange(len(key.value) + 1)
    words = [*key.value[:index], wanted, *key.value[index:]]
    value = json.dumps(words)
    return _mutation("bad reference", replace_value(text, key, value), at_key(key, f"[{index}]"))


def rename_table(
    text: str, _: list[Key], headers: list[Header], chance: random.Random
) -> Mutation | None:
    """A table whose name is a name of something else: a profile, a role, a target."""
    chosen = [
        one
        for one in headers
        if re.match(
            r"(flags|roles|targets|engines)\.[^.]+$|(source|python|adapter|default)$", one.path
        )
    ]
    if not chosen:
        return None
    header = chance.choice(chosen)
    lines = text.split("\n")
    lines[header.line - 1] = header.text.replace("]", "zq]", 1)
    return _mutation(
        "rename table", "\n".join(lines), Expected(frozenset([header.line]), header.path + "zq")
    )


def rename_definition(
    text: str, keys: list[Key], headers: list[Header], chance: random.Random
) -> Mutation | None:
    """An executable or a query gets another name, and what used it uses nothing."""
    chosen = []
    for header in headers:
        match = re.match(r"(?:executables|queries)\.([^.]+)$", header.path)
        if match:
            users = [one for one in keys if f"{{{match[1]}}}" in json.dumps(one.value)]
            users += [one for one in keys if one.name == "query" and one.value == match[1]]
            if users:
                chosen.append((header, match[1], users))
    if not chosen:
        return None
    header, name, users = chance.choice(chosen)
    lines = text.split("\n")
    lines[header.line - 1] = header.text.replace(name, f"{name}_zq")
    spoiled = frozenset(line for one in users for line in range(one.line, one.end))
    return _mutation("rename definition", "\n".join(lines), Expected(spoiled, None))


def duplicate_key(
    text: str, keys: list[Key], _: list[Header], chance: random.Random
) -> Mutation | None:
    key = choose(chance, keys)
    if key is None:
        return None
    lines = text.split("\n")
    extent = lines[key.line - 1 : key.end - 1]
    lines[key.end - 1 : key.end - 1] = extent
    return _mutation("duplicate key", "\n".join(lines), Expected(frozenset([key.end]), key.path))


def duplicate_table(
    text: str, _: list[Key], headers: list[Header], chance: random.Random
) -> Mutation | None:
    chosen = [one for one in headers if not one.text.startswith("[[") and "[" not in one.path]
    if not chosen:
        return None
    header = chance.choice(chosen)
    spoiled = text.rstrip("\n") + "\n\n" + header.text + "\n"
    line = spoiled.count("\n")
    return _mutation("duplicate table", spoiled, Expected(frozenset([line]), header.path))


def unknown_key(
    text: str, keys: list[Key], _: list[Header], chance: random.Random
) -> Mutation | None:
    key = choose(chance, [one for one in keys if is_closed(one.table)])
    if key is None:
        return None
    name = chance.choice(["zq", "colour", "z-q", "Argv", "3"])
    lines = text.split("\n")
    lines.insert(key.end - 1, f"{name} = 1")
    path = f"{key.table}.{name}" if key.table else name
    return _mutation("unknown key", "\n".join(lines), Expected(frozenset([key.end]), path))


def leaving_path(
    text: str, keys: list[Key], _: list[Header], chance: random.Random
) -> Mutation | None:
    single = {"project", "root", "entry", "lock"}
    chosen = [
        one
        for one in keys
        if (one.name in single and one.table)
        or (one.name in ("drive", "prepare") and one.table == "adapter")
        or (one.name in ("candidates", "absences", "present", "paths"))
        or (one.name == "outputs" and isinstance(one.value, dict))
    ]
    key = choose(chance, chosen)
    if key is None:
        return None
    path = chance.choice(["../zq", "/zq", "a/../../zq", "~/zq"])
    if isinstance(key.value, str):
        return _mutation("leaving path", replace_value(text, key, f'"{path}"'), at_key(key))
    if isinstance(key.value, dict):
        name = chance.choice(sorted(key.value))
        values = {**key.value, name: path}
        inner = ", ".join(f"{one} = {json.dumps(value)}" for one, value in values.items())
        spoiled = replace_value(text, key, "{ " + inner + " }")
        return _mutation("leaving path", spoiled, at_key(key, f".{name}"))
    spoiled = replace_value(text, key, json.dumps([path, *key.value]))
    return _mutation("leaving path", spoiled, at_key(key, "[0]"))


def bad_regex(
    text: str, keys: list[Key], _: list[Header], chance: random.Random
) -> Mutation | None:
    key = choose(chance, [one for one in keys if one.name in ("pattern", "reason_pattern")])
    if key is None:
        return None
    value = chance.choice(["'(zq'", "'*'", "'[a'", "'(?P<1>x)'", "'x{2,1}'"])
    return _mutation("bad regex", replace_value(text, key, value), at_key(key))


def broken_syntax(
    text: str, keys: list[Key], _: list[Header], chance: random.Random
) -> Mutation | None:
    """A line that is no TOML; there is no path then, and the line is what counts."""
    key = choose(chance, [one for one in keys if isinstance(one.value, str)])
    if key is None or key.end != key.line + 1:
        return None
    lines = text.split("\n")
    line = lines[key.line - 1]
    lines[key.line - 1] = chance.choice(
        [
            line.rstrip("\"'"),
            line.replace(" = ", " ", 1),
            line + " zq",
            line.replace(" = ", " = = ", 1),
        ]
    )
    if lines[key.line - 1] == line:
        return None
    return _mutation("broken syntax", "\n".join(lines), Expected(frozenset([key.line]), None))


def _mutation(kind: str, text: str, expected: Expected) -> Mutation:
    return Mutation(kind, text.encode(), expected)


STRUCTURED: list[Mutator] = [
    rename_key,
    wrong_type,
    wrong_element,
    out_of_range,
    bad_word,
    remove_required,
    bad_placeholder,
    bad_reference,
    rename_table,
    rename_definition,
    duplicate_key,
    duplicate_table,
    unknown_key,
    leaving_path,
    bad_regex,
    broken_syntax,
]


def blind(text: str, chance: random.Random) -> Mutation:
    """Any damage to the bytes."""
    data = bytearray(text.encode())
    kind = chance.choice(["flip", "insert", "remove", "truncate", "shuffle", "splice", "repeat"])
    for _ in range(chance.choice([1, 1, 2, 8])):
        at = chance.randrange(len(data) + 1)
        if kind == "flip" and data:
            data[at % len(data)] ^= 1 << chance.randrange(8)
        elif kind == "insert":
            snippet = chance.choice(
                [b"[", b"{", b'"', b"'''", b"\0", b"\xff", b"{{", b".", b"=", b"\r"]
            )
            data[at:at] = snippet * chance.choice([1, 1, 3, 2000])
        elif kind == "remove":
            del data[at : at + chance.choice([1, 2, 20, 200])]
        elif kind == "truncate":
            del data[at:]
        elif kind == "shuffle":
            lines = bytes(data).split(b"\n")
            chance.shuffle(lines)
            data = bytearray(b"\n".join(lines))
        elif kind == "splice":
            other = chance.randrange(len(data) + 1)
            data[at:at] = data[other : other + 60]
        else:
            line = bytes(data).split(b"\n")
            position = chance.randrange(len(line))
            line.insert(chance.randrange(len(line)), line[position])
            data = bytearray(b"\n".join(line))
    return Mutation(f"blind {kind}", bytes(data), None)


@contextlib.contextmanager
def stock_project() -> Iterator[Path]:
    """A copy of the repository's manifests and programs that has nothing else to fall back on.

    What was parsed is remembered: all files but one are what they were in the trial before.
    """
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        for name in ("manifests", "schemas", "benchmarks", "tests/crates"):
            if (REPOSITORY / name).is_dir():
                shutil.copytree(REPOSITORY / name, project / name)
        original, parse = search.bundled_manifests, toml.parse
        search.bundled_manifests = lambda: str(project / "manifests")
        toml.parse = functools.lru_cache(maxsize=256)(parse)
        try:
            yield project
        finally:
            search.bundled_manifests, toml.parse = original, parse


def is_reported(project: Path, file: str, mutation: Mutation) -> tuple[bool, list[str]]:
    """Whether the diagnostics have the mutated key, and all of them."""
    diagnostics = validation.examine(str(project), with_files=True).diagnostics
    expected = mutation.expected
    hit = expected is not None and any(
        one.file == file
        and one.line in expected.lines
        and (expected.path is None or one.path == expected.path)
        for one in diagnostics
    )
    return hit, [str(one) for one in diagnostics]


def main(words: list[str] | None = None) -> int:
    """0 when nothing was raised and enough was reported."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show-missed", action="store_true")
    arguments = parser.parse_args(words)
    chance = random.Random(arguments.seed)
    tried: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    raised = 0
    started = time.monotonic()
    with stock_project() as project:
        before = validation.examine(str(project), with_files=True)
        if before.diagnostics:
            print("the stock manifests are not valid:", *before.diagnostics, sep="\n")
            return 2
        texts = {one.shown: Path(one.path).read_text(encoding="utf-8") for one in before.files}
        while sum(tried.values()) < arguments.count:
            file = chance.choice(sorted(texts))
            mutation: Mutation | None
            if chance.random() < 0.5:
                mutation = blind(texts[file], chance)
            else:
                keys, headers = keys_of(texts[file])
                mutation = chance.choice(STRUCTURED)(texts[file], keys, headers, chance)
            if mutation is None or mutation.text == texts[file].encode():
                continue
            tried[mutation.kind] += 1
            (project / file).write_bytes(mutation.text)
            try:
                hit, lines = is_reported(project, file, mutation)
            except Exception:
                raised += 1
                print(f"raised by {mutation.kind} of {file}:\n{mutation.text!r}")
                traceback.print_exc()
            else:
                if mutation.expected is not None and not hit:
                    missed[mutation.kind] += 1
                    if arguments.show_missed:
                        print(
                            f"missed {mutation.kind} of {file}: {mutation.expected}",
                            *lines,
                            sep="\n  ",
                        )
            (project / file).write_text(texts[file], encoding="utf-8")
    structured = sum(count for kind, count in tried.items() if not kind.startswith("blind"))
    share = 1 - sum(missed.values()) / structured if structured else 1.0
    for kind, count in sorted(tried.items()):
        suffix = "" if kind.startswith("blind") else f", {count - missed[kind]} reported in place"
        print(f"{kind:20} {count:5}{suffix}")
    print(
        f"{sum(tried.values())} mutations in {time.monotonic() - started:.0f} s, {raised} raised; "
        f"of {structured} invalid ones {share:.1%} reported with path and line"
    )
    return 0 if not raised and share >= WANTED_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
