"""What native code has, in ELF files: imports, functions, bytes, and the calls it makes."""

from __future__ import annotations

from molt_build.manifests.signal import CodeReader
from molt_build.signals.machine_code import elf, x86_64
from molt_build.signals.machine_code.code import Code, needs_calls, of_content, reading
from molt_build.signals.reading import Material, NotRead, ReadFile, Reading, plain_files

CALLS = {"x86-64": x86_64.calls}  # machine -> what finds them


def read(how: CodeReader, material: Material) -> Reading:
    """What is counted, over all files; raises `NotRead`."""
    files = plain_files(material.files)
    return reading(how, ((file, _code(file, needs_calls(how))) for file in files))


def _code(file: ReadFile, with_calls: bool) -> Code:
    way = "elf with calls" if with_calls else "elf"
    return of_content(file, way, lambda data: _decoded(data, file.name, with_calls))


def _decoded(data: bytes, name: str, with_calls: bool) -> Code:
    image = elf.decoded(data, name)
    if with_calls and image.machine not in CALLS:
        known = ", ".join(CALLS)
        raise NotRead(f"{name} is for the machine {image.machine}: calls are known of {known}")
    return Code(
        imports=frozenset(one.name for one in image.imports),
        functions=elf.functions_of(image),
        code_bytes=sum(len(one.data) for one in image.code),
        calls=CALLS[image.machine](image) if with_calls else {},
    )
