"""A small log analyser that leans on the standard library: what a script of a user looks like.

It makes its own data from a fixed seed, writes them as CSV and JSON, reads them back, and reports.
Everything it prints is the same on every machine.
"""

from __future__ import annotations

import argparse
import base64
import bisect
import collections
import contextlib
import csv
import dataclasses
import datetime
import decimal
import enum
import fnmatch
import fractions
import functools
import hashlib
import heapq
import io
import itertools
import json
import math
import operator
import pathlib
import random
import re
import shlex
import statistics
import string
import struct
import tempfile
import textwrap
import urllib.parse
import uuid
import zlib
from collections.abc import Iterable, Iterator

LINE = re.compile(
    r"(?P<when>\S+) (?P<host>[a-z]+\d+) (?P<level>[A-Z]+) "
    r"path=(?P<path>\S+) took=(?P<took>\d+)ms size=(?P<size>\d+)"
)
START = datetime.datetime(2026, 2, 10, 8, 0, tzinfo=datetime.UTC)


class Level(enum.IntEnum):
    DEBUG = 10
    INFO = 20
    WARN = 30
    ERROR = 40


@dataclasses.dataclass(frozen=True, order=True)
class Record:
    when: datetime.datetime
    host: str
    level: Level
    path: str
    took_ms: int
    size: int

    @classmethod
    def parse(cls, line: str) -> Record:
        match = LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"not a record: {line!r}")
        return cls(
            datetime.datetime.fromisoformat(match["when"]),
            match["host"],
            Level[match["level"]],
            urllib.parse.unquote(match["path"]),
            int(match["took"]),
            int(match["size"]),
        )

    @functools.cached_property
    def day_part(self) -> str:
        return ("night", "morning", "noon", "evening")[self.when.hour // 6]


@dataclasses.dataclass
class Totals:
    count: int = 0
    size: int = 0
    took: list[int] = dataclasses.field(default_factory=list)

    def add(self, record: Record) -> None:
        self.count += 1
        self.size += record.size
        self.took.append(record.took_ms)


def make_lines(count: int) -> Iterator[str]:
    generator = random.Random(20_260_210)
    words = ["index", "user page", "search", "static/app.css", "login", "report 2026"]
    when = START
    for _ in range(count):
        when += datetime.timedelta(seconds=generator.randrange(1, 240))
        host = f"web{generator.randrange(1, 5)}"
        level = generator.choices(list(Level), weights=(1, 12, 3, 1))[0]
        path = urllib.parse.quote("/" + generator.choice(words))
        took = int(generator.lognormvariate(3.5, 0.9)) + 1
        size = generator.randrange(200, 60_000)
        yield f"{when.isoformat()} {host} {level.name} path={path} took={took}ms size={size}"


def parse_all(lines: Iterable[str]) -> tuple[list[Record], int]:
    records, bad = [], 0
    for line in lines:
        try:
            records.append(Record.parse(line))
        except ValueError:
            bad += 1
    return records, bad


def through_csv(records: list[Record], file: pathlib.Path) -> list[dict[str, str]]:
    names = [field.name for field in dataclasses.fields(Record)]
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        for record in records:
            writer.writerow(
                {
                    **dataclasses.asdict(record),
                    "when": record.when.timestamp(),
                    "level": record.level,
                }
            )
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def through_json(records: list[Record], file: pathlib.Path) -> list[dict[str, object]]:
    def default(value: object) -> object:
        if isinstance(value, datetime.datetime):
            return value.isoformat()
        raise TypeError(type(value).__name__)

    rows = [dataclasses.asdict(record) for record in records]
    file.write_text(json.dumps(rows, default=default, sort_keys=True, indent=1), "utf-8")
    loaded: list[dict[str, object]] = json.loads(file.read_text("utf-8"))
    return loaded


def percentile(ordered: list[int], share: float) -> int:
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def by_key(records: list[Record], attribute: str) -> dict[str, Totals]:
    totals: collections.defaultdict[str, Totals] = collections.defaultdict(Totals)
    for record in records:
        totals[str(operator.attrgetter(attribute)(record))].add(record)
    return dict(sorted(totals.items()))


def table(totals: dict[str, Totals]) -> Iterator[str]:
    for name, row in totals.items():
        ordered = sorted(row.took)
        mean = decimal.Decimal(row.size) / row.count
        yield (
            f"{name:<16} {row.count:>5} {mean.quantize(decimal.Decimal('0.1')):>9}"
            f" {statistics.median(ordered):>7} {percentile(ordered, 0.95):>5}"
        )


def busiest_hours(records: list[Record], count: int) -> list[tuple[int, str]]:
    hours = itertools.groupby(records, key=lambda record: record.when.strftime("%d %Hh"))
    return heapq.nlargest(count, ((len(list(group)), hour) for hour, group in hours))


def histogram(values: Iterable[int]) -> dict[int, int]:
    edges = [10, 20, 50, 100, 200, 500]
    counted = collections.Counter(bisect.bisect(edges, value) for value in values)
    return dict(sorted(counted.items()))


def digest(records: list[Record]) -> str:
    packed = b"".join(
        struct.pack("<dHIH", r.when.timestamp(), r.took_ms, r.size, r.level) for r in records
    )
    squeezed = zlib.compress(packed, 6)
    assert zlib.decompress(squeezed) == packed
    name = uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(packed).hexdigest())
    return f"{len(packed)} bytes, crc {zlib.crc32(packed):08x}, {name}"


def report(arguments: argparse.Namespace) -> str:
    out = io.StringIO()
    records, bad = parse_all([*make_lines(arguments.count), "not a record", ""])
    chosen = [r for r in records if fnmatch.fnmatch(r.path, arguments.match)]
    with contextlib.redirect_stdout(out), tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        rows = through_csv(chosen, root / "records.csv")
        loaded = through_json(chosen, root / "records.json")
        names = sorted(path.suffix for path in root.iterdir())
        print(len(records), "records,", bad, "bad,", len(chosen), "chosen,", names)
        print("same:", len(rows) == len(loaded) == len(chosen), sum(int(r["size"]) for r in rows))
        for attribute in ("host", "level.name", "path", "day_part"):
            print(f"by {attribute}")
            print(textwrap.indent("\n".join(table(by_key(chosen, attribute))), "  "))
        print("busiest:", busiest_hours(chosen, 3))
        print("histogram:", histogram(record.took_ms for record in chosen))
        share = fractions.Fraction(sum(r.level >= Level.WARN for r in chosen), len(chosen))
        print("share of warnings:", share, f"{float(share):.3f}")
        print(digest(chosen))
        slowest = max(chosen, key=operator.attrgetter("took_ms", "when"))
        note = string.Template("slowest: $took ms at $when").substitute(
            took=slowest.took_ms, when=f"{slowest.when:%H:%M:%S}"
        )
        print(note, base64.b64encode(note.encode()).decode()[:20])
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(prog="stdlib_heavy")
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--match", default="*", help="a pattern for paths")
    for line in ("--count 900", "--match '/*user*'"):
        print(f"$ {parser.prog} {line}")
        print(report(parser.parse_args(shlex.split(line))), end="")


if __name__ == "__main__":
    main()
