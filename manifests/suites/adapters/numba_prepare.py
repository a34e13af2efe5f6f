"""Makes modules of Numba's suite ready for compilers; run as PROGRAM FOLDER MODULE SIZE.

Some modules make the functions of their `setup()` global by `globals().update(locals())`, so that a
compiler that wants to know each name finds none. Here they are declared by a `global` statement, as
in the suite's other modules. Nothing else is changed.

A module without the expected shape is an error: exit status 1 and one line on stderr.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

UPDATE = "    globals().update(locals())\n"


def declared(text: str) -> str:
    """The module's text with the functions declared; ValueError unless one function updates."""
    updating = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and UPDATE.strip() == ast.unparse(node.body[-1])
    ]
    if len(updating) != 1 or text.count(UPDATE) != 1:
        raise ValueError(f"{len(updating)} functions end with {UPDATE.strip()}, expected one")
    names = [node.name for node in updating[0].body if isinstance(node, ast.FunctionDef)]
    lines = text.splitlines(keepends=True)
    lines.insert(updating[0].body[0].lineno - 1, f"    global {', '.join(names)}\n")
    return "".join(lines).replace(UPDATE, "")


def main(program: str, folder: str, module: str, _size: str) -> None:
    """Edit the staged module in place."""
    path = Path(folder, module + ".py")
    try:
        text = declared(path.read_text(encoding="utf-8"))
    except ValueError as error:
        sys.exit(f"{program} has not the expected shape: {error}")
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
