"""Whether a hash lock fits what its manifest requires, and which versions of that it has.

What is installed is what the lock has, whatever the manifest says: so no version is ever told from
the requirements, and a lock that does not fit them is an error until `molt-build pin` writes one
that does. It fits when, for the interpreter, each requirement whose marker holds has its package in
the lock, in a version that it allows, and with no extra that the lock was not resolved for. A lock
says the last in its header, if at all; what packages need in turn is the resolver's affair.

Requirements and locks are nearly always plain (NAME==VERSION, no marker): `packaging`, which costs
more to import than all other checks take, is asked only where they are not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from molt_build.manifests.diagnostics import Finding
from molt_build.manifests.parsed import Parsed

# The minor versions that a lock may be for. Which of them the project's interpreter has is known
# only where toolchains are resolved: a manifest is wrong if its lock fits for none.
MINORS = ("3.11", "3.12", "3.13", "3.14")
REQUIRED = "# required: "  # begins the lines of a header that say what was resolved

_PLAIN = re.compile(r"([A-Za-z0-9][\w.-]*)==(\d+(?:\.\d+)*)", re.ASCII)
_PIN = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(==|@)\s*(\S+)", re.ASCII)
_HEADER = re.compile(r"\A(?:[ \t]*(?:#[^\n]*)?\n)+")


class Pin(NamedTuple):
    """A line of a lock: a package in one version, which is "" where it is named by a URL."""

    name: str
    version: str
    marker: str  # "" where it always holds


class Misfit(NamedTuple):
    """A requirement, by its place in the list, that a lock does not meet, and how."""

    place: int
    message: str


def without_header(lock_text: str) -> str:
    """What a lock says, without what is said of it in front."""
    return _HEADER.sub("", lock_text, count=1)


def read_pins(lock_text: str) -> list[Pin]:
    """The lines of a lock that name packages."""
    found = []
    for line in lock_text.splitlines():
        stands = _PIN.match(line)
        if stands is None:
            continue
        name, sign, word = stands.groups()
        rest = line[stands.end() :].partition(" --hash")[0].partition(" #")[0].rstrip("\\ \t")
        version, _, close = word.rstrip("\\").partition(";") if sign == "==" else ("", "", "")
        found.append(Pin(name, version, (close + rest).strip(" ;\t")))
    return found


def findings(manifest: Parsed) -> Iterator[Finding]:
    """What a manifest's lock does not have, if there is one."""
    required = manifest.top["python"]["requires"].words()
    if not manifest.lock_text or not required:
        return
    running = ".".join(map(str, sys.version_info[:2]))
    versions = dict.fromkeys((running, *MINORS))
    texts, first = [one.text for one in required], None
    for version in versions:
        wrong = misfits(texts, manifest.lock_text, version)
        if not wrong:
            return
        first = first or wrong
    suite = "--suite " if manifest.kind == "suite" else ""
    for one in first or ():
        yield required[one.place].wrong(one.message, f"molt-build pin {suite}{manifest.name}")


def misfits(requires: Sequence[str], lock_text: str, version: str) -> list[Misfit]:
    """The requirements that a lock does not meet under a version of Python, as "3.12"."""
    pins, wrong = read_pins(lock_text), []
    for place, text in enumerate(requires):
        message = _misfit(text, pins, lock_text, version)
        if message:
            wrong.append(Misfit(place, message))
    return wrong


def installed(requires: Sequence[str], lock_text: str, version: str) -> tuple[str, ...]:
    """NAME==VERSION of what is required, as the lock has it for that version of Python.

    In the order of the requirements; what the lock has by a URL is as it is required.
    """
    pins, found = read_pins(lock_text), []
    for text in requires:
        name, is_wanted = _named(text, version)
        for pin in _active(name, pins, version) if is_wanted else ():
            found.append(f"{_own_name(text)}=={pin.version}" if pin.version else text)
    return tuple(found)


def _misfit(text: str, pins: Sequence[Pin], lock_text: str, version: str) -> str:
    """What a lock has in place of a requirement; "" where it meets that."""
    name, is_wanted = _named(text, version)
    if not is_wanted:
        return ""
    active = _active(name, pins, version)
    if not active:
        return f"the lock has no {_own_name(text)}"
    plain = _PLAIN.fullmatch(text)
    if plain is not None and all(pin.version == plain[2] for pin in active):
        return ""
    from packaging.requirements import Requirement
    from packaging.version import InvalidVersion

    requirement = Requirement(text)
    for pin in active:
        try:
            is_met = not pin.version or requirement.specifier.contains(pin.version, True)
        except InvalidVersion:
            is_met = False
        if not is_met:
            return f"the lock has {pin.name} {pin.version}, and {requirement.specifier} is required"
    for extra in sorted(_not_locked(requirement.extras, name, lock_text)):
        return f"the lock has {active[0].name} without {extra!r}"
    return ""


def _named(text: str, version: str) -> tuple[str, bool]:
    """The normal name of the package that is required, and whether it is for that Python.

    What is no requirement names nothing; that it is none is reported elsewhere.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        return _normal(plain[1]), True
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return "", False
    marker = "" if requirement.marker is None else str(requirement.marker)
    return _normal(requirement.name), _holds(marker, version)


def _active(name: str, pins: Sequence[Pin], version: str) -> list[Pin]:
    return [pin for pin in pins if _normal(pin.name) == name and _holds(pin.marker, version)]


def _holds(marker: str, version: str) -> bool:
    """Whether an environment marker holds on this machine for a version of Python."""
    if not marker:
        return True
    from packaging.markers import InvalidMarker, Marker

    minor = ".".join(version.split(".")[:2])
    full = version if version.count(".") > 1 else f"{minor}.0"
    try:
        return Marker(marker).evaluate({"python_version": minor, "python_full_version": full})
    except InvalidMarker:
        return True  # the installer will say so


def _not_locked(extras: set[str], name: str, lock_text: str) -> set[str]:
    """The extras that a lock was not resolved for; none where it does not say for which it was."""
    from packaging.requirements import InvalidRequirement, Requirement

    lines = [one for one in lock_text.splitlines() if one.startswith(REQUIRED)]
    if not extras or not lines:
        return set()
    left = {_normal(extra): extra for extra in extras}
    for line in lines:
        with suppress(InvalidRequirement):
            said = Requirement(line.removeprefix(REQUIRED))
            for extra in said.extras if _normal(said.name) == name else ():
                left.pop(_normal(extra), None)
    return set(left.values())


def _own_name(text: str) -> str:
    """The package as it is spelled in a requirement."""
    stands = re.match(r"[A-Za-z0-9][\w.-]*", text, re.ASCII)
    return text if stands is None else stands[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
