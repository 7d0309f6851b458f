# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The exporter's commands: `export` writes or serves metrics for ever, the others look once."""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
import time
from typing import Any, Callable, Dict, List, Optional

from .._metrics import text
from .._read import raised
from .._write import atomic, published
from . import collector

_EVERY = 0.05  # seconds between two looks at the accept queues
_STATE = "state.json"
_FIRST = 1.0  # seconds that a single look samples

Table = Callable[[Dict[str, Any], int], str]


def main(arguments: List[str], version: str, report: Table, watched: Table) -> int:
    """Run a command and return its exit status. ``report`` and ``watched`` make a table of facts and of a watch."""
    options = _parser(version).parse_args(arguments)
    try:
        if options.command == "export":
            return _export(options, version)
        if options.command == "watch":
            return _watch(options, watched)
        return _once(options, version, report)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # who read has enough
        return 0
    except (OSError, ValueError) as error:
        sys.stderr.write("linuxnet-tcp-exporter: %s\n" % error)
        return 1


def _parser(version: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="linuxnet-tcp-exporter", description="The queues of listening TCP sockets, and what binds them."
    )
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True
    export = commands.add_parser("export", help="write or serve metrics until it is stopped")
    place = export.add_mutually_exclusive_group(required=True)
    place.add_argument("--textfile", metavar="FILE", help="a .prom file for node_exporter's textfile collector")
    place.add_argument("--listen", metavar="ADDRESS:PORT", help="serve them there, as in 127.0.0.1:9819")
    place.add_argument("--socket", metavar="PATH", help="serve them on this UNIX socket")
    export.add_argument(
        "--interval", type=_seconds, default=30.0, metavar="SECONDS", help="between two readings, 1 to 300 (default 30)"
    )
    export.add_argument(
        "--peak-window", type=_seconds, default=60.0, metavar="SECONDS",
        help="a peak is kept for so long, 1 to 300; at least the time between two scrapes (default 60)",
    )  # fmt: skip
    export.add_argument(
        "--network-namespace", action="append", default=[], metavar="NAME",
        help="a network namespace to report: a name, host (that of this process) or all; may be given more than once",
    )  # fmt: skip
    export.add_argument("--state", metavar="DIRECTORY", help="where counters are kept over restarts and upgrades")
    for name, told in (
        ("report", "the audit's table"),
        ("json", "all that is known, as JSON"),
        ("metrics", "the metrics, once"),
    ):
        commands.add_parser(name, help=told).add_argument(
            "--width", type=int, default=140, help="columns of the table (default 140)"
        )
    watch = commands.add_parser("watch", help="look at the queues a hundred times a second")
    watch.add_argument("--duration", type=float, default=10.0, metavar="SECONDS", help="1 to 3600 (default 10)")
    watch.add_argument("--port", type=int, action="append", help="only this port; may be given more than once")
    watch.add_argument("--width", type=int, default=140, help="columns of the table (default 140)")
    return parser


def _seconds(told: str) -> float:
    value = float(told)
    if not 1 <= value <= 300:
        raise argparse.ArgumentTypeError("%s is not within 1 to 300 seconds" % told)
    return value


def _once(options: argparse.Namespace, version: str, report: Table) -> int:
    one = collector.Collector(None, raised.boot_id(), 1, version)
    try:
        if options.command == "metrics":
            for _look in range(int(_FIRST / _EVERY)):
                one.sample(_EVERY)
                time.sleep(_EVERY)
            sys.stdout.write(text.openmetrics(one.read()))
            return 0
        facts, warnings = one.facts()
    finally:
        one.close()
    facts["warnings"] = warnings
    if options.command == "json":
        sys.stdout.write(json.dumps(facts, indent=2, default=str) + "\n")
    else:
        sys.stdout.write(report(facts, options.width) + "\n")
    return 0


def _watch(options: argparse.Namespace, watched: Table) -> int:
    from . import watch

    params = {
        "duration": options.duration,
        "interval": 0.01,
        "ports": options.port,
        "network_namespaces": None,
        "drop_reasons": False,
    }
    found, warnings = watch.watch(watch.parse(params))
    sys.stdout.write(watched(dict(found, warnings=warnings), options.width) + "\n")
    return 0


def _export(options: argparse.Namespace, version: str) -> int:
    stopped: List[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: stopped.append(got))
    state = os.path.join(options.state, _STATE) if options.state else None
    readings = -(-int(options.peak_window) // max(1, int(options.interval)))
    one = collector.Collector(_kept(state), raised.boot_id(), readings, version, options.network_namespace)
    served = None
    if not options.textfile:
        from . import metrics_server

        served = metrics_server.serve(options.listen, options.socket)
    try:
        _run(one, options, state, served, stopped)
    finally:
        one.close()
        if served is not None:
            served.close()
    return 0


def _run(
    one: collector.Collector, options: argparse.Namespace, state: Optional[str], served: Any, stopped: List[int]
) -> None:
    """Sample, and read at each interval, until a signal."""
    last = due = time.monotonic()
    next_reading, readings = due, 0
    while not stopped:
        now = time.monotonic()
        one.sample(now - last)
        last = now
        if now >= next_reading:
            _publish(one, options.textfile, state, served)
            if not readings:
                gc.collect()
                gc.freeze()  # what is there now stays: no collection has to look at it again
            readings += 1
            next_reading = max(next_reading + options.interval, now)
        now = time.monotonic()
        due = max(due + _EVERY, now)  # what was missed is not caught up with
        time.sleep(due - now)
    _publish(one, options.textfile, state, served)


def _publish(one: collector.Collector, textfile: Optional[str], state: Optional[str], served: Any) -> None:
    """One reading, given to who reads it. What cannot be written stays as it was, and is tried again next time."""
    found = one.read()
    for problem in one.problems():
        _complain(problem)
    try:
        if textfile:
            published.publish(textfile, text.classic(found).encode("utf-8"))
        else:
            served.tell(text.openmetrics(found).encode("utf-8"), text.classic(found).encode("utf-8"))
        if state:
            published.publish(state, json.dumps(one.kept()).encode("utf-8"))
    except OSError as error:
        _complain(error)


def _complain(what: object) -> None:
    sys.stderr.write("linuxnet-tcp-exporter: %s\n" % what)
    sys.stderr.flush()


def _kept(path: Optional[str]) -> Any:
    """What an earlier run kept; None where there is none that can be read."""
    try:
        return json.loads((atomic.current(path) or b"null").decode("utf-8")) if path else None
    except (OSError, ValueError, RecursionError):
        return None
