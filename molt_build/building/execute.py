"""Running one action: staging, the process, its outputs.

The command runs in a directory that holds the action's inputs and nothing else, with a private
HOME and TMPDIR and only the declared environment. Each staged source is a copy whose digest is
compared with the one in the key, so a file that is edited during a build cannot be keyed by what
it no longer is. A stage that needs a shard is staged into its slot, where a file whose content is
unchanged keeps its modification time.
"""

from __future__ import annotations

import os
import resource
import select
import shlex
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from molt_build import interrupts
from molt_build.actions.action import Action, place
from molt_build.actions.inputs import content_digest, with_mode
from molt_build.building.shards import Shard, held_slot
from molt_build.building.staging import Staging
from molt_build.building.trace import Trace
from molt_build.errors import ActionFailed, BuildFailed, EnvironmentFailed
from molt_build.files import opened_folder, real_folder, remove_files, remove_tree, write_new
from molt_build.manifests.placeholders import expand_word
from molt_build.store.digest import digest_bytes, read_stable
from molt_build.store.location import disk_is_full
from molt_build.store.locks import Waiting
from molt_build.store.store import Blob

TAIL_LINES = 40
CAPTURE_LIMIT_BYTES = 1 << 20

# Copies an earlier stage's output to a path below a directory.
PlaceInput = Callable[[Blob, Path, Path], None]


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it took."""

    failure: str | None
    was_killed: bool = False
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    peak_memory_bytes: int = 0


@dataclass(frozen=True)
class Execution:
    """What one run of an action gave."""

    outputs: Mapping[str, Path]  # name -> the file, inside the staging directory
    roots: Mapping[str, str]  # the directories of this run, by their symbolic names
    argv: tuple[str, ...]
    depfile: Path | None
    command: Ended
    staged: Mapping[str, str]  # path in staging -> what stands for the copied project file
    started_ns: int  # when the inputs were staged
    waited_s: float = 0.0  # for a slot


class Processes:
    """The running commands of this build, so that an interrupt can end them all."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    @property
    def is_stopping(self) -> bool:
        """Whether the build is being ended."""
        return self._stopping.is_set()

    def pause(self, seconds: float) -> bool:
        """Sleep, but not into the end of the build; True when it has come."""
        return self._stopping.wait(seconds)

    def started(self, group: int) -> None:
        """A command runs in this process group."""
        with self._lock:
            self._groups.add(group)
            if self.is_stopping:
                _kill_group(group)

    def ended(self, group: int) -> None:
        """It ended; what it left behind in its group is ended too."""
        with self._lock:
            self._groups.discard(group)
        _kill_group(group)

    def stop(self) -> None:
        """End every running command, and every one that still starts."""
        with self._lock:
            self._stopping.set()
            for group in self._groups:
                _kill_group(group)


@contextmanager
def executed(
    action: Action,
    *,
    cache: Path,
    staging: Staging,
    project: Path,
    place_input: PlaceInput,
    processes: Processes,
    keep_staging: bool,
    shard: Shard,  # used by those actions that need one
    waiting: Waiting,  # for a slot
    kept_open: tuple[int, ...] = (),  # locks that the command keeps if we are killed
    trace: Trace | None = None,
) -> Iterator[Execution]:
    """Run the action; its outputs exist until the block is left.

    Raises `BuildFailed` when the command fails, is killed, takes too long, leaves an output
    unmade or reads what it must not.
    """
    prefix = f"{action.program}-{action.stage.name}-"
    root = staging.fresh(prefix, may_stay=keep_staging)
    kept_open = (*kept_open, staging.lock_of(root))
    keep = False
    try:
        if action.needs_shard:
            with held_slot(cache, shard, str(project), action.program, waiting) as slot:
                roots = {"stage": str(slot.stage), "shard": str(slot.state)}
                locks = (*kept_open, slot.descriptor)
                run = _run(action, roots, root, place_input, processes, locks, trace)
                yield replace(run, waited_s=slot.waited_s)
        else:
            stage = root / "stage"
            stage.mkdir()
            roots = {"stage": str(stage)}
            yield _run(action, roots, root, place_input, processes, kept_open, trace)
    except BuildFailed as error:
        if keep_staging:
            keep = True
            error.hint = f"the staging directory was kept: {root}"
        raise
    finally:
        if not keep:
            staging.discard(root)


def command_line(argv: list[str], environment: Mapping[str, str], folder: str) -> str:
    """The command as one could paste it into a shell."""
    assignments = " ".join(f"{k}={shlex.quote(v)}" for k, v in sorted(environment.items()))
    return f"cd {shlex.quote(folder)} && env -i {assignments} {shlex.join(argv)}"


def _run(
    action: Action,
    roots: dict[str, str],
    private: Path,
    place_input: PlaceInput,
    processes: Processes,
    kept_open: tuple[int, ...],
    trace: Trace | None,
) -> Execution:
    for name in ("home", "tmp"):
        (private / name).mkdir()
        roots[name] = str(private / name)
    stage_dir = Path(roots["stage"])
    started_ns = (private / "tmp").stat().st_mtime_ns  # by the clock that stamps files
    staged = _stage_inputs(action, stage_dir, place_input)
    outputs = {name: Path(path) for name, path in action.output_paths(roots).items()}
    for path in outputs.values():
        if path.is_relative_to(stage_dir):
            real_folder(stage_dir, path.parent, replaces_links=True)
            remove_tree(path, root=stage_dir, may_fail=False)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)  # of the tool's own state
    argv, environment = action.argv(roots), action.environment(roots)
    limit_s = action.stage.timeout_s
    began_ns = time.monotonic_ns()
    result = _spawn(argv, environment, stage_dir, private, limit_s, processes, kept_open)
    if trace is not None:
        status = result.failure or "exit status 0"
        trace.span(Path(argv[0]).name, "command", began_ns, {"argv": argv, "status": status})
    shown = command_line(argv, environment, str(stage_dir))
    title = f"{action.program}: {action.toolchain.name} {action.stage.name}"
    if result.failure is not None and disk_is_full(private):
        message = f"{title} {result.failure}, and the disk is full"
        raise EnvironmentFailed(message, f"free some disk space below {private.parent}")
    if result.failure is not None:
        message = f"{title} {result.failure}\n  $ {shown}\n{_tail(result.stdout, result.stderr)}"
        output = result.stdout + result.stderr
        raise ActionFailed(message, output, result.failure, was_killed=result.was_killed)
    depfile: Path | None = None
    if action.stage.depfile is not None:
        depfile = stage_dir / place(expand_word(action.stage.depfile.path, action.values), roots)
        _refuse_leading_out(title, depfile, roots, shown)
        if not depfile.is_file():
            raise BuildFailed(f"{title} left no depfile {depfile.name}\n  $ {shown}")
    missing = [name for name, path in outputs.items() if not path.is_file()]
    if missing:
        message = f"{title} did not make its output {', '.join(missing)}\n  $ {shown}"
        raise BuildFailed(message)
    for path in outputs.values():
        _refuse_leading_out(title, path, roots, shown)
    hide = {path: "{" + name + "}" for name, path in roots.items()}
    return Execution(
        outputs=outputs,
        roots=roots,
        argv=tuple(argv),
        depfile=depfile,
        command=replace(
            result, stdout=_replace(result.stdout, hide), stderr=_replace(result.stderr, hide)
        ),
        staged=staged,
        started_ns=started_ns,
    )


def _refuse_leading_out(title: str, path: Path, roots: Mapping[str, str], shown: str) -> None:
    """Raise `BuildFailed` when links take what a command made out of staging and its shard.

    A link that stays inside is as good as the file that it leads to.
    """
    found = os.path.realpath(path)
    places = [os.path.realpath(roots[name]) for name in ("stage", "shard") if name in roots]
    if not any(found.startswith(place + os.sep) for place in places):
        message = f"{title} made {path.name} a link that leads out of its directory, to {found}"
        raise BuildFailed(f"{message}\n  $ {shown}", "let it write a file")


def _stage_inputs(action: Action, stage_dir: Path, place_input: PlaceInput) -> dict[str, str]:
    """Copy the inputs in; path -> what stands for each project file as it was copied.

    Raises `EnvironmentFailed` when a source is no longer what the key says.
    """
    staged: dict[str, str] = {}
    for path, absolute in {**action.inputs.sources, **action.inputs.candidates}.items():
        data, status = read_stable(absolute)
        is_executable = bool(status.st_mode & stat.S_IXUSR)
        digest = content_digest(action.stage, path, data)
        staged[path] = with_mode(digest, is_executable=is_executable)
        keyed = action.components.get(f"source {path}")
        if keyed is not None and keyed != staged[path]:
            message = f"{absolute} changed while {action.program} was built"
            raise EnvironmentFailed(message, "build again")
        mode = 0o755 if is_executable else 0o644
        if not _is_staged(stage_dir, path, digest_bytes(data), mode):
            write_new(stage_dir, stage_dir / path, data, mode)
    wanted = set(staged)
    for path, blob in action.upstream.items():
        wanted.add(path)
        if not _is_staged(stage_dir, path, blob.xxh3, None):
            place_input(blob, stage_dir / path, stage_dir)
    if action.needs_shard:
        remove_files(stage_dir, stage_dir, wanted.__contains__)
    return staged


def _is_staged(stage_dir: Path, path: str, digest: str, mode: int | None) -> bool:
    """Whether a slot holds the input already, so that it keeps its time; now with this mode.

    A link, which a tool may have left in its place or above it, is no input.
    """
    file = stage_dir / path
    try:
        with opened_folder(stage_dir, file.parent) as folder:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with open(os.open(file.name, flags, dir_fd=folder), "rb") as stream:
                if digest_bytes(stream.read()) != digest:
                    return False
                if mode is not None:
                    os.fchmod(stream.fileno(), mode)
                return True
    except OSError:
        return False


def _spawn(
    argv: list[str],
    environment: Mapping[str, str],
    folder: Path,
    private: Path,
    timeout_s: float,
    processes: Processes,
    kept_open: tuple[int, ...],
) -> Ended:
    out_path, err_path = private / "stdout", private / "stderr"
    started = time.monotonic()
    with open(out_path, "wb") as out, open(err_path, "wb") as err:
        try:
            with interrupts.held():  # an audit spawns in the main thread
                process = subprocess.Popen(
                    argv,
                    cwd=folder,
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                    pass_fds=kept_open,
                    umask=0o022,  # the builder's is applied to what is materialised
                )
                processes.started(process.pid)
        except OSError as error:
            return Ended(f"could not be started: {error.strerror}")
    try:
        is_late, reaped = _wait(process.pid, timeout_s)
    finally:
        processes.ended(process.pid)
    _, status, usage = reaped or os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    failure = None
    if is_late:
        failure = f"was ended after its time limit of {timeout_s:g} s"
    elif process.returncode < 0:
        number = -process.returncode
        failure = f"was killed by signal {number} ({_signal_name(number)})"
    elif process.returncode > 0:
        failure = f"failed with exit status {process.returncode}"
    scale = 1 if os.uname().sysname == "Darwin" else 1024
    return Ended(
        failure,
        is_late or process.returncode < 0,
        _captured(out_path),
        _captured(err_path),
        seconds,
        usage.ru_maxrss * scale,
    )


def _wait(
    leader: int, timeout_s: float
) -> tuple[bool, tuple[int, int, resource.struct_rusage] | None]:
    """Wait for the leader of a group; whether it was ended for its time limit.

    It is left a zombie where that can be done, so that its id, and its group's, cannot be reused
    before the group is ended; else the result of `wait4` comes along.
    """
    descriptor = _pidfd(leader)
    if descriptor is not None:
        try:
            ended = select.poll()
            ended.register(descriptor, select.POLLIN)
            is_late = not ended.poll(timeout_s * 1000)
            if is_late:
                _kill_group(leader)
                ended.poll()
        finally:
            os.close(descriptor)
        return is_late, None
    late = threading.Event()

    def end_late() -> None:
        late.set()
        _kill_group(leader)

    timer = threading.Timer(timeout_s, end_late)
    timer.daemon = True
    timer.start()
    try:
        if hasattr(os, "waitid"):  # macOS has it from Python 3.13 on
            os.waitid(os.P_PID, leader, os.WEXITED | os.WNOWAIT)
            return late.is_set(), None
        reaped = os.wait4(leader, 0)
        return late.is_set(), reaped
    finally:
        timer.cancel()


def _pidfd(process: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None where there is none to be had
    (macOS, Linux before 5.3, a sandbox that refuses the call)."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(process)
    except OSError:
        return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have no name
        return "unnamed"


def _captured(path: Path) -> str:
    """What was printed; of more than `CAPTURE_LIMIT_BYTES` the beginning and the end."""
    size, half = path.stat().st_size, CAPTURE_LIMIT_BYTES // 2
    with open(path, "rb") as stream:
        if size <= CAPTURE_LIMIT_BYTES:
            return stream.read().decode("utf-8", "replace")
        first = stream.read(half)
        stream.seek(size - half)
        last = stream.read()
    left_out = f"\n... {size - 2 * half} bytes left out ...\n"
    return first.decode("utf-8", "replace") + left_out + last.decode("utf-8", "replace")


def _tail(stdout: str, stderr: str) -> str:
    lines = [*stdout.splitlines(), *stderr.splitlines()][-TAIL_LINES:]
    return "\n".join("  " + line for line in lines)


def _replace(text: str, names: Mapping[str, str]) -> str:
    for path, name in names.items():
        text = text.replace(path, name)
    return text


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
