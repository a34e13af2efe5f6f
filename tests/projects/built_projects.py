"""Projects whose compiler is itself built: a small C program, compiled by gcc.

`ctool` builds C programs (a wrapper of gcc appends a line to the log each time it runs); `toy` is
the compiler that is built with it, of which the program `backend` is the executable. Its output
says under which profile the compiler was built, so that one that is taken for another shows.
"""

from __future__ import annotations

from pathlib import Path

from build_projects import Project, needs, new_project, workload

HEADER = '#:schema ../../schemas/toolchain.schema.json\nkind = "toolchain"\nschema_version = 1\n'

CTOOL = (
    HEADER
    + """\
name = "ctool"
description = "C programs."
engine = "compiler"
accepts = ["c"]

[executables.cc]
path = "{project}/tools/cc"

[[stages]]
name = "compile"
argv = ["{cc}", "-DPROFILE={profile}", "-c", "{entry}", "-o", "{object}"]
outputs = { object = "{module}.o" }

[[stages]]
name = "link"
inputs = { object = "compile.object" }
argv = ["{cc}", "{object}", "-Wl,-Map,{map}", "-o", "{executable}"]
outputs = { executable = "{module}", map = "{module}.map" }

[[stages]]
name = "strip"
inputs = { whole = "link.executable" }
argv = ["{cc}", "-v", "{whole}", "-o", "{small}"]
outputs = { small = "{module}.small" }

[targets.native]
stages = ["compile", "link"]
results = ["compile.object", "link.executable", "link.map"]
run = ["{executable}"]

[targets.half]
stages = ["compile"]
results = ["compile.object"]
run = ["true"]
"""
)

# Writes the profile that it was built under, then what it is given.
BACKEND = """\
#include <stdio.h>
#define TEXT2(x) #x
#define TEXT(x) TEXT2(x)
int main(int argc, char **argv) {
    FILE *in = fopen(argv[1], "r"), *out = fopen(argv[2], "w");
    int c;
    if (argc < 3 || !in || !out) return 2;
    fprintf(out, "built under %s: ", TEXT(PROFILE));
    while ((c = fgetc(in)) != EOF) fputc(c, out);
    return fclose(out);
}
"""

# Copies a program, below a line that says under which profile the compiler was built.
COPYC = """\
#include <stdio.h>
#define TEXT2(x) #x
#define TEXT(x) TEXT2(x)
int main(int argc, char **argv) {
    FILE *in = fopen(argv[1], "r"), *out = fopen(argv[2], "w");
    int c;
    if (argc < 3 || !in || !out) return 2;
    fprintf(out, "# built under %s\\n", TEXT(PROFILE));
    while ((c = fgetc(in)) != EOF) fputc(c, out);
    return fclose(out);
}
"""
TOY = (
    HEADER
    + """\
name = "toy"
description = "A compiler that is built."
engine = "compiler"
accepts = ["toy"]

[executables.backend]
built_by = { program = "backend", toolchain = "ctool", PROFILE, output = "link.executable" }

[[stages]]
name = "compile"
argv = ["{backend}", "{entry}", "{text}"]
outputs = { text = "{module}.text" }

[targets.native]
results = ["compile.text"]
run = ["cat", "{text}"]
"""
)

COMPILERS = """\
#:schema ../../schemas/workload.schema.json
kind = "workload"
schema_version = 1
name = "compilers"
description = "What toolchains are made of."
language = "c"

[source]
project = "compilers"

[[programs]]
name = "backend"
entry = "backend.c"
"""


def cc_wrapper(project: Project) -> None:
    """Write the C compiler, which says in the log what it makes."""
    needs("gcc")
    cc = '#!/bin/sh\nfor last; do :; done\necho "cc $last" >> "LOG"\nexec gcc "$@"\n'
    cc = cc.replace("LOG", str(project.log_file))
    project.write("tools/cc", cc, executable=True)


def built_project(folder: Path, profile: str = 'profile = "{profile}"') -> Project:
    """A project whose default toolchain is the one that is built."""
    project = new_project(folder, "toy")
    project.write("manifests/toolchains/ctool.toml", CTOOL)
    project.write("manifests/toolchains/toy.toml", TOY.replace("PROFILE", profile))
    project.write("manifests/workloads/compilers.toml", COMPILERS)
    names = ("one", "two")
    project.write(
        "manifests/workloads/programs.toml", workload("toy", *(f"{n}={n}.toy" for n in names))
    )
    cc_wrapper(project)
    project.write("compilers/backend.c", BACKEND)
    for name in names:
        project.write(f"programs/{name}.toy", f"{name}\n")
    return project


def text_of(project: Project, program: str, profile: str = "dev") -> str:
    """What a program was compiled to."""
    place = project.root / ".molt-build/out/toy" / profile / "native" / program
    return (place / f"{program}.text").read_text()
