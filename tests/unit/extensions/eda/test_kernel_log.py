# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source kernel_log on files, pipes and programs of the test's own; tests/eda has it on the kernel's."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import subprocess
import sys
import time

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._log import lines, messages
from ansible_collections.linuxnet.tcp.tests.unit.extensions.eda.loops import EDA, Queue, on_a_loop, plugin, running
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._log import hostile

pytestmark = pytest.mark.skipif(sys.version_info < (3, 9), reason="ansible-rulebook needs Python 3.9")

SOURCE = plugin("event_source", "kernel_log")
GLOBALS = SOURCE["main"].__globals__
LINE = "Nov 20 04:23:45 web%d kernel: [  1.488069] TCP: request_sock_TCP: Possible SYN flooding on port 192.0.2.7:%d. Sending cookies.\n"
KINDS = ["syn_flood", "open_request_dropped", "messages_suppressed"]


def ports(queue):
    return [event["syn_flood"]["port"] for event in queue.events]


def open_files():
    return sorted(os.readlink("/proc/self/fd/" + name) for name in os.listdir("/proc/self/fd") if os.path.lexists("/proc/self/fd/" + name))


def told(event):
    """An event of the source in the words of the corpus."""
    names = {
        "syn_flood": ("address", "port", "action"),
        "open_request_dropped": ("peer_address", "peer_port"),
        "messages_suppressed": ("count",),
    }
    (kind,) = set(names) & set(event)
    known = {name: event[kind][name] for name in names[kind]}
    return hostile.event("suppressed" if kind == "messages_suppressed" else kind, **known)


def in_the_corpus(event):
    """The same of an event of the corpus: a repeated message also keeps what it said, and a rulebook hears the count."""
    return hostile.event("suppressed", count=event["count"]) if event["kind"] == "suppressed" else event


# ---------------------------------------------------------------- as ansible-rulebook loads it


def test_it_runs_by_its_path_from_anywhere_with_nothing_but_the_standard_library(tmp_path):
    script = "import runpy, sys; runpy.run_path(sys.argv[1]); print(sorted(n for n in sys.modules if n.startswith('ansible')))"
    for path in (os.path.join(EDA, "event_source", "kernel_log.py"), os.path.join(EDA, "event_filter", "syn_flood.py")):
        argv = [sys.executable, "-I", "-S", "-W", "error", "-c", script, path]
        done = subprocess.run(argv, cwd=str(tmp_path), capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.parametrize(
    "args, words",
    [
        ({"source": "kmesg"}, ["source='kmesg'", "auto, kmsg, journal or the absolute path"]),
        ({"source": "var/log/kern.log"}, ["source='var/log/kern.log'", "absolute path"]),
        ({"source": ["kmsg"]}, ["source=['kmsg']", "auto, kmsg, journal"]),
        ({"start": "middle"}, ["start='middle'", "end and beginning"]),
        ({"host": "web1,web2"}, ["host='web1,web2'", "one host"]),
        ({"host": "all"}, ["host='all'", "one host"]),
        ({"kinds": "syn_flood"}, ["kinds='syn_flood'", ", ".join(KINDS)]),
        ({"kinds": []}, ["kinds=[]", ", ".join(KINDS)]),
        ({"kinds": [{}]}, ["kinds=[{}]", ", ".join(KINDS)]),
        ({"recheck": "10"}, ["recheck='10'", "0 to 86400"]),
        ({"recheck": -1}, ["recheck=-1", "0 to 86400"]),
        ({"recheck": float("nan")}, ["recheck=nan", "0 to 86400"]),
        ({"recheck": True}, ["recheck=True", "0 to 86400"]),
        ({"sauce": "kmsg"}, ["sauce='kmsg'", "source, start, host, kinds, recheck"]),
        ({"sau\x1b[2Jce": "\x1b[2J"}, ["sau\\x1b[2Jce='\\x1b[2J'", "source, start, host, kinds, recheck"]),
    ],
)
def test_a_wrong_argument_is_refused_in_words(args, words):
    with pytest.raises(ValueError) as refused:
        asyncio.run(SOURCE["main"](None, args))
    for word in ["linuxnet.tcp.kernel_log: "] + words:
        assert word in str(refused.value)


def test_what_is_no_log_file_is_refused_in_words(tmp_path):
    for path, kind, words in (
        (tmp_path / "absent", FileNotFoundError, "absent"),
        (tmp_path, ValueError, "not a regular file"),
    ):
        with pytest.raises(kind, match=words):
            asyncio.run(SOURCE["main"](None, {"source": str(path), "recheck": 0}))


# ---------------------------------------------------------------- a log file


def test_a_log_file_is_followed_across_rotation_and_truncation(tmp_path):
    path, older = tmp_path / "kern.log", tmp_path / "kern.log.1"
    path.write_text(LINE % (1, 1), "ascii")

    def append(text, to=path):
        with open(str(to), "a", encoding="ascii") as log:
            log.write(text)

    async def body(_selector):
        queue = Queue()
        async with running(SOURCE, queue, source=str(path), recheck=0):
            append("Nov 20 04:23:45 web1 sshd[1]: %s" % (LINE % (1, 2)))
            whole = LINE % (1, 3)  # a line that was written in two parts
            append(whole[:60])
            await asyncio.sleep(0.05)
            append(whole[60:])
            assert await queue.holds(1)
            path.rename(older)
            append(LINE % (1, 4), older)  # the log daemon has not noticed yet
            assert await queue.holds(2)
            append(LINE % (1, 5))
            assert await queue.holds(3)
            append("x" * 1000000 + LINE % (1, 6) + LINE % (1, 7))
            assert await queue.holds(4)
            with open(str(path), "w", encoding="ascii") as log:  # as logrotate's copytruncate leaves it
                log.write(LINE % (1, 8))
            assert await queue.holds(5)
            path.unlink()
            await asyncio.sleep(0.05)
            append(LINE % (1, 9))
            assert await queue.holds(6)
        assert ports(queue) == [3, 4, 5, 7, 8, 9]

    before = open_files()
    on_a_loop(body)
    assert open_files() == before


def test_a_rotated_file_is_read_until_the_log_daemon_leaves_it(tmp_path):
    """logrotate with `create` makes the new file at once; the daemon writes to the old one until it is told."""
    path, older = tmp_path / "kern.log", tmp_path / "kern.log.1"
    path.write_text("", "ascii")

    async def body(selector):
        queue = Queue()
        async with running(SOURCE, queue, source=str(path), recheck=0):
            with open(str(path), "a", encoding="ascii") as daemon:
                path.rename(older)
                path.touch()
                before = selector.wake_ups
                await asyncio.sleep(0.3)
                assert selector.wake_ups - before <= 5, "it waits for the new file to begin, and does not ask"
                daemon.write(LINE % (1, 1))
                daemon.flush()
                assert await queue.holds(1)
                older.unlink()
                daemon.write(LINE % (1, 2))
            with open(str(path), "a", encoding="ascii") as log:
                log.write(LINE % (1, 3))
            assert await queue.holds(3)
        assert ports(queue) == [1, 2, 3]

    before = open_files()
    on_a_loop(body)
    assert open_files() == before


def test_a_link_is_followed_wherever_it_leads(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kern.log").write_text("", "ascii")
    link, other = tmp_path / "kern.log", tmp_path / "other"
    link.symlink_to(tmp_path / "a" / "kern.log")

    async def body(_selector):
        queue = Queue()
        async with running(SOURCE, queue, source=str(link), recheck=0):
            (tmp_path / "a" / "kern.log").rename(tmp_path / "a" / "kern.log.1")
            (tmp_path / "a" / "kern.log").write_text(LINE % (1, 1), "ascii")
            assert await queue.holds(1)
            (tmp_path / "b" / "kern.log").write_text(LINE % (1, 2), "ascii")
            other.symlink_to(tmp_path / "b" / "kern.log")
            other.rename(link)
            assert await queue.holds(2)
        assert ports(queue) == [1, 2]

    on_a_loop(body)


def test_an_event_says_who_where_when_and_how(tmp_path):
    path = tmp_path / "kern.log"
    path.write_text("2026-11-20T05:23:45.5+01:00 web2 kernel: %s" % LINE.partition("] ")[2] % 80, "ascii")

    async def body(_selector, **args):
        queue = Queue()
        async with running(SOURCE, queue, source=str(path), start="beginning", recheck=0, **args):
            assert await queue.holds(1)
        return queue.events[0]

    event = on_a_loop(body)
    assert event == {
        "syn_flood": {
            "host": "web2", "address": "192.0.2.7", "port": 80, "action": "cookies", "status": "firing",
            "repeated": False, "time": "2026-11-20T04:23:45Z", "via": "file",
        },
        "meta": {"hosts": ["web2"]},
    }  # fmt: skip
    named = on_a_loop(lambda selector: body(selector, host="web2.example.com"))
    assert (named["syn_flood"]["host"], named["meta"]["hosts"]) == ("web2.example.com", ["web2.example.com"])
    for own in (socket.gethostname(), socket.gethostname().partition(".")[0]):
        path.write_text(LINE.replace("web%d", own) % 80, "ascii")
        assert on_a_loop(body)["meta"]["hosts"] == [socket.gethostname()]


@pytest.mark.parametrize("name", ["localhost", "localhost.localdomain", "all", "127.0.0.1", "a,b", "web*", "~web", "web[1:9]"])
def test_a_line_that_names_no_single_host_is_nobodys(tmp_path, name):
    """Least of all the controller's, whose name a host of the fleet may have by mistake."""
    path = tmp_path / "kern.log"
    path.write_text(LINE.replace("web%d", name) % 80 + LINE % (1, 81), "ascii")

    async def body(_selector):
        queue = Queue()
        async with running(SOURCE, queue, source=str(path), start="beginning", recheck=0):
            assert await queue.holds(2)
        return queue.events

    refused, taken = on_a_loop(body)
    assert set(refused) == {"syn_flood_refused"} and set(refused["syn_flood_refused"]) == {"reason"}
    assert taken["meta"]["hosts"] == ["web1"]


@pytest.mark.parametrize("line", ["9999-12-31T23:59:59-12:00 w", "0000-00-00T00:00:00Z w", "2026-02-30 00:00:00 w", "Feb 30 00:00:00 w"])
def test_no_date_ends_it(tmp_path, line):
    path = tmp_path / "kern.log"
    path.write_text(line + LINE.partition("web%d")[2] % 80 + LINE % (1, 81), "ascii")

    async def body(_selector):
        queue = Queue()
        async with running(SOURCE, queue, source=str(path), start="beginning", recheck=0):
            assert await queue.holds(1 + line.startswith("9999"))
            assert ports(queue)[-1] == 81

    on_a_loop(body)


def test_all_of_a_hostile_log_and_nothing_else_becomes_events(tmp_path):
    data, events = hostile.text_log(2_000_000, seed=4)
    path = tmp_path / "messages"
    path.write_bytes(data)
    assert len(events) > 100

    async def body(_selector):
        queue = Queue()
        async with running(SOURCE, queue, source=str(path), start="beginning", kinds=KINDS, recheck=0):
            await queue.holds(len(events))
            await asyncio.sleep(0.2)  # for one too many
        return [told(event) for event in queue.events]

    assert on_a_loop(body) == [in_the_corpus(event) for event in events]


# ---------------------------------------------------------------- silence, and floods


def test_it_sleeps_while_nothing_is_written(tmp_path):
    path = tmp_path / "kern.log"
    path.write_text("", "ascii")

    async def body(selector):
        async with running(SOURCE, Queue(), source=str(path), recheck=0):
            before, cpu = selector.wake_ups, time.process_time()
            await asyncio.sleep(2)
            return selector.wake_ups - before, time.process_time() - cpu

    wake_ups, cpu = on_a_loop(body)
    assert wake_ups <= 2, "the end of this test's own sleep, and no more"
    assert cpu < 0.05


def test_the_ring_buffer_costs_nothing_while_it_is_silent(monkeypatch):
    reader, writer = os.pipe()

    async def body(selector):
        queue = Queue()
        async with running(SOURCE, queue, source="kmsg", start="beginning", recheck=0):
            before = selector.wake_ups
            await asyncio.sleep(2)
            idle = selector.wake_ups - before
            os.write(writer, b"6,1,5,-;TCP: request_sock_TCP: Possible SYN flooding on port 80. Dropping request.\n")
            assert await queue.holds(1)
        return idle, queue.events[0]["syn_flood"]

    monkeypatch.setitem(GLOBALS, "KMSG", "/dev/fd/%d" % reader)
    try:
        idle, event = on_a_loop(body)
    finally:
        os.close(reader)
        os.close(writer)
    assert idle <= 2
    assert (event["port"], event["action"], event["via"]) == (80, "drop", "kmsg")


def test_a_flood_of_messages_waits_where_it_came_from(tmp_path):
    """A rulebook that is busy holds the source up: one event waits, the rest stays in the file, and nobody wakes up."""
    path = tmp_path / "kern.log"
    path.write_text("", "ascii")
    count = 20000

    async def body(selector):
        queue = Queue()
        async with running(SOURCE, queue, source=str(path), recheck=0):
            queue.hold()
            with open(str(path), "a", encoding="ascii") as log:
                log.writelines(LINE % (number % 7, number % 60000 + 1) for number in range(count))
            await asyncio.sleep(0.3)
            before = selector.wake_ups
            await asyncio.sleep(0.5)
            assert selector.wake_ups - before <= 2
            assert (queue.waiting, queue.events) == (1, [])
            queue.go_on()
            others = 0
            while len(queue.events) < count:
                await asyncio.sleep(0)
                others += 1
        assert ports(queue) == [number % 60000 + 1 for number in range(count)]
        return others

    assert on_a_loop(body) >= count // 2, "others on the loop hardly got a turn"


def test_what_matters_to_nobody_leaves_turns_to_others(tmp_path):
    path = tmp_path / "kern.log"
    with open(str(path), "w", encoding="ascii") as log:
        log.write("Nov 20 04:23:45 w kernel: usb 1-1: new device\n" * 200000 + LINE % (1, 80))

    async def body(_selector):
        queue, others = Queue(), 0
        async with running(SOURCE, queue, source=str(path), start="beginning", recheck=0):
            while not queue.events:
                await asyncio.sleep(0)
                others += 1
        return others

    assert on_a_loop(body) > 100


# ---------------------------------------------------------------- the ring buffer


def test_hostile_records_of_the_ring_buffer(monkeypatch):
    """A pipe of packets gives record by record, as /dev/kmsg does; nobody but the kernel can make those there."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    chunks = list(hostile.records(hostile.kmsg_record, 300_000, seed=5))
    events = [event for _record, found in chunks for event in found]
    assert len(events) > 3

    async def body(_selector):
        queue, loop = Queue(), asyncio.get_running_loop()
        theirs.setblocking(False)
        async with running(SOURCE, queue, source="kmsg", start="beginning", kinds=KINDS, recheck=0):
            for record, _events in chunks:
                if record:
                    await loop.sock_sendall(theirs, record)
            assert await queue.holds(len(events))
            await asyncio.sleep(0.1)
        return [told(event) for event in queue.events]

    # a socket cannot be opened by a path
    ours.setblocking(False)
    monkeypatch.setitem(GLOBALS, "KMSG", "/dev/null")
    monkeypatch.setattr(os, "open", lambda *_arguments: os.dup(ours.fileno()))
    try:
        assert on_a_loop(body) == events
    finally:
        ours.close()
        theirs.close()


def test_an_overrun_loses_what_was_overwritten_and_goes_on(monkeypatch):
    """The kernel answers EPIPE once; making it do so would blind whoever else reads this machine's log."""
    reader, writer = os.pipe()
    real, answers = os.read, iter([BrokenPipeError(), BrokenPipeError()])

    def read(descriptor, size):
        for answer in answers:
            raise answer
        return real(descriptor, size)

    async def body(_selector):
        queue = Queue()
        os.write(writer, b"6,1,5,-;TCP: Possible SYN flooding on port 80. Dropping request.\n")
        async with running(SOURCE, queue, source="kmsg", start="beginning", recheck=0):
            assert await queue.holds(1)

    monkeypatch.setitem(GLOBALS, "KMSG", "/dev/fd/%d" % reader)
    monkeypatch.setattr(os, "read", read)
    try:
        on_a_loop(body)
    finally:
        os.close(reader)
        os.close(writer)


# ---------------------------------------------------------------- the journal


@pytest.fixture(autouse=True)
def _a_journal(tmp_path, monkeypatch):
    """One that may be read; whether this machine has one is not asked."""
    (tmp_path / "system.journal").write_bytes(b"")
    monkeypatch.setitem(GLOBALS, "JOURNALS", (str(tmp_path / "*.journal"),))


def test_a_journal_that_may_not_be_read_is_told_of(tmp_path, monkeypatch):
    """journalctl would wait for it in silence, and so would the operator."""
    journalctl(tmp_path, "exec sleep 1000\n")
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    monkeypatch.setitem(GLOBALS, "KMSG", str(tmp_path / "absent"))
    monkeypatch.setattr(os, "access", lambda path, _mode: not path.endswith(".journal"))
    for source in ("journal", "auto"):
        with pytest.raises(PermissionError, match="no journal of the system here that this user may read"):
            asyncio.run(SOURCE["main"](None, {"source": source, "recheck": 0}))


def journalctl(folder, script):
    program = folder / "journalctl"
    program.write_text("#!/bin/sh\n" + script, "utf-8")
    program.chmod(0o755)


def test_hostile_entries_of_the_journal_and_the_end_of_its_reader(tmp_path, monkeypatch):
    chunks = list(hostile.records(hostile.journal_entry, 300_000, seed=6))
    events = [event for _record, found in chunks for event in found]
    (tmp_path / "entries").write_bytes(b"".join(record for record, _events in chunks))
    journalctl(tmp_path, 'echo $$ > "%s/pid"; echo "$*" > "%s/arguments"; cat "%s/entries"; exec sleep 1000\n' % ((tmp_path,) * 3))
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    assert len(events) > 3

    async def body(_selector):
        queue = Queue()
        async with running(SOURCE, queue, source="journal", start="beginning", kinds=KINDS, recheck=0):
            assert await queue.holds(len(events))
            await asyncio.sleep(0.1)
            assert os.path.exists("/proc/" + (tmp_path / "pid").read_text().strip())
        return [told(event) for event in queue.events]

    before = open_files()
    assert on_a_loop(body) == events
    assert not os.path.exists("/proc/" + (tmp_path / "pid").read_text().strip())
    assert open_files() == before
    arguments = (tmp_path / "arguments").read_text()
    assert "--follow" in arguments and "_TRANSPORT=kernel SYSLOG_FACILITY=0" in arguments


def test_a_journalctl_that_does_not_stop_is_stopped(tmp_path, monkeypatch):
    journalctl(tmp_path, 'echo $$ > "%s/pid"; trap "" TERM; while :; do sleep 0.05; done\n' % tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    monkeypatch.setitem(GLOBALS, "_PATIENCE", 0.2)

    async def body(_selector):
        async with running(SOURCE, Queue(), source="journal", recheck=0):
            while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
                await asyncio.sleep(0.01)

    on_a_loop(body)
    assert not os.path.exists("/proc/" + (tmp_path / "pid").read_text().strip())


def test_a_journalctl_that_ends_is_told_with_its_words(tmp_path, monkeypatch):
    journalctl(tmp_path, 'printf "No journal \\033[2Jfiles were found.\\n" >&2; exit 1\n')
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    with pytest.raises(OSError) as told_so:
        asyncio.run(SOURCE["main"](Queue() if sys.version_info >= (3, 10) else None, {"source": "journal", "recheck": 0}))
    assert str(told_so.value) == r"journalctl ended: 'No journal \x1b[2Jfiles were found.'"


def test_without_journalctl_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="there is no journalctl"):
        asyncio.run(SOURCE["main"](None, {"source": "journal", "recheck": 0}))


# ---------------------------------------------------------------- one parser


def test_the_parser_is_the_collections_own():
    assert os.path.samefile(GLOBALS["_lines"].__file__, lines.__file__)
    assert os.path.samefile(GLOBALS["_messages"].__file__, messages.__file__)
    rng = random.Random(7)
    for _number in range(500):
        for text in (hostile.true_message(rng).text, hostile.false_message(rng)):
            assert GLOBALS["_messages"].parse_message(text) == messages.parse_message(text)
