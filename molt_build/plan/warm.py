"""The warm path: deciding that nothing is to be done from one compact file and stat data.

After each build a *plan* is written for (toolchain, profile, target): the stat data of everything
that was looked at (manifests, tools, sources, headers, folders, outputs), the paths that must stay
absent, and what was built from them. While all of that is as it was, the build is up to date. Any
difference, whatever it is, leads to the full build, which decides by content.

This module imports nothing that Python has not loaded at its start, on purpose: it is all that a
warm build runs. A plan is a sealed file (`molt_build.sealed`), of a toolchain, a profile and a
target, whose value is a dict:

    project           device and inode of the project's folder: a copy of it is another project
    variables         ((name, value), ...): environment variables that decisions depend on
    versions          of molt_build, of the interpreter that runs it, and of the system's start:
                      after a power loss stat data may speak for content that never got to the disk
    defaults          (toolchain, profile) that the project names
    default_programs  what is built when no program is named
    paths, rows       each path looked at, once, and its stat data: None if there was nothing,
                      () if it changed too recently or meanwhile, so that it never matches
    folders           the same for folders that hold absent paths: (path, row), ...
    guard             numbers of the paths that every program depends on: of tools, of manifests
                      and of folders in which programs are looked for
    manifests         (digest of the manifests' files, how many numbers in `guard` are of tools)
    absent            (path, number of its folder), ...: paths that must stay absent
    guard_absent      numbers of the absent paths that every program depends on
    programs          name -> (is_complete, has_news, numbers of paths, numbers of absent paths,
                      number of actions, seconds that these took when they were executed)
    compilers         the builds that the toolchain is made of, in order, each (program, toolchain,
                      profile, target, ((stage, key, warnings, metrics), ...))
    details           what is only shown, sealed once more by marshal: name -> (unsupported,
                      ((stage, key, warnings, metrics), ...))

The racy-timestamp rule: the writer waits until the file system's clock has moved past the newest
timestamp in the plan, and looks again, before the plan is written.
"""

from __future__ import annotations

import marshal
import os
import sys

from molt_build import NOTHING_DONE, STATE_FOLDER, __version__, sealed
from molt_build.boot import boot_id

TYPE_CHECKING = False  # that of `typing`, whose import takes as long as all the rest
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    Row = tuple[int, int, int, int, int, int]
    Plan = dict[str, Any]
    Stages = tuple[tuple[str, str, str, dict[str, float]], ...]
    Compiler = tuple[str, str, str, str, Stages]
    Details = dict[str, tuple[str, Stages]]

NAME, FORMAT = "plan", 7
DEFAULTS = "defaults"
SWITCHES = (
    "MOLT_BUILD_USE",
    "MOLT_BUILD_PYTHON",
    "MOLT_BUILD_CACHE_DIR",
    "MOLT_BUILD_KEY_SCOPE",
    "MOLT_BUILD_TOOLS_DIR",
    "PATH",
    # What tools are told when they are asked (`molt_build.toolchains.answers.ASKING_VARIABLES`).
    "HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "CARGO_HOME",
)

SKIPPED = "skipped: "  # begins the reason of a program that is to be skipped
NAMES_SHOWN = 5  # of those for which the same is to be said

NEVER: tuple[()] = ()  # a row that no stat data equal

# How a stage of a program ended.
UP_TO_DATE, HIT, EXECUTED, FAILED = "up-to-date", "hit", "executed", "failed"


class Found:
    """What is up to date: programs, the number of their actions, and what to say of them."""

    def __init__(
        self,
        request: tuple[str, str, str],  # toolchain, profile, target
        programs: Sequence[str],
        actions: int,
        details: Details | None,
        compilers: Sequence[Compiler] = (),
        saved_s: float = 0.0,
    ) -> None:
        self.request = request
        self.programs = programs
        self.actions = actions
        self.details = details  # None when nothing but the counts is to be said
        self.compilers = compilers
        self.saved_s = saved_s  # what the actions took when they were executed


def plan_path(project: str, toolchain: str, profile: str, target: str) -> str:
    """Where the plan of a request is kept."""
    return f"{project}/{STATE_FOLDER}/plans/{toolchain}/{profile}/{target}.plan"


def defaults_path(project: str) -> str:
    """Where it is kept which plan is asked for when toolchain or profile are not named."""
    return f"{project}/{STATE_FOLDER}/plans/defaults"


def stat_row(path: str) -> Row | None:
    """The stat data of a path, following links; None when there is nothing."""
    try:
        s = os.stat(path)
    except (OSError, ValueError):
        return None
    return (s.st_dev, s.st_ino, s.st_mode, s.st_size, s.st_mtime_ns, s.st_ctime_ns)


def versions() -> tuple[str, ...]:
    """Of the program that decides, of the interpreter that runs it, and of the system's start."""
    return (__version__, sys.version, sys.executable, boot_id())


def identity(folder: str) -> tuple[int, int]:
    """What tells a folder from its copies, by whatever path it is reached; raises `OSError`."""
    s = os.stat(folder)
    return (s.st_dev, s.st_ino)


def variables(names: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
    """Environment variables with their values, None where one is not set."""
    get = os.environ.get
    return tuple([(name, get(name)) for name in names])


def load_plan(project: str, toolchain: str, profile: str, target: str) -> Plan | None:
    """The last plan; None when there is none of this format.

    Raises `sealed.Damaged` when it is not as it was written.
    """
    path = plan_path(project, toolchain, profile, target)
    plan = sealed.read(path, NAME, FORMAT, f"{toolchain} {profile} {target}")
    return plan if isinstance(plan, dict) else None


def up_to_date(
    project: str,
    toolchain: str | None,
    profile: str | None,
    target: str,
    programs: Sequence[str],
    with_details: bool,
) -> Found | None:
    """What the plan says of `programs` (the default ones when empty), if all is as it was.

    None means only that the full build must decide. `toolchain` and `profile` are the project's
    where they are None.
    """
    try:
        defaults: Any = None
        if toolchain is None or profile is None:
            defaults = sealed.read(defaults_path(project), DEFAULTS, FORMAT)
            toolchain, profile = toolchain or defaults[0], profile or defaults[1]
        plan = load_plan(project, toolchain, profile, target)
        if plan is None or (defaults is not None and plan["defaults"] != defaults):
            return None
        if plan["project"] != identity(project):
            return None
        return _checked(plan, (toolchain, profile, target), programs, with_details)
    except (sealed.Damaged, OSError, KeyError, TypeError, ValueError, IndexError):
        return None  # the full build reads it again, and says what is damaged


def _checked(
    plan: Plan, request: tuple[str, str, str], programs: Sequence[str], with_details: bool
) -> Found | None:
    if plan["versions"] != versions():
        return None
    if plan["variables"] != variables([name for name, _ in plan["variables"]]):
        return None
    records = plan["programs"]
    if not programs:
        programs = plan["default_programs"]
    wanted = set(plan["guard"])
    must_be_absent = set(plan["guard_absent"])
    actions, saved_s = 0, 0.0
    if not programs:
        return None
    for name in programs:
        record = records.get(name)
        if record is None or not record[0]:
            return None
        with_details = with_details or record[1]
        wanted.update(record[2])
        must_be_absent.update(record[3])
        actions += record[4]
        saved_s += record[5]
    paths, rows, stat = plan["paths"], plan["rows"], os.stat
    for number in wanted:
        try:
            s = stat(paths[number])
        except (OSError, ValueError):
            if rows[number] is not None:
                return None
        else:
            if rows[number] != (
                s.st_dev,
                s.st_ino,
                s.st_mode,
                s.st_size,
                s.st_mtime_ns,
                s.st_ctime_ns,
            ):
                return None
    # A folder that is as it was holds no new file: most absences cost one look per folder.
    unchanged: dict[int, bool] = {}
    folders, absent = plan["folders"], plan["absent"]
    for number in must_be_absent:
        path, folder = absent[number]
        if folder not in unchanged:
            unchanged[folder] = stat_row(folders[folder][0]) == folders[folder][1]
        if not unchanged[folder] and os.path.lexists(path):
            return None
    details = marshal.loads(plan["details"]) if with_details else None
    return Found(request, programs, actions, details, plan["compilers"], saved_s)


def count(project: str, saved_s: float) -> None:
    """Note that a build had nothing to do; where that cannot be written it is not counted.

    It opens no link and waits for no pipe in the file's place.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(f"{project}/{NOTHING_DONE}", flags, 0o666)
        try:
            os.write(descriptor, b"%.3f\n" % saved_s)
        finally:
            os.close(descriptor)
    except OSError:
        return


def refusals(unsupported: Mapping[str, str], toolchain: str) -> list[str]:
    """What is to be said of programs that were not built (name -> why): a line for each reason."""
    of_reason: dict[str, list[str]] = {}
    for name, why in unsupported.items():
        of_reason.setdefault(why, []).append(name)
    lines = []
    for why, names in of_reason.items():
        shown = ", ".join(names[:NAMES_SHOWN])
        more = len(names) - NAMES_SHOWN
        shown += f" and {more} more" if more > 0 else ""
        lines.append(f"{shown}: {refusal(why, toolchain)}")
    return lines


def refusal(why: str, toolchain: str) -> str:
    """Why a program was not built, in words."""
    return why if why.startswith(SKIPPED) else f"not taken by {toolchain}: {why}"


def counted(number: int, noun: str) -> str:
    """1 program, 2 programs."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def times(seconds: float, saved_s: float, *, digits: int = 2) -> str:
    """What a build took, and what it did not: (0.31 s; 1.20 s saved)."""
    return f"({seconds:.{digits}f} s; {saved_s:.2f} s saved)"
