# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one calibration costs: its own time, and that of an unshare(2) in a thread that does nothing else.

Run as root: `make bench`, or this file with PYTHONPATH=.collections.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time

import table

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import calibration, new_namespace

ROUNDS = 51
MAX_MEDIAN = 50.0  # ms


def clock(function) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def unshare_alone() -> None:
    thread = threading.Thread(target=new_namespace.enter_new)
    thread.start()
    thread.join()


def measure() -> str:
    result = calibration.calibrate()
    if result.rule is None:
        raise SystemExit(result.warning)
    return result.rule


def rows():
    whole, alone = [], []
    for _round in range(ROUNDS):
        whole.append(clock(measure))
        alone.append(clock(unshare_alone))
    yield table.Row("calibration", "", 1000 * statistics.median(whole), None, MAX_MEDIAN)
    yield table.Row("making a network namespace", "", 1000 * statistics.median(alone), None, None)


if __name__ == "__main__":
    sys.exit(table.finish(rows()))
