"""Programs that were built, run, and compared with what the reference printed."""

from __future__ import annotations

from dataclasses import dataclass

from molt_build.measure.process import Sample
from molt_build.watch import counted

SHOWN = 120


@dataclass(frozen=True)
class Trial:
    """One program, run with the reference and with the toolchain."""

    program: str
    right: Sample
    found: Sample
    elsewhere: str = ""  # what it loads that is not what was built, in words

    @property
    def difference(self) -> str:
        """What is not as with the reference, in words; "" where all is."""
        if self.right.failure is not None:
            return f"the reference itself {self.right.failure}"
        if self.found.failure is not None:
            return f"it {self.found.failure}{_last_words(self.found)}"
        if self.elsewhere:
            return self.elsewhere
        if self.found.stdout_sha256 == self.right.stdout_sha256:
            return ""
        # A status that is wanted may have come of another error than the program's own.
        said = _last_words(self.found) if self.found.exit_status else ""
        return _apart(self.right.stdout, self.found.stdout) + said


def _last_words(sample: Sample) -> str:
    last = sample.last_words.strip()
    return f": {last[:SHOWN]}" if last else ""


def _apart(right: bytes, found: bytes) -> str:
    """The first line in which two outputs differ."""
    wanted, printed = (data.decode(errors="replace").split("\n") for data in (right, found))
    for number, (one, other) in enumerate(zip(wanted, printed, strict=False), 1):
        if one != other:
            return f"line {number} is {other[:SHOWN]!r}, and should be {one[:SHOWN]!r}"
    return f"it prints {counted(len(printed) - 1, 'line')}, and should print {len(wanted) - 1}"
