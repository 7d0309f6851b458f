# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the running kernel makes of made-up numbers, and what it refuses, is what the collection says.

SYN_BACKLOG_SEED=1234 repeats the texts of an earlier run.
"""

from __future__ import annotations

import os
import random

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.number import kernel_integer
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel.sysctls import KEYS, valid_range
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.kernel import running_kernel

PIECES = ["0", "0x", "0X", "1", "7", "8", "9", "12", "255", "256", "f", "-", "+", " ", "\t", "\v", "\r", "#", ",", "a",
          "000000000000", "2147483647", "2147483648", "99999999999"]  # fmt: skip


@pytest.mark.parametrize("name", ["somaxconn", "tcp_max_syn_backlog", "tcp_synack_retries"])
def test_numbers_are_read_as_the_kernel_reads_them(netns, name):
    seed = int(os.environ.get("SYN_BACKLOG_SEED") or random.SystemRandom().randrange(10**9))
    print("\nSYN_BACKLOG_SEED=%d" % seed)
    chance = random.Random(seed)
    low, high = valid_range(name, running_kernel().level)
    path = "/proc/sys/" + KEYS[name].path
    taken = 0
    with netns.enter():
        for _number in range(3000):
            text = "".join(chance.choice(PIECES) for _piece in range(chance.randint(0, 5)))
            _write(path, "250")
            accepted = _write(path, text + "\n")
            with open(path, encoding="ascii") as stream:
                now = int(stream.read())
            number = kernel_integer(text)
            if number == 0 and high == 255 and "-" in text.partition("0")[0]:
                number = None  # a byte-wide setting takes no sign at all
            wanted = number is not None and low <= number <= high
            assert accepted == wanted, (text, number, now)
            assert now == (number if wanted else 250), (text, number, now)
            taken += wanted
    assert taken >= 200


def _write(path: str, text: str) -> bool:
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode("ascii"))
    except OSError:
        return False
    finally:
        os.close(fd)
    return True
