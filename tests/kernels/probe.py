# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs inside of a virtual machine: the modules and the model against the kernel that it booted, as JSON on standard output.

Each check gives a sentence on what it saw, or raises what is wrong.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Dict, List

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import watch
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.calibration import calibrate
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel_log import read_kernel_log
from ansible_collections.linuxnet.tcp.tests.live import lab, predicted
from ansible_collections.linuxnet.tcp.tests.live.predicted import Setting
from ansible_collections.linuxnet.tcp.tests.live.relisten import limits_after_relisten
from ansible_collections.linuxnet.tcp.tests.live.watching import (
    account,
    answered_pair,
    ids,
    lost,
    row_of,
    send_unseen,
    tag,
    watched,
)

MODULES = Path(__file__).resolve().parents[2] / "plugins" / "modules"
LARGEST = 5000  # half-open entries of one case: a virtual machine is slow
SYNS = 5000


def module(name: str, arguments: Dict[str, Any], namespace: Any = None, check: bool = False) -> Dict[str, Any]:
    """The result of one of the collection's modules, run as on a target."""
    given = {"ANSIBLE_MODULE_ARGS": dict(arguments, _ansible_check_mode=check)}
    argv = [sys.executable, str(MODULES / (name + ".py")), json.dumps(given)]
    done = (namespace.run if namespace else subprocess.run)(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout.strip():
        raise AssertionError("%s: %s %s" % (name, done.stdout[-500:], done.stderr[-1500:]))
    return json.loads(done.stdout.strip().splitlines()[-1])


def equal(found: Any, wanted: Any) -> None:
    if found != wanted:
        raise AssertionError("%r instead of %r" % (found, wanted))


# ---------------------------------------------------------------- the checks


def calibration() -> str:
    """The rule of the SYN queue, measured and known."""
    measured = calibrate()
    equal(measured.warning, None)
    known = predicted.known_kernel()
    equal(measured.rule, known.rule)
    return "`%s`, as the release says" % measured.rule


def facts() -> str:
    """A gathering tells this kernel, and a listener with its limits."""
    with lab.pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=300):
        limits = predicted.predict(predicted.known_kernel(), Setting(300))
        net.server.sysctl("net.ipv4.tcp_max_syn_backlog", 4096)
        told = module("syn_backlog_facts", {}, net.server)["ansible_facts"]["syn_backlog"]
    equal(told["kernel"]["release"], os.uname().release)
    (row,) = [one for one in told["listeners"] if one["port"] == 80]
    equal((row["backlog"], row["accept_queue"]["limit"], row["syn_queue"]["limit"]), (300, limits.accept_queue, limits.half_open))
    equal(told["sysctls"]["somaxconn"]["runtime"], 4096)
    return "%s, %d settings, a listener with its limits" % (told["kernel"]["stable_level"], len(told["sysctls"]))


def combinations() -> str:
    """The model against the kernel: SYN queues and accept queues, exactly.

    Entries live for so many seconds, which may pass in a slow virtual machine: what differs is tried once more, and said.
    """
    kernel = predicted.known_kernel()
    queues = [one for one in predicted.GRID + predicted.EDGES if predicted.predict(kernel, one).half_open <= LARGEST]
    wrong: List[str] = []
    doubted: List[str] = []
    with lab.pair() as net:
        for check, settings in (
            (predicted.check_syn_queue, queues),
            (predicted.check_accept_queue, predicted.ACCEPT_GRID + predicted.ACCEPT_EDGES),
        ):
            for setting in settings:
                try:
                    check(net, kernel, setting)
                except AssertionError as error:
                    doubted.append("%s: %s: %s" % (check.__name__, setting, error))
                    try:
                        check(net, kernel, setting)
                    except AssertionError as second:
                        wrong.append("%s: %s: %s" % (check.__name__, setting, second))
    if wrong:
        raise AssertionError("%d differ, the first is %s" % (len(wrong), wrong[0]))
    told = "%d SYN queues and %d accept queues as the model says" % (len(queues), len(predicted.ACCEPT_GRID + predicted.ACCEPT_EDGES))
    for one in doubted:
        sys.stderr.write("at the second try: %s\n" % one)
    return told + (", %d of them at the second try" % len(doubted) if doubted else "")


def live_raise() -> str:
    """A running listener from 300 to 600, and a burst that shows it."""
    kernel = predicted.known_kernel()
    first, second = Setting(300), Setting(600)
    with lab.pair() as net:
        first.write(net.server)
        with lab.listener(net.server, "0.0.0.0", 80, backlog=300):
            told = module("syn_backlog_listener", {"port": 80, "backlog": 600}, net.server)
            again = module("syn_backlog_listener", {"port": 80, "backlog": 600}, net.server)
            limits = limits_after_relisten(kernel.rule, predicted.predict(kernel, first), predicted.predict(kernel, second))
            found = predicted.burst(net, 80, limits)
    equal((told["changed"], again["changed"]), (True, False))
    equal(found, limits.half_open)
    return "300 to 600 without a restart, then %d half-open" % found


def transaction() -> str:
    """syn_backlog in check mode, in earnest, a second time, and taken back."""
    wanted = {"somaxconn": 5000, "tcp_syncookies": 2}
    path = Path("/etc/sysctl.d")

    def seen() -> Dict[str, Any]:
        return {one.name: one.read_text() for one in path.iterdir()}

    def runtime() -> List[str]:
        return [Path("/proc/sys/net/" + name).read_text().strip() for name in ("core/somaxconn", "ipv4/tcp_syncookies")]

    before = seen(), runtime()
    checked = module("syn_backlog", wanted, check=True)
    equal((seen(), runtime()), before)
    done = module("syn_backlog", wanted)
    equal((checked["changed"], done["changed"], done["verified"]), (True, True, True))
    equal(runtime(), ["5000", "2"])
    equal(len(seen()), 1)
    equal(module("syn_backlog", wanted)["changed"], False)
    equal(module("syn_backlog", {"state": "absent"})["changed"], True)
    equal(seen(), before[0])
    return "foretold, written, verified, unchanged the second time, undone"


def balance() -> str:
    """Every SYN of a flood in one account, whatever the cookies."""
    for cookies in (0, 1, 2):
        with answered_pair() as net:
            setting = Setting(128, 4096, 256, cookies)
            setting.write(net.server)
            limit = predicted.predict(predicted.known_kernel(), setting).half_open
            with lab.listener(net.server, "0.0.0.0", 80, backlog=128):
                told, _warnings = watched(net, lambda net=net: lab.spoof_syns(net, port=80, count=SYNS), seconds=0.0)
        row = row_of(told)
        equal(row["syns"], account(answered=SYNS) if cookies else account(answered=limit, dropped=SYNS - limit))
        equal((row["unsure"], told["namespaces"][0]["syns"]), (0, SYNS))
    return "3 times {:,} SYNs, cookies 0, 1 and 2: each in its account".format(SYNS)


def accept_queue() -> str:
    """An accept queue that overflows: each SYN is dropped, and told so."""
    kernel = predicted.known_kernel()
    limits = predicted.predict(kernel, Setting(4))
    with answered_pair() as net:
        Setting(4).write(net.server)
        with lab.listener(net.server, "0.0.0.0", 80, backlog=4):
            with lab.connect_many(net.client, net.server_v4, 80, limits.accept_queue) as first:
                equal(lab.completed(first, 1.0), limits.accept_queue)
                told, _warnings = watched(net, lambda: (lab.spoof_syns(net, port=80, count=300), time.sleep(1.5)))
    row = row_of(told)
    equal(row["syns"], account(dropped=300))
    equal((row["accept_queue"]["peak"], row["accept_queue"]["limit"]), (limits.accept_queue, limits.accept_queue))
    equal(ids(told)[0], "accept-queue-overflow")
    return "300 SYNs at a full accept queue of %d: dropped, each of them" % limits.accept_queue


def reverse_path() -> str:
    """What the reverse path filter takes is before the listener."""
    with answered_pair() as net:
        net.server.sysctl("net.ipv4.conf.all.rp_filter", 1)
        with lab.listener(net.server, "0.0.0.0", 80, backlog=512):
            told, _warnings = watched(net, lambda: send_unseen(net, lab.fresh_sources(2), 70))
    equal(row_of(told)["syns"], account(before_listener=70))
    equal((lost(told, "reverse_path_filter"), lost(told, "netfilter")), (70, 0))
    return "70 SYNs, each named with its layer"


def vlan() -> str:
    """A packet with a tag passes the tap twice, and counts once."""
    with answered_pair() as net:
        tag(net)
        with lab.listener(net.server, "0.0.0.0", 80, backlog=512):

            def connect() -> None:
                with lab.connect_many(net.client, "10.81.0.1", 80, 20) as clients:
                    equal(lab.completed(clients, 1.0), 20)

            told, _warnings = watched(net, connect)
    equal((row_of(told)["syns"], row_of(told)["syn_acks"]), (account(answered=20), 20))
    return "20 clients by a VLAN, each counted once"


def drop_reasons() -> str:
    """The kernel's own reasons, where it has some."""
    with answered_pair() as net:
        sender = threading.Timer(1.0, send_unseen, (net, lab.fresh_sources(2), 50, None, 81))
        sender.start()
        told, warnings = watch.watch(watch.WatchOptions(4.0, 0.01, None, [net.server.name], True))
        sender.join()
    if os.uname().release < "5.17" and os.uname().release.startswith("5."):
        equal([one for one in warnings if "5.17" in one][:1] != [], True)
        return "this kernel has none, and a warning says so"
    found = sum(row["dropped"] for row in told["drop_reasons"] if row["reason"] == "NO_SOCKET")
    if found < 50:
        raise AssertionError("%s %s" % (told["drop_reasons"], warnings))
    return "%d packets for a closed port: NO_SOCKET" % found


def softnet() -> str:
    """A CPU's queue that overflows: 2,000 answers are sent again in one go, to a queue for 20."""
    room = Path("/proc/sys/net/core/netdev_max_backlog")

    def send_and_wait() -> None:
        lab.spoof_syns(net, port=80, count=2000)
        room.write_text("20")  # from here on, so that no SYN is lost there
        time.sleep(3.0)

    try:
        with answered_pair() as net:
            Setting(4096).write(net.server)
            with lab.listener(net.server, "0.0.0.0", 80, backlog=4096):
                told, _warnings = watched(net, send_and_wait)
    finally:
        room.write_text("1000")
    dropped = lost(told, "softnet")
    if not dropped or "softnet-overflow" not in ids(told):
        raise AssertionError("%s dropped, findings %s" % (dropped, ids(told)))
    equal(row_of(told)["syns"], account(answered=2000))
    return "%d packets lost at netdev_max_backlog 20 and told, the SYNs' balance unmoved" % dropped


def watch_module() -> str:
    """The module itself, in a process of its own."""
    with answered_pair() as net, lab.listener(net.server, "0.0.0.0", 80, backlog=512):
        given = json.dumps({"ANSIBLE_MODULE_ARGS": {"duration": 30, "ports": [80]}})
        argv = [sys.executable, str(MODULES / "syn_backlog_watch.py"), given]
        process = net.server.popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        def counted() -> int:
            with net.server.enter(), open("/proc/thread-self/net/packet", encoding="ascii") as table:
                return len(table.readlines()) - 1

        assert lab.wait_for(lambda: counted() > 0, 60)
        time.sleep(1)
        lab.spoof_syns(net, port=80, count=100)
        process.terminate()
        out, err = process.communicate()
        equal(counted(), 0)
    if not out.strip():
        raise AssertionError(err[-1500:])
    told = json.loads(out.strip().splitlines()[-1])["watch"]
    equal(row_of(told)["syns"], account(answered=100))
    return "100 SYNs, ended by SIGTERM with what it had"


def kernel_log() -> str:
    """The line about a flood, as this kernel words it."""
    with lab.pair() as net:
        for attempt in range(15):
            port = 20000 + attempt
            Setting(8).write(net.server)
            with lab.listener(net.server, "0.0.0.0", port, backlog=8):
                lab.spoof_syns(net, port=port, count=30)
            time.sleep(0.5)
            found, warnings = read_kernel_log("kmsg", max_age=600)
            events = [event for event in found.events if event["port"] == port]
            if events:
                equal((len(events), events[0]["kind"], events[0]["action"], warnings), (1, "syn_flood", "cookies", []))
                return "a flood of port %d, address %s" % (port, events[0]["address"] or "not told")
            time.sleep(1)  # the kernel says so much in so many seconds, and no more
    raise AssertionError("no line about a flood")


CHECKS: List[Callable[[], str]] = [
    calibration, facts, combinations, live_raise, transaction, balance, accept_queue, reverse_path, vlan, softnet,
    drop_reasons, watch_module, kernel_log,
]  # fmt: skip


def main() -> None:
    results = []
    for check in CHECKS:
        begin = time.monotonic()
        try:
            good, told = True, check()
        except Exception:  # whatever it is, the page tells it
            good, told = False, traceback.format_exc()[-3000:]
        row = {"name": check.__name__, "good": good, "told": told, "seconds": round(time.monotonic() - begin, 1)}
        results.append(row)
        sys.stderr.write("%s %s %s s: %s\n" % ("ok  " if good else "FAIL", row["name"], row["seconds"], told))
    print(json.dumps({"release": os.uname().release, "python": sys.version.split()[0], "checks": results}))


if __name__ == "__main__":
    main()
