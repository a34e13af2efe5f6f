"""A project whose compiler is hosted by Python: it finds modules as an interpreter would.

The compiler runs the program with a `sys.path` that its command line gives, and its output is what
the program prints. So the output tells which file each name led to.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from build_projects import Project, new_project, workload

FRONTEND = """\
import contextlib, io, os, runpy, sys, time
entry, out, *roots = sys.argv[1:]
first = os.path.join("OUTSIDE", "before")
if os.path.exists(first):
    exec(open(first).read())
sys.path[:0] = [os.path.abspath(root) for root in roots]
with contextlib.redirect_stdout(io.StringIO()) as text:
    runpy.run_path(entry)
open("d", "w").close()  # it tells of nothing that the manifest does not say
with open(out, "w") as stream:
    stream.write(text.getvalue())
"""
TOOLCHAIN = """\
#:schema ../../schemas/toolchain.schema.json
kind = "toolchain"
schema_version = 1
name = "hosted"
description = "A compiler in Python, with import roots."
engine = "compiler"
accepts = ["python"]

[queries.stdlib]
argv = ["{python}", "-I", "-c", "print('OUTSIDE/stdlib')"]

[[stages]]
name = "translate"
argv = ["{python}", "-I", "-B", "{project}/tools/frontend.py", "{entry}", "{text}", GIVEN]
outputs = { text = "{module}.text" }
imports = "python"
MORE

[targets.native]
results = ["translate.text"]
run = ["true", "{text}"]
"""


class Hosted:
    """The project, a folder outside of it, and the roots that the compiler is given."""

    def __init__(self, folder: Path) -> None:
        self.project = new_project(folder, "hosted")
        self.outside = folder / "outside"
        (self.outside / "stdlib").mkdir(parents=True)
        frontend = FRONTEND.replace("OUTSIDE", str(self.outside))
        self.project.write("tools/frontend.py", frontend)
        self.project.write(
            "manifests/workloads/programs.toml", workload("python", "prog=app/main.py")
        )

    def roots(self, *given: str, declared: Sequence[str] | None = None, more: str = "") -> None:
        """What the compiler is given, and what of it the manifest declares: all of it."""
        declared = given if declared is None else declared
        lines = [f"import_roots = {_words(declared)}"] if declared else []
        if more or declared:
            lines.append(more or 'depfile = { path = "d", format = "lines" }')
        # On the command line relative ones are relative to staging: the entry's folder by its name.
        words = ", ".join(_words(given)[1:-1].replace('"."', '"app"').split(", "))
        text = TOOLCHAIN.replace("GIVEN", words).replace("MORE", "\n".join(lines))
        text = text.replace("OUTSIDE", str(self.outside))
        self.project.write("manifests/toolchains/hosted.toml", text)

    def write(self, files: Mapping[str, str]) -> None:
        """Write files of the project, or (`outside/...`) of the folder outside of it."""
        for path, text in files.items():
            self.path(path).parent.mkdir(parents=True, exist_ok=True)
            self.path(path).write_text(text)

    def path(self, path: str) -> Path:
        """Where a file of the project, or of the folder outside, lies."""
        folder = self.outside.parent if path.startswith("outside/") else self.project.root
        return folder / path

    def text(self) -> str:
        """What was built last."""
        return self.project.output("prog/main.text", "hosted").read_text()

    def built(self) -> str:
        """What a build gives, which must be what one without the cache gives."""
        self.project.build()
        found = self.text()
        assert found == self.uncached()
        return found

    def uncached(self) -> str:
        """What a build without cache gives for the state as it is now."""
        other = Project(
            self.project.root.with_name("copy"), self.project.cache, self.project.log_file
        )
        shutil.rmtree(other.root, ignore_errors=True)
        other = self.project.copy(other.root)
        other.build(env={"MOLT_BUILD_CACHE": "off"})
        return other.output("prog/main.text", "hosted").read_text()


def _words(words: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"
