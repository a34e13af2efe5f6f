"""Commands in forked processes: each is `python -m molt_build` but for the imports, made once.

Most of what a short command takes is Python's start and its imports. A server that has made them
forks for each command a process with the folder, the environment, the arguments and the pipes that
were asked for; the process ends as any Python process does.

A command that measures waits for its turn on the machine, and tests must not wait for what the
machine's user measures: `TESTED_LOCK` names another lock, and who has one takes any processor and
looks at the noise for a moment only. `TESTED_QUICK_BLOCKS` is the most blocks of a quick run, and
`TESTED_RUN_LIMIT_S` the seconds that each of its runs has at least. The commands know of none of
them: what starts one sets them (`set_for_tests`).

What Python, or the C library, reads when it starts is the server's, so a command that is given
other such variables needs an interpreter of its own (`may_fork`). So does one whose start, or whose
end by a signal, is what is tested, and one that is to inherit something else, as a umask, a limit
or an ignored signal.

Two servers take turns: one command and the next have different hash seeds, as they do in life.
"""

from __future__ import annotations

import array
import json
import os
import random
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
READ_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "FAKETIME", "MALLOC", "TZ")
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith(("MOLT_BUILD_", "PYTHON"))},
    "PYTHONPATH": str(REPOSITORY),
}
SERVERS = 2

# Those that wait for a command, and who waited longest first; more than one command may run.
_idle: list[tuple[socket.socket, subprocess.Popen[bytes]]] = []


def set_for_tests(environment: Mapping[str, str]) -> None:
    """Set in this process, before the command, what the environment says of measuring."""
    from molt_build.bench import measuring
    from molt_build.measure import fitting, machine, noise

    if lock := environment.get("TESTED_LOCK"):
        machine.LOCK_PATH = Path(lock)
        machine.choose_cpu = _any_cpu
        noise.PROBE_WINDOW_S = 0.05
    if blocks := environment.get("TESTED_QUICK_BLOCKS"):
        measuring.QUICK_BLOCKS = measuring.QUICK_BLOCKS_OF_SUITES = int(blocks)
    if limit_s := environment.get("TESTED_RUN_LIMIT_S"):
        fitting.RUN_LIMIT_FLOOR_S = float(limit_s)


def _any_cpu() -> int:
    """A processor to pin programs to: tests measure side by side, and the least busy one would be
    the same for all of them where there are two."""
    return random.choice(sorted(os.sched_getaffinity(0)))


def may_fork(environment: Mapping[str, str]) -> bool:
    """Whether a command with this whole environment would read at its start what a server read."""
    return _read_at_start(environment) == _read_at_start(ENVIRONMENT)


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in environment.items() if k.startswith(READ_AT_START)}


def run(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], timeout_s: float
) -> tuple[int, str, str]:
    """`python -m molt_build WORDS`, to its end: its code as `subprocess` has it, and what it said.

    Raises `TimeoutError` when it takes longer; it is killed then.
    """
    while len(_idle) < SERVERS:
        _idle.append(_started())
    connection, server = _idle.pop(0)
    pipes = [os.pipe(), os.pipe()]
    request = json.dumps([list(words), str(folder), dict(environment)]).encode()
    ends = array.array("i", [write for _, write in pipes])
    head = len(request).to_bytes(8, "big")
    connection.sendmsg([head], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, ends)])
    connection.sendall(request)
    for _, write in pipes:
        os.close(write)
    pid = int.from_bytes(connection.recv(8), "big")
    try:
        out, err = _read([read for read, _ in pipes], timeout_s)
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        raise
    code = int(connection.recv(16))
    _idle.append((connection, server))
    return code, out.decode(), err.decode()


def _started() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair()
    with theirs:
        server = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            cwd=REPOSITORY,
            env=ENVIRONMENT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # as the commands' is: Python asks what it is when it starts
        )
    return ours, server


def _read(pipes: Sequence[int], timeout_s: float) -> list[bytes]:
    """All that comes from the pipes until nobody can write to them any more."""
    deadline = time.monotonic() + timeout_s
    parts: dict[int, list[bytes]] = {pipe: [] for pipe in pipes}
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(deadline - time.monotonic())
            if not ready:
                raise TimeoutError(f"a command did not end in {timeout_s:g} s")
            for key, _ in ready:
                part = os.read(key.fd, 1 << 16)
                parts[key.fd].append(part)
                if not part:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return [b"".join(parts[pipe]) for pipe in pipes]


def _serve(connection: socket.socket) -> None:
    """Fork for each request; returns in the processes that are to be commands."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the tests, and this without a word
    while True:
        head, ancillary, _, _ = connection.recvmsg(8, socket.CMSG_SPACE(8))
        if not head:
            os._exit(0)  # whoever asked has ended
        ends = array.array("i", ancillary[0][2])
        size = int.from_bytes(head, "big")
        request = b""
        while len(request) < size:
            request += connection.recv(size - len(request))
        pid = os.fork()
        if pid == 0:
            break
        for end in ends:
            os.close(end)
        connection.sendall(pid.to_bytes(8, "big"))
        _, status = os.waitpid(pid, 0)
        connection.sendall(b"%d" % os.waitstatus_to_exitcode(status))
    connection.close()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for end, place in zip(ends, (1, 2), strict=True):
        os.dup2(end, place)
        os.close(end)
    words, folder, environment = json.loads(request)
    os.chdir(folder)
    sys.path[0] = folder  # as it is for `-m`
    os.environ.clear()
    os.environ.update(environment)
    set_for_tests(environment)
    sys.argv = [str(REPOSITORY / "molt_build/__main__.py"), *words]


if __name__ == "__main__":
    import gc
    import importlib
    import pkgutil

    import molt_build

    for module in pkgutil.walk_packages(molt_build.__path__, "molt_build."):
        if module.name not in ("molt_build.__main__", "molt_build.nox"):
            importlib.import_module(module.name)
    gc.freeze()  # what is never looked at again is never copied
    _serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("molt_build", run_name="__main__", alter_sys=True)
