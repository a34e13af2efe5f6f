"""Chromium as a test drives it: pages opened from the disk, what they asked for, how they look.

It is spoken to over a pipe (`--remote-debugging-pipe`): JSON messages of the DevTools protocol
(https://chromedevtools.github.io/devtools-protocol/), each ended by a NUL, on the descriptors 3 and
4 of the browser. No driver and no package is needed.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from other_processes import PATIENCE_S

NAMES = ("chromium", "chromium-browser", "google-chrome")


def browser_path() -> str:
    """Where the browser is; skips the test, naming it, where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("chromium is not on PATH")
    return found


class Browser:
    """One page of a browser; requests that failed and errors of scripts are kept."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._read = b""
        self._number = 0
        self._session: str | None = None
        self.requested: list[str] = []
        self.failed: list[str] = []
        self.said: list[str] = []  # warnings and errors in the console
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a method; its result. Fails the test where the browser says it is wrong."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE_S
        while (answer := self._next(until)).get("id") != self._number:
            pass
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def _next(self, until: float) -> dict[str, Any]:
        """The next message; an event is noted."""
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._from], [], [], max(until - time.monotonic(), 0))
            assert ready, "the browser does not answer"
            data = os.read(self._from, 1 << 16)
            assert data, "the browser has ended"
            self._read += data
        line, _, self._read = self._read.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        facts = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.requested.append(facts["request"]["url"])
        elif message.get("method") == "Network.loadingFailed" and not facts.get("canceled"):
            self.failed.append(f"{self.requested[-1]}: {facts['errorText']}")
        elif message.get("method") == "Runtime.exceptionThrown":
            self.failed.append(str(facts["exceptionDetails"]))
        elif message.get("method") == "Log.entryAdded":
            self.said.append(facts["entry"]["text"])
        elif message.get("method") == "Runtime.consoleAPICalled" and facts["type"] != "log":
            self.said.append(f"{facts['type']}: {[one.get('value') for one in facts['args']]}")
        return message

    def size(self, width: int, height: int = 900) -> None:
        """The size of the screen, in CSS pixels; a narrow one is a phone's."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def open(self, address: str) -> None:
        """Open a page; returns when it and all that it loads are there."""
        self.call("Page.navigate", url=address)
        self.wait_for("document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Until an expression is true; its value."""
        until = time.monotonic() + PATIENCE_S
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < until, f"never true: {expression}"
            time.sleep(0.02)
        return value

    def picture(self, file: Path, *, whole: bool = False) -> None:
        """Write the page as it looks, as PNG; the part on the screen, or the whole page."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def open_browser(profile: Path) -> Iterator[Browser]:
    """A browser without a window, with a profile folder of its own; ended with the block."""
    from_test, to_browser = os.pipe()
    from_browser, to_test = os.pipe()

    def descriptors() -> None:
        os.dup2(from_test, 13)  # the four may be 3 and 4 themselves
        os.dup2(to_test, 14)
        os.dup2(13, 3)
        os.dup2(14, 4)
        for end in (3, 4):
            os.set_inheritable(end, True)

    process = subprocess.Popen(
        [
            *(browser_path(), "--headless", "--remote-debugging-pipe", "--no-sandbox"),
            *("--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars"),
            *("--disable-background-networking", f"--user-data-dir={profile}"),
        ],
        preexec_fn=descriptors,
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(from_test)
    os.close(to_test)
    try:
        yield Browser(to_browser, from_browser)
    finally:
        process.kill()
        process.wait()
        os.close(to_browser)
        os.close(from_browser)
