# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a hostile host could hand over: a true sample that was changed here and there, or just any bytes."""

from __future__ import annotations

import re
from typing import Any, List, Sequence, Tuple

from hypothesis import strategies as st

LONGEST = 1 << 16  # bytes of one input

Edit = Tuple[str, int, int, bytes]  # what, where in millionths, how far in bytes or how often, what to put there

NUMBERS = [b"0", b"-1", b"1", b"4294967295", b"4294967296", b"18446744073709551616", b"9" * 400, b"9" * 5000, b"0x1f", b"1e999", b"NaN",
           b"\xc2\xb2", b"\xd9\xa3"]  # fmt: skip
TOKENS = NUMBERS + [
    b"", b"\0", b"\n", b"\r\n", b"\n\n", b" ", b"\t", b"\\", b"\\\n", b"'", b'"', b"`", b"$(", b"{", b"}", b"[", b"]", b"(", b")", b"=", b":", b";",
    b",", b"/", b"..", b"*", b"?", b"{a,b}", b"[!", b"#", b"-", b"|", b"&&", b"<<EOF", b"null", b"true", b'{"a":', b"[[[[", b"{{ 7*7 }}", b"\x1b[2J",
    b"\xff", b"\xc0\xaf", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x85", b"\xe2\x80\xa8", b"net.core.somaxconn", b"kernel: ",
    b"Possible SYN flooding on port 80. Dropping request.", b"\xff\xff", b"\0\0\0\0", b"\1\0\0\0",
]  # fmt: skip

PAYLOADS = st.sampled_from(TOKENS) | st.binary(max_size=8)
EDITS = st.tuples(
    st.sampled_from(["put", "put", "number", "delete", "repeat", "replace", "flip", "cut", "move"]),
    st.integers(0, 1000000), st.sampled_from([1, 2, 4, 16, 64, 300, 5000]), PAYLOADS,
)  # fmt: skip


def edited(sample: bytes, edits: Sequence[Edit]) -> bytes:
    """The sample with these edits, one after the other; of bounded length."""
    data = sample
    for what, where, far, payload in edits:
        at = where * len(data) // 1000001
        if what == "put":
            data = data[:at] + payload + data[at:]
        elif what == "number":
            found = list(re.finditer(rb"[0-9]+", data))
            if found:
                one = found[where * len(found) // 1000001]
                data = data[: one.start()] + NUMBERS[far % len(NUMBERS)] + data[one.end() :]
        elif what == "delete":
            data = data[:at] + data[at + far :]
        elif what == "repeat":
            data = data[:at] + (payload or data[at : at + 8]) * far + data[at:]
        elif what == "replace":
            data = data[:at] + payload + data[at + len(payload) :]
        elif what == "flip":
            data = data[:at] + bytes(one ^ 1 << far % 8 for one in data[at : at + 1]) + data[at + 1 :]
        elif what == "cut":
            data = data[:at]
        else:
            data = data[at : at + far] + data[:at] + data[at + far :]
        data = data[:LONGEST]
    return data


def inputs(samples: Sequence[bytes]) -> Any:
    """Mostly samples with up to eight edits, two of them one behind the other among these; any bytes now and then."""
    one = st.sampled_from(list(samples))
    pairs = st.tuples(one, one).map(lambda pair: pair[0] + b"\n" + pair[1])
    edits: Any = st.lists(EDITS, min_size=1, max_size=8)
    changed = st.builds(edited, one, edits)
    return st.one_of(changed, changed, st.builds(edited, pairs, edits), st.binary(max_size=300))


def lines_of(data: bytes) -> List[bytes]:
    return data.split(b"\n")
