"""Puts a stand-in for pyperf beside a program of pyperformance.

Every program imports pyperf. Of it a program's work needs the clock only; pyperf itself would be
installed for nothing, and its import would be measured with every program. The stand-in is a file,
not an entry of `sys.modules`, because mypyc wants to find what a module imports.
"""

from __future__ import annotations

import sys

STAND_IN = '''\
"""What the programs use of pyperf while they work."""

import sys
import time


def perf_counter() -> float:
    return time.perf_counter()


def python_implementation() -> str:
    return sys.implementation.name


class Runner:
    """Measures; but here the programs are measured from outside."""
'''


def main() -> None:
    _program, folder, _module, _size = sys.argv[1:]
    with open(f"{folder}/pyperf.py", "w", encoding="utf-8") as stream:
        stream.write(STAND_IN)


if __name__ == "__main__":
    main()
