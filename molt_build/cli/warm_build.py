"""`molt-build build` when everything is up to date: told from the plan, with nothing imported.

Takes the plainest forms of the command line only; whatever it does not know, and whatever is not
up to date, is left to `molt_build.cli.build`, whose words for the same facts these are.
"""

from __future__ import annotations

import os
import sys
import time

from molt_build import VARIABLES
from molt_build.plan import warm

TYPE_CHECKING = False  # that of `typing`, whose import takes as long as all the rest
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PROJECT_VARIABLE = "MOLT_BUILD_PROJECT"

_PARTS = ("--toolchain", "--profile", "--target")  # of an engine
_OPTIONS = ("--project", "--engine", *_PARTS, "--jobs", "--color")
_SWITCHES = ("--json", "--keep-going", "--keep-staging", "-q", "--quiet")


class Words:
    """A command line as far as it matters to a warm build."""

    def __init__(self) -> None:
        self.project: str | None = None
        self.options: dict[str, str] = {}
        self.switches: set[str] = set()
        self.programs: list[str] = []


def run(words: Sequence[str]) -> int | None:
    """The exit code when all that is asked for is up to date, and has been told; else None."""
    started = time.perf_counter()
    if not _is_plain(os.environ) or sys.stdout is None:
        return None
    known = parse(words)
    if known is None:
        return None
    get = known.options.get
    try:
        project = project_folder(known.project)
        found = warm.up_to_date(
            project,
            get("--toolchain"),
            get("--profile"),
            get("--target", "native"),
            known.programs,
            "--json" in known.switches,
        )
    except OSError:  # such as a working folder that is gone: said by who decides by content
        return None
    if found is None:
        return None
    try:
        is_quiet = not known.switches.isdisjoint(("-q", "--quiet"))
        seconds = time.perf_counter() - started
        _tell(found, seconds, as_json="--json" in known.switches, is_quiet=is_quiet)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"error: standard output: {error.strerror or error}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 4
    if found.actions:
        warm.count(project, found.saved_s)
    return 0


def _is_plain(environ: Mapping[str, str]) -> bool:
    """Whether our variables say nothing that must be told, or that the plan does not know of."""
    for name in environ:
        if name.startswith("MOLT_BUILD_") and name not in VARIABLES:
            return False
    get = environ.get
    shards = get("MOLT_BUILD_SHARDS") or "on"
    return (get("MOLT_BUILD_CACHE") or "on") == "on" and shards in ("on", "off")


def parse(words: Sequence[str]) -> Words | None:
    """The command line, or None where it says anything else than which programs to build."""
    known = Words()
    rest = list(words)
    if rest[0] == "--project" and len(rest) > 2:
        known.project = rest[1]
        rest = rest[2:]
    if rest[0] != "build":
        return None
    rest = rest[1:]
    named: list[str] = []  # by --program
    programs = known.programs  # or `named`: where a word goes that is no option
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        programs = known.programs if word.startswith("-") else programs
        if name == "--program":
            if not equals:
                value, programs = rest.pop(0) if rest else "-", named
            if not value or value.startswith("-"):
                return None
            named.append(value)
        elif name in _OPTIONS:
            if not equals:
                if not rest:
                    return None
                value = rest.pop(0)
            if name == "--project":
                known.project = value
            elif name == "--engine":
                if "@rev:" in value or not known.options.keys().isdisjoint(_PARTS):
                    return None
                known.options.update(_parts(value))
            elif name in _PARTS and name in known.options:
                return None
            else:
                known.options[name] = value
        elif word in _SWITCHES:
            known.switches.add(word)
        elif word.startswith("-") or not word:
            return None
        else:
            programs.append(word)
    known.programs += named
    jobs = known.options.get("--jobs", "1")
    is_sound = jobs.isascii() and jobs.isdigit() and len(jobs) < 7 and int(jobs) > 0
    is_said = all(known.options.values()) and known.project != ""
    is_said = is_said and known.options.get("--color", "auto") in ("auto", "always", "never")
    return known if is_sound and is_said else None


def _parts(engine: str) -> dict[str, str]:
    """The options that say the same as an engine; of what is none they say something empty."""
    start, at, target = engine.partition("@")
    toolchain, colon, profile = start.partition(":")
    parts = {"--toolchain": toolchain}
    if colon:
        parts["--profile"] = profile
    if at:
        parts["--target"] = target
    return parts


def project_folder(given: str | None) -> str:
    """The project's folder: as given, or the nearest above with a `manifests` folder.

    Whether there is a project is for `molt_build.cli.finding` to say.
    """
    given = given or os.environ.get(PROJECT_VARIABLE)
    if given:
        return given if os.path.isabs(given) else os.path.join(os.getcwd(), given)
    folder = here = os.getcwd()
    while not os.path.isdir(folder + "/manifests"):
        above = os.path.dirname(folder)
        if above == folder:
            return here
        folder = above
    return folder


def _tell(found: warm.Found, seconds: float, *, as_json: bool, is_quiet: bool) -> None:
    if as_json:
        print(json_text(_facts(found, seconds)))
        return
    details = found.details or {}
    programs = dict.fromkeys(found.programs)
    for name in programs if details else ():
        for stage, _, warnings, _ in details[name][1]:
            for line in warnings.rstrip().splitlines():
                print(f"{name} {stage}: {line}", file=sys.stderr)
    refused = {name: details[name][0] for name in programs if details and details[name][0]}
    for line in warm.refusals(refused, found.request[0]):
        print(line)
    if is_quiet:
        return
    counts = f"{warm.counted(len(programs), 'program')}, {warm.counted(found.actions, 'action')}"
    print(f"{counts}: all up to date {warm.times(seconds, found.saved_s, digits=3)}")


def json_text(value: object) -> str:
    """What `json.dumps` writes of dicts, lists, texts, numbers and truths, without its import.

    That imports `re`, which takes a quarter of an interpreter's start; the function of Python's own
    that escapes texts comes without.
    """
    try:
        from _json import encode_basestring_ascii as quoted
    except ImportError:  # an interpreter without it
        import json

        return json.dumps(value)
    if isinstance(value, str):
        return str(quoted(value))
    if isinstance(value, dict):
        rows = [f"{quoted(name)}: {json_text(row)}" for name, row in value.items()]
        return "{" + ", ".join(rows) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join([json_text(row) for row in value]) + "]"
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    return repr(value)


def _facts(found: warm.Found, seconds: float) -> dict[str, object]:
    """What `molt-build build --json` prints: a `Built` (`molt_build.building.documents`)."""
    details = found.details or {}
    programs = list(dict.fromkeys(found.programs))
    stages = [(name, *stage) for name in programs for stage in details[name][1]]
    refused = {name: details[name][0] for name in programs if details[name][0]}
    toolchain, profile, target = found.request
    costs = {"components": [], "seconds": 0.0, "wasted": 0, "wasted_s": 0.0}
    return {
        "toolchain": toolchain,
        "profile": profile,
        "target": target,
        "actions": [_action(*stage) for stage in stages],
        **_counts(len(stages)),
        "toolchains": [_toolchain(*compiler) for compiler in found.compilers],
        "attribution": {"stages": _of_stages(stage for _, stage, *_ in stages), **costs},
        "unsupported": [{"program": name, "reason": why} for name, why in refused.items()],
        "locks": [],
        "seconds": round(seconds, 6),
        "saved_s": round(found.saved_s, 6),
    }


def _toolchain(
    program: str, toolchain: str, profile: str, target: str, stages: warm.Stages
) -> dict[str, object]:
    return {
        "toolchain": toolchain,
        "profile": profile,
        "target": target,
        "program": program,
        "actions": [_action(program, *stage) for stage in stages],
        **_counts(len(stages)),
        "stages": _of_stages(stage for stage, *_ in stages),
        "seconds": 0.0,
    }


def _action(
    program: str, stage: str, key: str, warnings: str, metrics: dict[str, float]
) -> dict[str, object]:
    row: dict[str, object] = {"program": program, "stage": stage, "key": key}
    row |= {"status": warm.UP_TO_DATE, "seconds": 0.0}
    row |= {"warnings": warnings} if warnings else {}
    return row | ({"metrics": metrics} if metrics else {})


def _counts(actions: int) -> dict[str, int]:
    return {"executed": 0, "hits": 0, "up_to_date": actions, "failed": 0}


def _of_stages(stages: Iterable[str]) -> dict[str, dict[str, float]]:
    none = {"hits": 0, "misses": 0, "failed": 0, "seconds": 0.0}
    names = list(stages)
    return {name: {**none, "up_to_date": names.count(name)} for name in dict.fromkeys(names)}
