# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who holds a listener among many processes with many descriptors, beside `ss -p`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys

import beside
import table

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import processes

PROCESSES, DESCRIPTORS, ROUNDS = 5000, 40, 5

# One parent, which ends with its input and takes its children along
HOLDER = """
import ctypes, os, signal, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
for number in range(%d):
    os.dup(0)
for number in range(%d):
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        listener.close()
        signal.pause()
print(os.fstat(listener.fileno()).st_ino, flush=True)
sys.stdin.read()
""" % (DESCRIPTORS - 4, PROCESSES)


@contextlib.contextmanager
def many():
    """So many processes; the inode of the listener that their parent holds."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield int(holder.stdout.readline())
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()


def rows():
    look = (
        "import sys; from ansible_collections.linuxnet.tcp.plugins.module_utils._read.processes import owners; "
        "found, _warnings = owners({int(sys.argv[1])}); sys.exit(len(found) != 1)"
    )
    with many() as inode:
        if list(processes.owners({inode})[0]) != [inode]:
            raise SystemExit("the holder was not found")
        ours = ["env", "PYTHONPATH=" + os.path.join(beside.ROOT, ".collections"), sys.executable, "-c", look, str(inode)]
        theirs = ["sh", "-c", "ss -Htlnp > /dev/null"]
        taken = beside.paired(ROUNDS, theirs, ours)
    name = "owners of listeners, {:,} processes of {} descriptors".format(PROCESSES, DESCRIPTORS)
    yield table.of(name, "`ss -Htlnp`", taken[1], taken[0], None)


if __name__ == "__main__":
    sys.exit(table.finish(rows()))
