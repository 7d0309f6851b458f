# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A headless Chromium, driven over the pipe of its own DevTools protocol: it opens files and talks to nobody."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from typing import Any, Dict, Iterator, List

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-pipe",
)  # fmt: skip
PATIENCE = 60.0  # seconds that an answer may take on a busy machine
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "End": 35, "Home": 36, "ArrowUp": 38, "ArrowDown": 40}


class Browser:
    """One process, with one page at a time."""

    def __init__(self, folder: str) -> None:
        command, commands = os.pipe()
        answers, answer = os.pipe()
        high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10) for descriptor in (command, answer)]  # out of the way of 3 and 4
        os.close(command)
        os.close(answer)
        program = shutil.which("chromium")
        assert program, "no chromium"
        actions = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
        actions += [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(high, 3)]
        self._process = os.posix_spawn(
            program, ["chromium", *FLAGS, "--user-data-dir=" + folder], dict(os.environ, HOME=folder), file_actions=actions, setsid=True
        )
        for descriptor in high:
            os.close(descriptor)
        self._commands, self._answers = commands, answers
        self._rest, self._last, self._session = b"", 0, None  # type: bytes, int, Optional[str]
        self.events: List[Dict[str, Any]] = []

    def close(self) -> None:
        for descriptor in (self._commands, self._answers):
            os.close(descriptor)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process, signal.SIGKILL)  # a session of its own, which it leads
        os.waitpid(self._process, 0)

    def call(self, method: str, **parameters: Any) -> Dict[str, Any]:
        self._last += 1
        message: Dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._commands, data) :]
        until = time.monotonic() + PATIENCE
        while True:
            answer = self._next(until)
            if answer.get("id") == self._last:
                assert "error" not in answer, "%s: %s" % (method, answer["error"])
                return answer["result"]

    def _next(self, until: float) -> Dict[str, Any]:
        while b"\0" not in self._rest:
            ready = select.select([self._answers], [], [], max(0.0, until - time.monotonic()))[0]
            assert ready, "the browser does not answer"
            more = os.read(self._answers, 1 << 20)
            assert more, "the browser is gone"
            self._rest += more
        one, _end, self._rest = self._rest.partition(b"\0")
        told = json.loads(one)
        if "method" in told:
            self.events.append(told)
        return told

    def open(self, path: str, width: int = 1280, height: int = 900, scheme: str = "light") -> float:
        """Show a page anew, and return the seconds until it was ready."""
        self._session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.events.clear()
        self.look(width, height, scheme)
        before = time.monotonic()
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while self.run("document.documentElement?.dataset.ready") != "yes":
            assert time.monotonic() < before + PATIENCE, "the page is not ready: %s" % self.complaints()
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return time.monotonic() - before

    def look(self, width: int, height: int = 900, scheme: str = "light") -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def run(self, script: str) -> Any:
        """The value of an expression; promises are waited for."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def press(self, key: str, shift: bool = False) -> None:
        for kind in ("rawKeyDown", "char", "keyUp") if key == "Enter" else ("rawKeyDown", "keyUp"):
            extra = {"text": "\r"} if kind == "char" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=KEYS[key], modifiers=8 if shift else 0, **extra)

    def complaints(self) -> List[str]:
        """Errors and warnings of the console, refusals of the policy, and exceptions."""
        self.run("0")
        found = []
        for event in self.events:
            told = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(told["exceptionDetails"]))
            elif event["method"] == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
                found.append(json.dumps(told["args"]))
            elif event["method"] == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
                found.append(told["entry"]["text"])
        return found

    def requests(self) -> List[str]:
        """What the page asked for."""
        self.run("0")
        return [one["params"]["request"]["url"] for one in self.events if one["method"] == "Network.requestWillBeSent"]

    def picture(self, path: str) -> None:
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    folder = tempfile.mkdtemp(prefix="linuxnet-tcp-browser-")
    browser = Browser(folder)
    try:
        yield browser
    finally:
        browser.close()
        shutil.rmtree(folder, ignore_errors=True)
