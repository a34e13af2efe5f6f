"""Runs one program of a suite in the process of an engine, and prints what it computed.

This file is run as a script by the engine's own interpreter (CPython, PyPy, an environment with
Numba), so it imports nothing but the standard library and knows nothing of molt_build. The program
is a module on PYTHONPATH: its source, or what a compiler made of it.

With `--adapter FILE` the adapter's function of the program's name (`-` and `.` become `_`), or its
function `default`, is called with a `Bench`. It loads the module, makes everything ready, and
returns a callable without arguments: the work. The work may be done several times, and returns
what it computed, made of the plain types that `canonical` takes. Without an adapter the module is
a script: importing it is the work.

What is printed: `computed: TEXT` (shortened) and `sha256: HEX` of the canonical text, after
whatever the program prints itself. With `--times FILE` the work is done `--repetitions` times, and
the seconds of each are written to FILE as a JSON list; what was computed is then digested
over all repetitions. With `--built FOLDER` it is an error when the module came from anywhere else:
its source lies on PYTHONPATH too, and must not be run in place of what a compiler made.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

SHOWN = 160


class Bench:
    """What an adapter is given: a program's parameters, and its module on demand."""

    def __init__(
        self, program: str, module: str, size: int | None, args: list[str], source: str
    ) -> None:
        self.program = program
        self.name = module  # of the module
        self.size = size  # int or None, as in the manifest
        self.args = args  # list of str, as in the manifest
        self.source = source  # the folder with the program's files, data files among them

    def module(self) -> ModuleType:
        """The program's module, imported now if it was not yet."""
        return importlib.import_module(self.name)

    def path(self, *parts: str) -> str:
        """A path below the folder with the program's files."""
        return os.path.join(self.source, *parts)


def canonical(value: object) -> str:
    """A text that is the same on every engine for the same value, and different for another.

    Takes None, bool, int, float, complex, str, bytes, bytearray, and lists, tuples, dicts, sets and
    frozensets of them. Lists and tuples are not told apart; sets and dicts are sorted. Everything
    else is a TypeError: an adapter says what of an object counts.
    """
    if value is None or value is True or value is False or isinstance(value, (str, bytes)):
        return repr(value)
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, int):
        return repr(int(value))
    if isinstance(value, complex):
        return repr(complex(value))
    if isinstance(value, bytearray):
        return repr(bytes(value))
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join([canonical(item) for item in value]) + "]"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted([canonical(item) for item in value])) + "}"
    if isinstance(value, dict):
        pairs = sorted([canonical(key) + ": " + canonical(item) for key, item in value.items()])
        return "{" + ", ".join(pairs) + "}"
    raise TypeError(f"an adapter returned a {type(value).__name__}, which has no canonical text")


def _load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("suite_adapter", path)
    assert spec is not None and spec.loader is not None
    adapter = importlib.util.module_from_spec(spec)
    # Beside the adapter lie stand-ins for modules that programs import; nothing else of ours.
    sys.modules["suite_adapter"] = adapter
    spec.loader.exec_module(adapter)
    return adapter


def _work(options: argparse.Namespace) -> Callable[[], object]:
    bench = Bench(options.program, options.module, options.size, options.args, options.source)
    if options.adapter is None:
        sys.argv = [bench.path(options.module + ".py"), *options.args]
        return lambda: importlib.import_module(options.module) and None
    adapter = _load(options.adapter)
    name = options.program.replace("-", "_").replace(".", "_")
    make = getattr(adapter, name, None) or adapter.default
    work: Callable[[], object] = make(bench)
    return work


def _check_origin(module: str, built: str) -> None:
    """End with an error when the module that did the work is not the one that was built."""
    origin = getattr(sys.modules.get(module), "__file__", None)
    if origin is None or not os.path.abspath(origin).startswith(os.path.join(built, "")):
        sys.exit(f"{module} was loaded from {origin}, not from what was built in {built}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Run one program of a suite.")
    parser.add_argument("--adapter", metavar="FILE")
    parser.add_argument("--program", required=True)
    parser.add_argument("--module", required=True)
    parser.add_argument("--source", required=True, metavar="FOLDER")
    parser.add_argument("--built", metavar="FOLDER")
    parser.add_argument("--size", type=int)
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--times", metavar="FILE")
    parser.add_argument("args", nargs="*")
    options = parser.parse_args()
    # The script's own folder holds molt_build's files, which are none of the program's business.
    sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]
    work = _work(options)
    clock = time.perf_counter
    times: list[float] = []
    texts: list[str] = []
    for _ in range(options.repetitions):
        begin = clock()
        result = work()
        times.append(clock() - begin)
        if options.adapter is not None:
            texts.append(canonical(result))
    if options.built:
        _check_origin(options.module, options.built)
    if options.times:
        with open(options.times, "w") as stream:
            json.dump(times, stream)
    if options.adapter is not None:
        text = "\n".join(texts)
        shown = texts[0] if len(texts[0]) <= SHOWN else texts[0][: SHOWN - 3] + "..."
        sys.stdout.flush()
        print("computed: " + shown)
        print("sha256: " + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


if __name__ == "__main__":
    main()
