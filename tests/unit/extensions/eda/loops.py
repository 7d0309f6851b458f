# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running the event plugins as ansible-rulebook does: by their path, on an event loop that counts its wake-ups."""

from __future__ import annotations

import asyncio
import contextlib
import os
import runpy
import selectors

EDA = os.path.join(*[os.path.dirname(os.path.abspath(__file__))] + [os.pardir] * 4, "extensions", "eda", "plugins")


def plugin(kind, name):
    """What a plugin's file defines."""
    return runpy.run_path(os.path.join(EDA, kind, name + ".py"))


class Queue:
    """What ansible-rulebook hands to a source; `hold` makes it as slow as a busy rulebook."""

    def __init__(self):
        self.events = []
        self.waiting = 0
        self._open = asyncio.Event()
        self._open.set()

    def hold(self):
        self._open.clear()

    def go_on(self):
        self._open.set()

    async def put(self, event):
        self.waiting += 1
        await self._open.wait()
        self.waiting -= 1
        self.events.append(event)

    async def holds(self, count, patience=10.0):
        """Whether there come to be so many events."""
        end = asyncio.get_running_loop().time() + patience
        while len(self.events) < count and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.01)
        return len(self.events) >= count


class CountingSelector(selectors.DefaultSelector):
    """Counts how often the loop woke up."""

    def __init__(self):
        super().__init__()
        self.wake_ups = 0

    def select(self, timeout=None):
        found = super().select(timeout)
        self.wake_ups += 1
        return found


def on_a_loop(body):
    """Run `await body(selector)` on a loop of its own; what is left over fails the test."""
    selector = CountingSelector()
    loop = asyncio.SelectorEventLoop(selector)
    complaints = []
    loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    asyncio.set_event_loop(loop)
    try:
        result = loop.run_until_complete(body(selector))
        loop.run_until_complete(asyncio.sleep(0.01))  # pipes of an ended process are closed in later turns
        assert not asyncio.all_tasks(loop)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()
    assert complaints == []
    return result


@contextlib.asynccontextmanager
async def running(plugged, queue, **args):
    """The source at work, cancelled in the end, as ansible-rulebook cancels it. What it raises before is raised here."""
    task = asyncio.ensure_future(plugged["main"](queue, args))
    for _turn in range(20):  # as far as it comes without waiting
        await asyncio.sleep(0)
    try:
        yield task
        if task.done():
            task.result()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
