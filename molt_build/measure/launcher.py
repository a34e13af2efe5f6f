"""The small process that starts, times and ends the measured programs.

Run as `python -I -S launcher.py`; it imports nothing of molt_build and as little as it can,
because the peak memory that the kernel reports for a program starts from the size of the process
that forked it (`ru_maxrss` survives `execve`). That floor is measured once and reported.

It serves one connection, standard input, a stream socket:

    request    LENGTH "\\n", then LENGTH bytes: fields joined by NUL, in this order:
               cpu (empty: not pinned), timeout in seconds, working directory, file for standard
               output, file for standard error, number of arguments, the arguments, then the
               environment as NAME=VALUE
    answer     one line: wait status, errno of a start that failed (else 0), 1 when it timed out,
               wall seconds, processor seconds, peak memory in bytes
    greeting   one line before the first request: the floor of peak memory in bytes

Promises: a program runs in a session of its own with standard input from /dev/null and exactly
the given environment; whatever is left of its process group is ended with it; the end of the
connection, by a close or by the death of the other side, ends the running program at once.
A process that leaves the group (a daemon that calls setsid) is out of reach.
"""

import os
import resource
import select
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FILE_LIMIT_BYTES = 1 << 30  # a program that prints without end must not fill the disk
START_FAILED = 127
PEAK_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Greet, then serve requests until the connection ends."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    null = os.devnull
    floor = launch(["", "10", "/", null, null, "1", "/dev/null/absent"], wake_read)[-1]
    answer(str(floor))
    pending = b""
    while True:
        while b"\n" not in pending:
            pending += received()
        header, _, pending = pending.partition(b"\n")
        length = int(header)
        while len(pending) < length:
            pending += received()
        request, pending = pending[:length], pending[length:]
        fields = os.fsdecode(request).split("\0")
        answer(" ".join(str(part) for part in launch(fields, wake_read)))


def received() -> bytes:
    """The next bytes of the connection; ends this process when there are no more."""
    data = os.read(0, 1 << 16)
    if not data:
        raise SystemExit(0)
    return data


def answer(line: str) -> None:
    """Send one line."""
    data = (line + "\n").encode()
    while data:
        data = data[os.write(0, data) :]


def launch(fields: list[str], wake: int) -> tuple[int, int, int, float, float, int]:
    """Run one program to its end; the parts of the answer."""
    cpu, timeout, folder, out, err, count = fields[:6]
    argv = fields[6 : 6 + int(count)]
    environment = dict(field.split("=", 1) for field in fields[6 + int(count) :])
    error_read, error_write = os.pipe()
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        execute(cpu, folder, out, err, argv, environment, error_write)
    os.close(error_write)
    timed_out = 0
    is_abandoned = False
    deadline = started + float(timeout)
    while True:
        left = deadline - time.perf_counter()
        readable, _, _ = select.select([0, wake], [], [], max(left, 0.0))
        ended = time.perf_counter()
        if 0 in readable:
            is_abandoned = True
            break
        if wake in readable:
            drain(wake)
            if has_exited(pid):
                break
        elif ended >= deadline:
            timed_out = 1
            break
    # The group is ended before its leader is reaped: its number cannot have been reused yet. The
    # leader is named too, as it may not have made its group so far.
    end(os.killpg, pid)
    if timed_out or is_abandoned:
        end(os.kill, pid)
    _, status, usage = os.wait4(pid, 0)
    if is_abandoned:
        raise SystemExit(0)
    if timed_out:
        ended = time.perf_counter()
    failure = os.read(error_read, 16)
    os.close(error_read)
    cpu_s = usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss * PEAK_UNIT_BYTES
    # The clock counts nanoseconds: further digits are of the subtraction.
    wall_s = round(ended - started, 9)
    return status, int(failure or b"0"), timed_out, wall_s, round(cpu_s, 9), peak


def end(kill: "Callable[[int, int], None]", number: int) -> None:
    """Kill a process or a group that may be gone."""
    try:
        kill(number, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS: a group of zombies may not be signalled
        return


def has_exited(pid: int) -> bool:
    """Whether the child is a zombie (and not only stopped); it is not reaped."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return True
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def drain(wake: int) -> None:
    """Empty the pipe that signals write to."""
    try:
        while os.read(wake, 512):
            pass
    except BlockingIOError:
        pass


def execute(
    cpu: str,
    folder: str,
    out: str,
    err: str,
    argv: list[str],
    environment: dict[str, str],
    error_write: int,
) -> None:
    """In the child: become the program, or report why not."""
    try:
        signal.set_wakeup_fd(-1)
        for name in ("SIGPIPE", "SIGXFSZ", "SIGCHLD", "SIGINT"):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        os.setsid()
        if cpu and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {int(cpu)})
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        if hard == resource.RLIM_INFINITY or hard > FILE_LIMIT_BYTES:
            resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT_BYTES, hard))
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(out, flags, 0o600), 1)
        os.dup2(os.open(err, flags, 0o600), 2)
        os.chdir(folder)
        os.execve(argv[0], argv, environment)
    except OSError as error:
        os.write(error_write, str(error.errno or 1).encode())
    finally:
        os._exit(START_FAILED)


if __name__ == "__main__":
    main()
