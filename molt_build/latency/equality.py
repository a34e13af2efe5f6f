"""What the builds of a cell made, run once and compared with the reference interpreter.

The exit status must be 0 and standard output the same. A program that the toolchain or the
reference is declared not to take is not compared; one on which the reference itself fails cannot
be, and that is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from molt_build.errors import MeasurementFailed
from molt_build.measure.process import Command, Launcher, Sample
from molt_build.temporary import new_folder

RUN_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Equality:
    """How many programs were compared, and the names of those that differ."""

    checked: int
    different: tuple[str, ...]

    def __add__(self, other: Equality) -> Equality:
        different = dict.fromkeys((*self.different, *other.different))
        return Equality(self.checked + other.checked, tuple(different))

    def as_json(self) -> dict[str, object]:
        """As published."""
        equal = self.checked - len(self.different)
        return {"checked": self.checked, "equal": equal, "different": list(self.different)}


def compare(first_build: Mapping[str, Any]) -> Equality:
    """Run what `first_build` printed; raises `MeasurementFailed` when the reference fails."""
    different = []
    reference = first_build["reference"]
    built = {name: made for name, made in first_build["built"].items() if name in reference}
    with Launcher() as launcher:
        for name, made in built.items():
            wanted = _run(launcher, reference[name])
            if wanted.failure is not None:
                raise MeasurementFailed(f"the reference itself, running {name}, {wanted.failure}")
            found = _run(launcher, made)
            if found.failure is not None or found.stdout_sha256 != wanted.stdout_sha256:
                different.append(name)
    return Equality(len(built), tuple(different))


def _run(launcher: Launcher, how: Mapping[str, Any]) -> Sample:
    with new_folder("molt-build-case-") as scratch:
        environment = {
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            **how["environment"],
        }
        command = Command(tuple(how["argv"]), str(scratch), environment)
        return launcher.run(command, timeout_s=RUN_TIMEOUT_S)
