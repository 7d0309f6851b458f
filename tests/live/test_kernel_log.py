# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The running kernel's words, through each of the ways in which they reach a reader."""

from __future__ import annotations

import contextlib
import datetime
import gzip
import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._log import kmsg_record
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import kernel_log
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel_log import read_kernel_log
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kmsg import overwritten_until
from ansible_collections.linuxnet.tcp.tests.live import lab

JOURNALD = "/lib/systemd/systemd-journald"
SAID = "TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:%d. Sending cookies."


def fresh_ports(first):
    """Ports of which the log, which is the whole machine's and older than this run, says nothing."""
    for port in range(first + os.getpid() % 1000 * 20, 65000):
        if b"%d. " % port not in raw_kmsg():
            yield port


_ports = fresh_ports(20000)


def fresh_port():
    return next(_ports)


def logged(port, source="kmsg"):
    found, warnings = read_kernel_log(source, max_age=600)
    assert (found.readable, warnings) == (True, [])
    return [event for event in found.events if event["port"] == port]


def age(event):
    written = datetime.datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    return time.time() - written.timestamp()


def within(event, times):
    """Whether the event is of that time: it tells whole seconds, and a clock may be a tenth of one off."""
    begin, end = times
    return begin - 1.1 <= time.time() - age(event) <= end + 0.1


def flood(net, address, target, cookies, **named):
    """Flood fresh listeners until the kernel's rate limit (10 lines in 5 s for the whole host) lets a line through.

    The port, its events, and when the flood began and was over.
    """
    net.server.sysctl("net.ipv4.tcp_syncookies", cookies)
    net.server.sysctl("net.ipv4.tcp_max_syn_backlog", 4096)
    for _attempt in range(60):
        port = fresh_port()
        begin = time.time()
        with lab.listener(net.server, address, port, backlog=8, **named):
            lab.spoof_syns(net, target, port, 20)
        end = time.time()
        time.sleep(0.1)
        if logged(port):
            return port, logged(port), (begin, end)
        time.sleep(0.2)  # other tests take lines of the same ten: who tries seldom may never get one
    raise AssertionError("no line about a flood in the kernel's log")


@pytest.mark.parametrize(
    "address, target, cookies, action, listener",
    [
        ("0.0.0.0", "server_v4", 1, "cookies", "0.0.0.0"),
        ("0.0.0.0", "server_v4", 0, "drop", "0.0.0.0"),
        ("10.77.0.1", "server_v4", 1, "cookies", "10.77.0.1"),
        ("::", "server_v6", 1, "cookies", "::"),
        ("::", "server_v4", 0, "drop", "::"),
        ("fd77::1", "server_v6", 1, "cookies", "fd77::1"),
    ],
)
def test_a_real_flood_is_told_with_its_port_address_action_and_time(net, address, target, cookies, action, listener):
    port, events, when = flood(net, address, getattr(net, target), cookies)
    assert len(events) == 1
    assert (events[0]["kind"], events[0]["action"]) == ("syn_flood", action)
    # up to 6.1 the kernel names the port alone
    assert events[0]["address"] == (listener if events[0]["address"] else None)
    assert within(events[0], when)


@pytest.mark.parametrize("target", ["server_v4", "server_v6"])
def test_a_flood_of_a_multipath_listener_is_told(net, target):
    net.server.sysctl("net.mptcp.enabled", 1)
    _port, events, _when = flood(net, "::", getattr(net, target), 1, mptcp=True)
    assert [(event["kind"], event["action"]) for event in events] == [("syn_flood", "cookies")]


def test_times_are_right_where_the_clock_is_shifted(net, tmp_path):
    """In a time namespace of its own, as some containers have it, a process sees another CLOCK_MONOTONIC than printk."""
    port, events, _when = flood(net, "0.0.0.0", net.server_v4, 1)
    seen = subprocess.run(
        ["unshare", "--time", "--monotonic", "86400", "--fork", sys.executable, "-c", READ % "kmsg"],
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path)), stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    (shifted,) = [event for event in json.loads(seen.stdout.decode()) if event["port"] == port]
    moments = [datetime.datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%SZ") for event in (*events, shifted)]
    assert abs((moments[0] - moments[1]).total_seconds()) <= 1


def test_the_hosts_rate_limit_is_told(net):
    """Twenty-five floods at once, more than two intervals let through: lines, and the count of what was suppressed, are all."""
    net.server.sysctl("net.ipv4.tcp_syncookies", 1)
    ports = [fresh_port() for _number in range(25)]
    begin = time.time()
    with contextlib.ExitStack() as stack:
        for port in ports:
            stack.enter_context(lab.listener(net.server, "0.0.0.0", port, backlog=8))
            lab.spoof_syns(net, port=port, count=20)
    time.sleep(5.5)  # the next line after the interval brings the count
    flood(net, "0.0.0.0", net.server_v4, 1)
    found, _warnings = read_kernel_log("kmsg", max_age=time.time() - begin + 1)
    told = [event for event in found.events if event["kind"] == "syn_flood" and event["port"] in ports]
    assert len(told) < len(ports)
    assert sum(event["count"] for event in found.events if event["kind"] == "suppressed") >= len(ports) - len(told)


def test_what_a_program_writes_into_the_kernels_log_is_not_the_kernels_word(root):
    port = fresh_port()
    with open("/dev/kmsg", "wb", buffering=0) as kmsg:
        for priority in ("", "<6>", "<0>"):
            kmsg.write((priority + SAID % port + "\n").encode())
    assert lab.wait_for(lambda: ("0.0.0.0:%d." % port).encode() in raw_kmsg(), 2), "it never arrived in the log"
    assert logged(port) == []


def raw_kmsg():
    records = []
    descriptor = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        while True:
            try:
                records.append(os.read(descriptor, 16384))
            except BrokenPipeError:
                continue
            except BlockingIOError:
                return b"".join(records)
    finally:
        os.close(descriptor)


def test_auto_is_the_ring_buffer_where_it_may_be_read(net):
    port, _events, _when = flood(net, "0.0.0.0", net.server_v4, 1)
    assert len(logged(port, "auto")) == 1


def test_auto_tells_what_the_ring_buffer_has_lost_and_nothing_twice(net, monkeypatch, tmp_path):
    first = kmsg_record.kmsg_place(raw_kmsg())
    began = overwritten_until(time.time())
    assert (began is None) == (first[0] == 0)
    if began is None:
        pytest.skip("the kernel's log has lost nothing yet on this machine")
    assert time.time() - began == pytest.approx(time.clock_gettime(time.CLOCK_MONOTONIC) - first[1] / 1e6, abs=5)
    port, (event,), _when = flood(net, "0.0.0.0", net.server_v4, 1)
    lost = fresh_port()
    stamp = datetime.datetime.fromtimestamp(began - 60, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = ((stamp, lost), (event["time"], port))
    path = tmp_path / "kern.log"
    path.write_text("".join("%s w kernel: %s\n" % (at, SAID % number) for at, number in said), encoding="ascii")
    monkeypatch.setattr(kernel_log, "LOG_FILES", (str(path),))
    monkeypatch.setattr(kernel_log, "MOST_ROWS", 10**6)  # so many floods as are tested here no other machine sees
    found, _warnings = read_kernel_log("auto", max_age=time.time() - began + 120)
    told = [one for one in found.events if one["time"] == stamp or age(one) < 60]  # earlier runs had these ports, too
    assert [(one["time"], one["port"]) for one in told if one["port"] in (port, lost)] == list(said)


def test_without_privilege_it_is_read_or_refused_in_words(root):
    with open("/proc/sys/kernel/dmesg_restrict", encoding="ascii") as stream:
        restricted = stream.read().strip() != "0"
    found, warnings = lab.unprivileged(read_kernel_log, "kmsg")
    assert found.readable is not restricted
    if restricted:
        assert warnings == ["kernel log: /dev/kmsg cannot be read: Operation not permitted"]
        found, warnings = lab.unprivileged(read_kernel_log, "auto")
        assert found.readable in (True, False)
        assert found.readable or "/dev/kmsg (Operation not permitted)" in warnings[0]


RSYSLOG = """\
global(workDirectory="{0}")
module(load="imklog")
*.* action(type="omfile" file="{0}/traditional" template="RSYSLOG_TraditionalFileFormat")
*.* action(type="omfile" file="{0}/iso" template="RSYSLOG_FileFormat")
*.* action(type="omfile" file="{0}/rfc5424" template="RSYSLOG_SyslogProtocol23Format")
"""


@contextlib.contextmanager
def running(argv, ready, **named):
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **named)
    try:
        assert lab.wait_for(ready, 10), "%s is not ready" % argv[0]
        yield process
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_what_rsyslog_writes_is_read_in_each_of_its_formats(net, tmp_path):
    if shutil.which("rsyslogd") is None:
        pytest.skip("needs rsyslogd (Debian package rsyslog)")
    config = tmp_path / "rsyslog.conf"
    config.write_text(RSYSLOG.format(tmp_path), encoding="ascii")
    files = [tmp_path / name for name in ("traditional", "iso", "rfc5424")]
    argv = ["rsyslogd", "-n", "-f", str(config), "-i", str(tmp_path / "pid")]
    forged = fresh_port()
    with running(argv, lambda: all(file.exists() for file in files)):
        with open("/dev/kmsg", "wb", buffering=0) as kmsg:
            kmsg.write(("<6>" + SAID % forged).encode())
        port, _events, when = flood(net, "0.0.0.0", net.server_v4, 1)
        needle = ":%d. " % port
        assert lab.wait_for(lambda: all(needle in file.read_text("ascii", "replace") for file in files))
    for file in files:
        events = logged(port, str(file))
        assert [event["kind"] for event in events] == ["syn_flood"]
        assert within(events[0], when)
        assert logged(forged, str(file)) == []
        packed = str(file) + ".1.gz"
        with gzip.open(packed, "wb") as stream:
            stream.write(file.read_bytes())
        assert logged(port, packed) == events


# In a mount namespace of its own journald finds no other journal, and leaves nothing behind.
JOURNAL = """
set -e
mount -t tmpfs none /run
mount -t tmpfs none /var/log
mkdir -p /run/systemd/journal /run/log/journal
echo 0123456789abcdef0123456789abcdef > /run/machine-id
mount --bind /run/machine-id /etc/machine-id
touch "$1"
exec %s
"""


def test_the_journal_tells_the_kernels_words_from_a_programs(net, tmp_path):
    if not os.path.exists(JOURNALD) or shutil.which("journalctl") is None:
        pytest.skip("needs systemd-journald and journalctl (Debian package systemd)")
    script = tmp_path / "journal.sh"
    script.write_text(JOURNAL % JOURNALD, encoding="ascii")
    ready = tmp_path / "ready"
    forged = fresh_port()
    with running(["unshare", "--mount", "sh", str(script), str(ready)], ready.exists) as journald:
        port, _events, when = flood(net, "0.0.0.0", net.server_v4, 1)
        with open("/dev/kmsg", "wb", buffering=0) as kmsg:
            kmsg.write(("<6>" + SAID % forged).encode())
        events = []

        def arrived():
            events[:] = in_mount_namespace(journald.pid)
            return any(event["port"] == port for event in events)

        assert lab.wait_for(arrived, 10, pause=0.2)
        mine = [event for event in events if event["port"] == port]
        assert len(mine) == 1
        assert (mine[0]["kind"], mine[0]["action"], mine[0]["address"]) == ("syn_flood", "cookies", "0.0.0.0")
        assert within(mine[0], when)
        assert not any(event["port"] == forged for event in events)


READ = """
import json
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel_log import read_kernel_log
found, warnings = read_kernel_log("%s", max_age=600)
print(json.dumps(found.events if found.readable else warnings and []))
"""


def in_mount_namespace(pid):
    done = subprocess.run(
        ["nsenter", "--target", str(pid), "--mount", sys.executable, "-c", READ % "journal"],
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path)),
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.decode())
