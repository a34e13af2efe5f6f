"""Run molt-build, and take down every command that it starts in a staging directory.

    python recording.py FILE MOLT-BUILD-ARGUMENTS...

A line of JSON for each: argv, environment, the staging directory that belongs to it alone (`root`)
and the files that lie in its working directory when it starts. What is taken down is what Python
itself reports when it starts a process (the audit event `subprocess.Popen`), so nothing of
molt_build has to tell.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

LOCK = threading.Lock()


def main(file: str, words: list[str]) -> int:
    """Run the client; its exit code."""
    from molt_build.cli import main as client

    staging = str(Path(os.environ["MOLT_BUILD_CACHE_DIR"]) / "staging") + os.sep

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "subprocess.Popen":
            return
        _, argv, folder, environment = arguments
        if folder is None or not os.fspath(folder).startswith(staging):
            return
        name = os.fspath(folder).removeprefix(staging).split(os.sep)[0]
        inputs = [
            str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file()
        ]
        line = json.dumps(
            {
                "root": staging + name,
                "argv": [os.fspath(word) for word in argv],
                "environment": dict(environment or {}),
                "inputs": inputs,
            }
        )
        with LOCK, open(file, "a", encoding="utf-8") as stream:
            stream.write(line + "\n")

    sys.addaudithook(listen)
    return client(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
