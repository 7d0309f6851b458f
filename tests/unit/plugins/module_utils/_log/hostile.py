# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A log out of hostile hands, of any size: noise, and among it true messages of which it is known what they say.

Nothing in here asks the code under test what a message is: a true one is written as the kernel writes it, and
a look-alike is a true one with one thing made wrong that no kernel and no log daemon writes.
"""

from __future__ import annotations

import json
import random
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

SECOND = 1795148625  # 2026-11-20 04:23:45 UTC: when all of it was said
MICROSECONDS = 22536160488069

Event = Dict[str, Any]
Chunk = Tuple[bytes, List[Event]]

_LOW = (b"\0", b"\x1b[2J", b"\x1b]0;owned\x07", b"\x9b31m", b"\xff", b"\xc0\xaf", b"\xe2\x80\xae", b"{{ 7*7 }}", b"{% raw %}", b"%n", b"\t", b"\r")
_MEGABYTE = 1 << 20


class Wording(NamedTuple):
    """A message and what it says."""

    text: bytes
    event: Event


def event(kind: str, **known: Any) -> Event:
    names = ("kind", "address", "port", "action", "peer_address", "peer_port", "count")
    return dict(dict.fromkeys(names), kind=kind, **known)


# ---------------------------------------------------------------- what is true

_FLOODS = (
    "possible SYN flooding on port {p}. Sending cookies.",
    "TCPv6: Possible SYN flooding on port {p}. {a}.",
    "TCP: Possible SYN flooding on port {p}. {a}.",
    "TCP: Possible SYN flooding on port {p}. {a}.  Check SNMP counters.",
    "TCP: TCP: Possible SYN flooding on port {p}. {a}.  Check SNMP counters.",
    "TCP: TCPv6: Possible SYN flooding on port {p}. {a}.  Check SNMP counters.",
    "TCP: request_sock_TCP: Possible SYN flooding on port {p}. {a}.  Check SNMP counters.",
    "TCP: request_sock_TCPv6: Possible SYN flooding on port {p}. {a}.  Check SNMP counters.",
    "TCP: request_sock_subflow: Possible SYN flooding on port {p}. {a}.  Check SNMP counters.",
)
_BOUND_FLOODS = ("TCP: request_sock_TCP: ", "TCP: request_sock_TCPv6: ", "TCP: request_sock_subflow_v4: ", "TCP: request_sock_subflow_v6: ")
_LISTENERS = (("0.0.0.0", "0.0.0.0"), ("192.0.2.7", "192.0.2.7"), ("[::]", "::"), ("[2001:db8::7]", "2001:db8::7"))
_PEERS = (("192.0.2.7", "192.0.2.7"), ("2001:0db8:0000:0000:0000:0000:0000:0007", "2001:db8::7"))
_SUPPRESSED = ("net_ratelimit: {n} callbacks suppressed", "__ratelimit: {n} callbacks suppressed", "printk: {n} messages suppressed.")


def true_message(rng: random.Random) -> Wording:
    """One message of the kernel, of any release since 2.6.32."""
    kind, port = rng.randrange(6), rng.randrange(1, 65536)
    words, action = rng.choice((("Sending cookies", "cookies"), ("Dropping request", "drop")))
    if kind < 2:
        wording = rng.choice(_FLOODS)
        action = "cookies" if "{a}" not in wording else action
        return Wording(wording.format(p=port, a=words).encode(), event("syn_flood", port=port, action=action))
    if kind < 4:
        written, address = rng.choice(_LISTENERS)
        text = "%sPossible SYN flooding on port %s:%d. %s." % (rng.choice(_BOUND_FLOODS), written, port, words)
        return Wording(text.encode(), event("syn_flood", address=address, port=port, action=action))
    if kind == 4:
        written, address = rng.choice(_PEERS)
        text = "TCP: drop open request from %s/%d" % (written, port)
        return Wording(text.encode(), event("open_request_dropped", peer_address=address, peer_port=port))
    return Wording(rng.choice(_SUPPRESSED).format(n=port).encode(), event("suppressed", count=port))


_HEADERS = (
    b"Nov 20 04:23:45 web1 kernel: ",
    b"Nov 20 04:23:45 web1 kernel: [22536160.488069] ",
    b"Nov 20 04:23:45 web1 kernel: [    1.488069][  T123] ",
    b"<6>Nov 20 04:23:45 web1 kernel: ",
    b"Nov 20 04:23:45.999999 web1 kernel: ",
    b"Nov 20 04:23:45 web1 kern.info kernel: [ 1.000000] ",
    b"Fri Nov 20 04:23:45 2026 kern.info kernel: [ 1.000000] ",
    b"2026-11-20T05:23:45.123456+01:00 web1 kernel: ",
    b"2026-11-20T04:23:45Z web1 kernel: [12.345678] ",
    b"2026-11-20 04:23:45 web1 kernel: ",
    b"<6>1 2026-11-20T04:23:45.1Z web1 kernel - - - [12.345678] ",
)


# ---------------------------------------------------------------- what only looks so

_FIXED = (
    b"ossible SYN flooding on port ", b"Sending cookies", b"Dropping request", b"Check SNMP counters", b"TCP: drop open request from ",
    b"_ratelimit: ", b" callbacks suppressed", b"printk: ", b" messages suppressed",
)  # fmt: skip
_NO_PORTS = (b"0", b"65536", b"99999", b"-1", b"+80", b"080", b"0x50", b"8O", b"", b"1e3", b"80\0", b"{{ 80 }}", "\uff18\uff10".encode(), b"9" * 400)
_NO_LISTENERS = (
    b"256.0.0.1:80", b"1.2.3:80", b"1.2.3.4.5:80", b"010.2.3.4:80", b"01.2.3.4:80", b"1.2.3.4", b"[::g]:80", b"[1::2::3]:80", b"[::]]:80", b"[192.0.2.1]:80",
    b"[fe80::1%eth0]:80", b"::1:80", b"[]:80", b"[::]:", b"[::]:0", b":80", b"localhost:80", b"1.2.3.4:80:80", b"[" + b":" * 44 + b"]:80",
)  # fmt: skip
_NO_HEADERS = (
    b"", b"kernel: ", b"Nov 20 04:23:45 web1 ", b"Nov 20 04:23:45 web1 logger: ", b"Nov 20 04:23:45 web1 logger: kernel: ",
    b"Nov 20 04:23:45 web1 app[12]: kernel: ", b"Nov 20 04:23:45 web1 kernel[99]: ", b"Nov 20 04:23:45 web1 Kernel: ",
    b"Nov 20 04:23:45 web1 kernel ", b"Nov 20 04:23:45 web1 user.notice kernel: ", b"Nov 20 04:23:45 web1 daemon.info kernel: ",
    b"<14>Nov 20 04:23:45 web1 kernel: ", b"<30>Nov 20 04:23:45 web1 kernel: ", b"<6>1 2026-11-20T04:23:45Z web1 logger - - - ",
    b"<14>1 2026-11-20T04:23:45Z web1 kernel - - - ", b"Foo 20 04:23:45 web1 kernel: ", b"Nov 31 04:23:45 web1 kernel: ",
    b"Nov 20 25:23:45 web1 kernel: ", b"Nov 20 4:23:45 web1 kernel: ", b"2026-13-20T04:23:45Z web1 kernel: ", b"2026-02-30T04:23:45Z web1 kernel: ",
    b"\0Nov 20 04:23:45 web1 kernel: ", b"\x1b[1mNov 20 04:23:45 web1 kernel: ", b"Nov 20 04:23:45 web1 sshd[1]: Invalid user kernel: from ",
    b"Nov 20 04:23:45 web1 kernel: sshd: ", b"Nov 20 04:23:45 web1 kernel: audit: op=", b"Nov 20 04:23:45 web1 kernel: [1.2] ",
    b"Nov 20 04:23:45 web1 kernel:    ",
)  # fmt: skip


def false_message(rng: random.Random) -> bytes:
    """The text of a true message with one thing wrong in it."""
    text = true_message(rng).text
    kind = rng.randrange(6)
    if kind == 0:  # a letter of a word that never varies: another one, one less, one more
        words = [words for words in _FIXED if words in text]
        chosen = rng.choice(words)
        at = text.index(chosen) + rng.randrange(1, len(chosen) - 1)
        how = rng.randrange(3)
        if how == 0:
            return text[:at] + bytes([(text[at] + rng.randrange(1, 256)) % 256]) + text[at + 1:]
        if how == 1:
            return text[:at] + text[at + 1:] if text[at:at + 1] != text[at + 1:at + 2] else text[:at]
        return text[:at] + rng.choice(_LOW) + text[at:]
    if kind == 1:
        return text + rng.choice((b" ", b"x", b"..", b"\x1b[0m", b" {{ x }}", b"\0", b" " + text, text, b"]"))
    if kind == 2:
        return b"TCP: request_sock_TCP: Possible SYN flooding on port " + rng.choice(_NO_PORTS) + b". Sending cookies."
    if kind == 3:
        return b"TCP: request_sock_TCP: Possible SYN flooding on port " + rng.choice(_NO_LISTENERS) + b". Sending cookies."
    if kind == 4:
        return rng.choice((
            b"TCP: drop open request from 192.0.2.7/65536", b"TCP: drop open request from 192.0.2/1", b"drop open request from 192.0.2.7/1",
            b"TCP: drop open request from 192.0.2.7", b"TCP: drop open request from {{ lookup('pipe', 'id') }}/1", b"NET: 5 messages suppressed.",
            b"show_signal_msg: 23 callbacks suppressed", b"net_ratelimit: 12345678901 callbacks suppressed", b"net_ratelimit: -1 callbacks suppressed",
        ))  # fmt: skip
    return text[: rng.randrange(len(text) // 2)]


def noise(rng: random.Random, most: int) -> bytes:
    size = rng.randrange(1, most)
    return rng.getrandbits(8 * size).to_bytes(size, "big")


def _endless(rng: random.Random) -> bytes:
    """A line of a megabyte and more, which is no message even where it begins, ends or is full of true ones."""
    header, text = rng.choice(_HEADERS), true_message(rng).text
    size = _MEGABYTE + rng.randrange(100)
    return rng.choice((
        header + text + b" " * size,
        header + b" " * size + text,
        (header + text) * (size // len(header + text)),
        b"SYN flooding on port " * (size // 21),
        header + b"[" * size,
        header + b"TCP: request_sock_" + b"A" * size + text,
        header + b"message repeated 5 times: [ " * (size // 28),
        header + b"TCP: drop open request from " + b":" * size + b"/1",
        b"Nov 20 04:23:45 " + b"w" * size + b" kernel: " + text,
    ))  # fmt: skip


# ---------------------------------------------------------------- as text

_QUIET = b"Nov 20 04:23:45 web1 sshd[1]: hello\n"


def _spoken(rng: random.Random) -> Chunk:
    """A true line, with what log daemons may say of its repetition behind it."""
    header, said = rng.choice(_HEADERS), true_message(rng)
    end = rng.choice((b"\n", b"\n", b"\n", b"\r\n"))
    kind, count = rng.randrange(8), rng.randrange(1, 1000)
    again = dict(said.event, kind="suppressed", count=count)
    if kind == 0:
        return header + said.text + end + b"Nov 20 04:23:45 web1 last message repeated %d times\n" % count, (
            [said.event, again] if b" web1 " in header else [said.event]
        )
    if kind == 1:
        return header + b"message repeated %d times: [ " % count + said.text + b"]" + end, [again]
    if kind == 2:  # of another host
        return header + said.text + end + b"Nov 20 04:23:45 web2 last message repeated 3 times\n", [said.event]
    return header + said.text + end, [said.event]


def _hostile(rng: random.Random) -> bytes:
    if rng.randrange(600) == 0:
        return _endless(rng)
    kind = rng.randrange(100)
    if kind < 30:
        return noise(rng, 3000)
    if kind < 60:
        return rng.choice(_HEADERS) + false_message(rng)
    if kind < 75:
        return rng.choice(_NO_HEADERS) + true_message(rng).text
    if kind < 80:
        return rng.choice(_HEADERS) + rng.choice(_LOW) + true_message(rng).text
    if kind < 85:
        quoted = true_message(rng).text
        for _level in range(rng.randrange(2, 6)):
            quoted = b"message repeated 2 times: [ " + quoted + b"]"
        return rng.choice(_HEADERS) + quoted
    if kind < 90:
        return rng.choice((
            b"Nov 20 04:23:45 web1 last message repeated 3 times", b"Nov 20 04:23:45 web1 logger: last message repeated 3 times",
            _HEADERS[0] + b"message repeated 99999999999 times: [ " + true_message(rng).text + b"]",
        ))  # fmt: skip
    return b"".join(rng.choice(_LOW) for _number in range(rng.randrange(200)))


def text_log(size: int, seed: int) -> Tuple[bytes, List[Event]]:
    """At least `size` bytes of a text log, and the events that are in it, in their order."""

    def chunks(rng: random.Random) -> Iterator[Chunk]:
        while True:
            yield _spoken(rng) if rng.random() < 0.1 else (_QUIET + _hostile(rng) + b"\n" + _QUIET, [])

    return _together(chunks, size, seed)


# ---------------------------------------------------------------- as records


def kmsg_record(rng: random.Random) -> Chunk:
    """What one read(2) from /dev/kmsg could give, had somebody else than the kernel the making of it."""
    said = true_message(rng)
    whole = b"6,%d,%d,-;" % (rng.randrange(1 << 40), MICROSECONDS)
    kind = rng.randrange(20)
    if kind == 0:
        more = b" SUBSYSTEM=net\n TCP: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies.\n"
        return whole + said.text + b"\n" + rng.choice((b"", more)), [said.event]
    wrong = (
        lambda: b"14" + whole[1:] + said.text + b"\n",
        lambda: b"30" + whole[1:] + said.text + b"\n",
        lambda: whole[1:] + said.text + b"\n",
        lambda: b"6,1;" + said.text,
        lambda: whole + b"\n " + said.text + b"\n",
        lambda: whole + rng.choice(_LOW) + said.text + b"\n",
        lambda: whole + false_message(rng) + b"\n",
        lambda: noise(rng, 3000),
        lambda: whole + noise(rng, 3000),
        lambda: b"6," + b"9" * 4000 + b",1,-;" + said.text,
        lambda: whole[:-1] + b"," * 8000 + b";" + said.text,
    )  # type: Tuple[Callable[[], bytes], ...]
    return rng.choice(wrong)(), []


def journal_entry(rng: random.Random) -> Chunk:
    """A line as of `journalctl -o json`, true or not."""
    said = true_message(rng)
    fields = {
        "__REALTIME_TIMESTAMP": str(SECOND * 1000000), "_TRANSPORT": "kernel", "SYSLOG_FACILITY": "0", "MESSAGE": said.text.decode(),
    }  # type: Dict[str, Any]
    if rng.randrange(20) == 0:
        return json.dumps(fields).encode() + b"\n", [said.event]
    kind = rng.randrange(8)
    if kind == 0:
        return noise(rng, 3000).replace(b"\n", b"") + b"\n", []
    if kind == 1:
        return b"[" * rng.randrange(9000) + said.text + b"\n", []
    if kind == 2:
        return json.dumps(fields).encode()[:-1] + b"\n", []
    if kind == 3:
        fields["MESSAGE"] = false_message(rng).decode("latin-1")
    elif kind == 4:
        fields["MESSAGE"] = rng.choice((None, 7, list(said.text), {}, "\ud800" + said.text.decode()))
    elif kind == 5:
        fields["_TRANSPORT"] = rng.choice(("syslog", "journal", "stdout", ["kernel"], None))
    elif kind == 6:
        fields["SYSLOG_FACILITY"] = rng.choice(("1", "3", "00", 0, None, ["0", "1"]))
    else:
        fields["__REALTIME_TIMESTAMP"] = rng.choice(("", "x", None, "9" * 5000, "nan", [], "1e9"))
    return json.dumps(fields).encode() + b"\n", []


def records(make: Callable[[random.Random], Chunk], size: int, seed: int) -> Iterator[Chunk]:
    """Records one by one, with at least `size` bytes in all."""
    rng, left = random.Random(seed), size
    while left > 0:
        record, events = make(rng)
        left -= len(record)
        yield record, events


def _together(chunks: Callable[[random.Random], Iterator[Chunk]], size: int, seed: int) -> Tuple[bytes, List[Event]]:
    parts, found, length = [], [], 0  # type: List[bytes], List[Event], int
    for part, events in chunks(random.Random(seed)):
        parts.append(part)
        found += events
        length += len(part)
        if length >= size:
            return b"".join(parts), found
    raise AssertionError("never ends")


def untimed(told: Optional[Event]) -> Optional[Event]:
    """An event of the code under test, as it is compared."""
    return told and {name: value for name, value in told.items() if name != "time"}
