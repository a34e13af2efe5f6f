"""What WebAssembly has, in modules and object files: imports, functions, bytes, and calls.

It is decoded by `wasm-tools`, which is installed when it is first needed.
"""

from __future__ import annotations

import subprocess

from molt_build import processes
from molt_build.errors import ToolFailed
from molt_build.manifests.signal import CodeReader
from molt_build.signals.machine_code import wasm
from molt_build.signals.machine_code.code import Code, check_format, of_content, reading
from molt_build.signals.reading import Material, NotRead, ReadFile, Reading, plain_files

DECODER = "wasm-tools"  # the toolchain, and its executable as `wasm_tools`
TIMEOUT_S = 600.0


def read(how: CodeReader, material: Material) -> Reading:
    """What is counted, over all files; raises `NotRead`."""
    files = plain_files(material.files)
    return reading(how, ((file, _code(file, material, how.count == "imports")) for file in files))


def _code(file: ReadFile, material: Material, only_imports: bool) -> Code:
    def decoded(data: bytes) -> Code:
        check_format(data, file.name, wasm.MAGIC, "WebAssembly")
        argv = [material.tool(DECODER), "dump", str(file.path)]
        head = _head(argv) if only_imports else None
        if head is not None:
            return wasm.head_decoded(head, len(data), file.name)
        return wasm.decoded(_dump(argv, file), len(data), file.name)

    return of_content(file, "wasm imports" if only_imports else "wasm", decoded)


def _head(argv: list[str]) -> str | None:
    """What the tool prints until the code, of which there may be much; None: there is none."""
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    lines: list[bytes] = []
    with processes.started(argv, stdin=nothing, stdout=pipe, stderr=nothing) as process:
        for line in process.stdout or ():
            if line.endswith(wasm.CODE):
                return b"".join(lines).decode(errors="replace")
            lines.append(line)
    return None


def _dump(argv: list[str], file: ReadFile) -> str:
    """All that the tool prints of a file."""
    try:
        return processes.output(argv, timeout_s=TIMEOUT_S)
    except ToolFailed as error:
        said = error.printed.strip().partition("\n")[0].removeprefix("error: ")
        why = (
            f"is damaged: {DECODER} says {said}"
            if said
            else f"is not decoded: {DECODER} {error.how}"
        )
        raise NotRead(f"{file.name} {why}") from None
