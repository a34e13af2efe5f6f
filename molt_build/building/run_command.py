"""How what was built is run: the target's command with its placeholders filled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from molt_build.actions.action import program_values
from molt_build.manifests.placeholders import expand, expand_word
from molt_build.manifests.toolchain import Target
from molt_build.manifests.workload import Program
from molt_build.toolchains.resolved import TOOL_PATH, ResolvedToolchain, Value


def run_command(
    toolchain: ResolvedToolchain,
    target: Target,
    program: Program,
    source_root: Path,
    out_dir: Path,
    results: Mapping[str, str],  # STAGE.OUTPUT -> the materialised file
    driver: str | None = None,
) -> tuple[tuple[str, ...], dict[str, str]]:
    """argv and the whole environment that run a program under the target's runner.

    The target's variables are what makes its result run: the program's own do not replace them.
    With a `driver`, that script is run with the program's arguments, and imports the program.
    """
    values: dict[str, Value] = {**toolchain.values, **program_values(program)}
    values |= {
        "out": str(out_dir),
        "source": str(source_root / program.entry),
        "source_root": str(source_root),
        "source_dir": str(source_root),
    }
    values |= {origin.partition(".")[2]: path for origin, path in results.items()}
    if driver is not None:
        values["driver"] = driver
    argv = expand(target.run if driver is None else target.drive, values)
    declared = {name: expand_word(text, values) for name, text in target.environment.items()}
    own = {"PATH": TOOL_PATH, "LANG": "C.UTF-8", **program.environment}
    return tuple(argv), {**own, **declared}
