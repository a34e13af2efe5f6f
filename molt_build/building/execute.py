"""Running one action: staging, the process, its outputs.

The command runs in a directory that holds the action's inputs and nothing else, with a private
HOME and TMPDIR and only the declared environment. Each staged source is a copy whose digest is
compared with the one in the key, so a file that is edited during a build cannot be keyed by what
it no longer is. A stage that needs a shard is staged into its slot, where a file whose content is
unchanged keeps its modification time.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Collection, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from molt_build.actions.action import Action
from molt_build.building.commands import Ended, run_to_end
from molt_build.building.fetching import given_to_fetches, tried, why_unreachable
from molt_build.building.metrics import metrics_file, read_metrics
from molt_build.building.session import Session
from molt_build.building.shards import held_slot
from molt_build.building.staging import PlaceInput, stage_inputs
from molt_build.errors import ActionFailed, BuildFailed, EnvironmentFailed
from molt_build.files import real_folder, remove_tree
from molt_build.store.location import disk_is_full
from molt_build.store.tree import NotKept, names_in
from molt_build.watch import counted

TAIL_LINES = 40


@dataclass(frozen=True)
class Execution:
    """What one run of an action gave."""

    outputs: Mapping[str, Path]  # name -> the file or folder, inside the staging directory
    roots: Mapping[str, str]  # the directories of this run, by their symbolic names
    argv: tuple[str, ...]
    depfile: Path | None
    metrics: Mapping[str, float]  # what it told about itself
    command: Ended
    staged: Mapping[str, str]  # path in staging -> what stands for the copied project file
    started_ns: int  # when the inputs were staged
    waited_s: float = 0.0  # for a slot
    tries: int = 1  # of a fetch: how often the command was run


@contextmanager
def executed(
    action: Action,
    session: Session,
    place_input: PlaceInput,
    *,
    kept_open: tuple[int, ...] = (),  # locks that the command keeps if we are killed
    keep_staging: bool = False,  # where it fails
) -> Iterator[Execution]:
    """Run the action; its outputs exist until the block is left.

    Raises `BuildFailed` when the command fails, is killed, takes too long, leaves an output
    unmade or reads what it must not.
    """
    prefix = f"{action.program}-{action.stage.name}-"
    root = session.staging.fresh(prefix, may_stay=keep_staging)
    kept_open = (*kept_open, session.staging.lock_of(root))
    keep = False
    try:
        if action.needs_shard:
            with held_slot(session, action.unit) as slot:
                roots = {"stage": str(slot.stage), "shard": str(slot.state)}
                locks = (*kept_open, slot.descriptor)
                run = _run(action, session, roots, root, place_input, locks, keep_staging)
                yield replace(run, waited_s=slot.waited_s)
        else:
            stage = root / "stage"
            stage.mkdir()
            roots = {"stage": str(stage)}
            yield _run(action, session, roots, root, place_input, kept_open, keep_staging)
    except BuildFailed as error:
        if keep_staging:
            keep = True
            error.hint = f"the staging directory was kept: {root}"
        raise
    finally:
        if not keep:
            session.staging.discard(root)


def command_line(
    argv: list[str],
    environment: Mapping[str, str],
    folder: str | None,
    stdin: str | None = None,
    stdout: str | None = None,
) -> str:
    """The command as one could paste it into a shell, in its folder unless that is None."""
    assignments = " ".join(f"{k}={shlex.quote(v)}" for k, v in sorted(environment.items()))
    line = f"env -i {assignments} {shlex.join(argv)}"
    line = line if folder is None else f"cd {shlex.quote(folder)} && {line}"
    line += "" if stdin is None else f" < {shlex.quote(stdin)}"
    return line + ("" if stdout is None else f" > {shlex.quote(stdout)}")


def _run(
    action: Action,
    session: Session,
    roots: dict[str, str],
    private: Path,
    place_input: PlaceInput,
    kept_open: tuple[int, ...],
    stays: bool,  # the directory, where the action fails
) -> Execution:
    for name in ("home", "tmp"):
        (private / name).mkdir()
        roots[name] = str(private / name)
    stage_dir = Path(roots["stage"])
    started_ns = (private / "tmp").stat().st_mtime_ns  # by the clock that stamps files
    staged = stage_inputs(action, stage_dir, place_input)
    title = action.title
    outputs = {name: Path(path) for name, path in action.output_paths(roots).items()}
    folders = {name for name in outputs if action.output_name(name).endswith("/")}
    entry = action.unit.program.entry
    if entry in staged and stage_dir / entry in outputs.values():
        message = f"{title} would make {entry}, which is the program itself"
        raise BuildFailed(message, "give the output another name, or a folder: made/{module}.py")
    stats = metrics_file(action, roots)
    if stats is not None:
        stats.unlink(missing_ok=True)  # of an earlier run in the slot
    argv, environment = action.argv(roots), action.environment(roots)
    stdin, stdout = action.stdin, action.stage.stdout
    limit_s = action.stage.timeout_s
    began_ns = time.monotonic_ns()
    processes = session.processes
    given = given_to_fetches() if action.stage.fetch else {}

    def run() -> Ended:
        _make_room(title, outputs, folders, roots, {*staged, *action.upstream})
        return run_to_end(
            argv,
            {**given, **environment},
            stage_dir,
            private,
            limit_s,
            processes,
            kept_open,
            None if stdin is None else _opened_inside(title, stage_dir, stdin),
            stdout is None,
        )

    result, tries = tried(run, processes.pause, given) if action.stage.fetch else (run(), 1)
    printed = None if stdout is None else os.path.relpath(outputs[stdout], stage_dir)
    if session.trace is not None:
        facts = {"argv": argv, "status": result.failure or "exit status 0"}
        facts |= {"stdin": stdin} if stdin else {}
        facts |= {"stdout": printed} if printed else {}
        session.trace.span(Path(argv[0]).name, "command", began_ns, facts)
    hide = {path: "{" + name + "}" for name, path in roots.items()}
    shown = command_line(argv, environment, str(stage_dir) if stays else None, stdin, printed)
    if not stays:  # what its paths name is gone when this is read
        shown = _replace(shown, hide)
    if result.failure is not None and disk_is_full(private):
        message = f"{title} {result.failure}, and the disk is full"
        raise EnvironmentFailed(message, f"free some disk space below {private.parent}")
    if action.stage.fetch and (unreachable := why_unreachable(result)):
        message = (
            f"{title} has no network: {unreachable} (tried {counted(tries, 'time')})\n  $ {shown}"
        )
        hint = "check the connection, proxies (HTTPS_PROXY) and certificates (SSL_CERT_FILE)"
        raise EnvironmentFailed(f"{message}\n{_tail(result.stdout, result.stderr)}", hint)
    if result.failure is not None:
        message = f"{title} {result.failure}\n  $ {shown}\n{_tail(result.stdout, result.stderr)}"
        output = result.stdout + result.stderr
        raise ActionFailed(message, output, result.failure, was_killed=result.was_killed)
    if stdout is not None:
        remove_tree(outputs[stdout], root=stage_dir, may_fail=False)
        os.replace(private / "stdout", outputs[stdout])
    depfile: Path | None = None
    if action.stage.depfile is not None:
        depfile = Path(action.path_of(action.stage.depfile.path, roots))
        _refuse_leading_out(title, depfile, roots, shown)
        if not depfile.is_file():
            raise BuildFailed(f"{title} left no depfile {depfile.name}\n  $ {shown}")
    if stats is not None:
        _refuse_leading_out(title, stats, roots, shown)
        if not stats.is_file():
            raise BuildFailed(f"{title} left no {stats.name}, its metrics\n  $ {shown}")
    missing = [
        name
        for name, path in outputs.items()
        if not (path.is_dir() if name in folders else path.is_file())
    ]
    if missing:
        message = f"{title} did not make its output {', '.join(missing)}\n  $ {shown}"
        raise BuildFailed(message)
    for name, path in outputs.items():
        _refuse_leading_out(title, path, roots, shown)
        if name in folders:
            try:
                names_in(path)
            except NotKept as error:
                message = f"{title} made {path.name}/{error.path}, which {error.what}"
                hint = "a folder that is kept holds files, folders, and links that stay in it"
                raise BuildFailed(f"{message}\n  $ {shown}", hint) from error
    return Execution(
        outputs=outputs,
        roots=roots,
        argv=tuple(argv),
        depfile=depfile,
        metrics=read_metrics(action, stats),
        command=replace(
            result,
            stdout=_replace(result.stdout, hide),
            # A fetch tells of its progress, which is news to nobody who takes what it made.
            stderr="" if action.stage.fetch else _replace(result.stderr, hide),
        ),
        staged=staged,
        started_ns=started_ns,
        tries=tries,
    )


def _make_room(
    title: str,
    outputs: Mapping[str, Path],
    folders: Set[str],
    roots: Mapping[str, str],
    staged: Collection[str],
) -> None:
    """See that the outputs can be made: of folders, which are there and empty, the folder itself.

    In a shard too, where an earlier run's would else be taken for what a command made that has
    made something of another name. Raises `BuildFailed` when inputs lie in one.
    """
    stage_dir = Path(roots["stage"])
    for name, path in outputs.items():
        is_staged = path.is_relative_to(stage_dir)
        root = stage_dir if is_staged else Path(roots["shard"])
        if name in folders and is_staged:
            below = f"{path.relative_to(stage_dir)}/"
            inside = next((each for each in staged if each.startswith(below)), None)
            if inside is not None:
                message = f"{title} would make the folder {below}, in which {inside} lies"
                raise BuildFailed(message, "let the output be a folder of its own")
        real_folder(root, path.parent, replaces_links=True)
        remove_tree(path, root=root, may_fail=False)
        if name in folders:
            path.mkdir()


def _opened_inside(title: str, stage_dir: Path, stdin: str) -> int:
    """A descriptor of a file in staging; raises `BuildFailed` where there is none."""
    path = os.path.realpath(stage_dir / stdin)
    if path.startswith(os.path.realpath(stage_dir) + os.sep) and os.path.isfile(path):
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    raise BuildFailed(f"{title} has no file {stdin} for its standard input")


def _refuse_leading_out(title: str, path: Path, roots: Mapping[str, str], shown: str) -> None:
    """Raise `BuildFailed` when links take what a command made out of staging and its shard.

    A link that stays inside is as good as the file that it leads to.
    """
    found = os.path.realpath(path)
    places = [os.path.realpath(roots[name]) for name in ("stage", "shard") if name in roots]
    if not any(found.startswith(place + os.sep) for place in places):
        message = f"{title} made {path.name} a link that leads out of its directory, to {found}"
        raise BuildFailed(f"{message}\n  $ {shown}", "let it write a file")


def _tail(stdout: str, stderr: str) -> str:
    lines = [*stdout.splitlines(), *stderr.splitlines()][-TAIL_LINES:]
    return "\n".join("  " + line for line in lines)


def _replace(text: str, names: Mapping[str, str]) -> str:
    for path, name in names.items():
        text = text.replace(path, name)
    return text
