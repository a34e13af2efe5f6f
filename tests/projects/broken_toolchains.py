"""Five toolchains that are broken on purpose: each translates one operation of Python wrongly.

Their translator rewrites a program's syntax tree and writes it out again; CPython runs that. So all
but the one operation means what it should, and what is found is found of that alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from build_projects import PROJECT, REPOSITORY, Project, new_project

# By the toolchain's name: what it gets wrong, and the class that does it.
BROKEN: Mapping[str, tuple[str, str]] = {
    "floor": (
        "Rounds a quotient towards zero, as C does.",
        """\
    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.FloorDiv):
            return put(TOWARDS_ZERO, node)
        return node
""",
    ),
    "shift": (
        "Takes a shift's count modulo 64, as a processor does.",
        """\
    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.LShift):
            return put(MODULO_64, node)
        return node
""",
    ),
    "chain": (
        "Compares the answer of a comparison, as C does: (a < b) < c.",
        """\
    def visit_Compare(self, node):
        self.generic_visit(node)
        made = node.left
        for op, other in zip(node.ops, node.comparators):
            made = ast.Compare(made, [op], [other])
        return made
""",
    ),
    "order": (
        "Keeps the items of a dictionary's display in the order of its hash table.",
        """\
    def visit_Dict(self, node):
        self.generic_visit(node)
        node.keys.reverse()
        node.values.reverse()
        return node
""",
    ),
    "finally": (
        "Goes past `finally` where the block is left early.",
        """\
    def visit_Try(self, node):
        self.generic_visit(node)
        rest, node.finalbody = node.finalbody, []
        if not rest:
            return node
        return [*([node] if node.handlers else node.body), *rest]
""",
    ),
}

TRANSLATOR = """\
import ast, sys

TOWARDS_ZERO = "(lambda a, b: -(-a // b) if type(a) is int and a * b < 0 else a // b)(A, B)"
MODULO_64 = "(lambda a, b: a << (b & 63) if type(a) is int and b > 0 else a << b)(A, B)"


def put(text, node):
    made = ast.parse(text, mode="eval").body
    made.args = [node.left, node.right]
    return made


class Wrong(ast.NodeTransformer):
CLASS

tree = Wrong().visit(ast.parse(open(sys.argv[1]).read()))
open(sys.argv[2], "w").write(ast.unparse(ast.fix_missing_locations(tree)))
"""

TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "NAME"
description = "WRONG"
engine = "compiler"
accepts = ["python"]

[artifacts.translator]
path = "{project}/tools/NAME.py"

[[stages]]
name = "translate"
argv = ["{python}", "-I", "-S", "{translator}", "{entry}", "{made}"]
outputs = { made = "{module}.made.py" }
imports = "python"

[targets.native]
results = ["translate.made"]
run = ["{python}", "-S", "{made}", "{args}"]
environment = { PYTHONPATH = "{source_dir}" }
"""

PLAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "plain"
description = "CPython without what is installed beside it, which takes long to look at."
engine = "interpreter"
accepts = ["python"]

[targets.native]
run = ["{python}", "-S", "{source}", "{args}"]
"""

DIFFERENTIAL = """
[differential]
workloads = ["differential"]
engines = ["floor", "shift", "chain", "order", "finally"]
references = ["plain"]
"""

CORPUS = REPOSITORY / "benchmarks/differential"
MANIFEST = REPOSITORY / "manifests/workloads/differential.toml"


def broken_project(folder: Path) -> Project:
    """A project with the five, and this repository's corpus of small programs."""
    project = new_project(folder, "floor")
    project.write("manifests/project.toml", PROJECT.replace("TOOLCHAIN", "floor") + DIFFERENTIAL)
    project.write("manifests/toolchains/plain.toml", PLAIN)
    for name, (wrong, methods) in BROKEN.items():
        text = TOOLCHAIN.replace("NAME", name).replace("WRONG", wrong)
        project.write(f"manifests/toolchains/{name}.toml", text)
        project.write(f"tools/{name}.py", TRANSLATOR.replace("CLASS", methods))
    project.write("manifests/workloads/differential.toml", MANIFEST.read_text())
    for file in sorted(CORPUS.glob("*.py")):
        project.write(f"benchmarks/differential/{file.name}", file.read_text())
    return project
