# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Where /proc shows the network namespace of the calling *thread*.

/proc/net is /proc/self/net, the namespace of the main thread, whichever thread reads it. A thread that
moved into another namespace must look at itself.
"""

from __future__ import annotations

import os
import threading


def directory() -> str:
    """The directory that /proc/net is for the calling thread. Raises OSError where /proc has none.

    /proc/thread-self came with Linux 3.17; before, the thread is found by its id (Python 3.8+).
    """
    candidates = ["/proc/thread-self/net"]
    if hasattr(threading, "get_native_id"):
        candidates.append("/proc/self/task/%d/net" % threading.get_native_id())
    if threading.current_thread() is threading.main_thread():
        candidates.append("/proc/self/net")
    for candidate in candidates:
        if os.path.isdir(candidate):
            return candidate
    raise FileNotFoundError("no %s: /proc is not mounted or hides it" % " or ".join(candidates))
