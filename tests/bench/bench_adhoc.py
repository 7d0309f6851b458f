# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host ad hoc: facts beside a ping, as a whole and on the target alone, and how much comes back."""

from __future__ import annotations

import json
import sys

import beside
import table

FACTS, PING = "linuxnet.tcp.syn_backlog_facts", "ansible.builtin.ping"
QUIET = "kernel_log_max_age=1"  # a machine on which floods were tested just now is not quiet
ROUNDS = 15
# Measured with cProfile in the controller, and -X importtime on the target
OF_THE_WHOLE = (
    "About two thirds of what it takes longer are the controller's: for each module Ansible reads the 142 files that may be needed, looks in "
    "each for imports, and packs them, once in a run. The rest is the target's, which compiles the 54 of them that an idle host needs. With "
    "these 54 alone it would be about 1.3, but each host that has something to tell would need a second trip. `gather_subset=min` has neither."
)
OF_THE_TARGET = "It compiles the 54 files that an idle host needs, and reads the kernel's log, the boot files and all processes."


def rows():
    with beside.idle_host() as inside:
        ping = inside + beside.ansible("-m", PING)
        whole = [inside + beside.ansible("-m", FACTS, "-a", words) for words in (QUIET, "gather_subset=min")]
        taken = beside.paired(ROUNDS, ping, *whole)
        yield table.of("facts, idle host, whole process", "ping", taken[1], taken[0], 1.25, OF_THE_WHOLE)
        yield table.of("facts, gather_subset=min, whole process", "ping", taken[2], taken[0], 1.12)
        with beside.module_files((PING, ""), (FACTS, QUIET), (FACTS, "gather_subset=min")) as files:
            taken = beside.paired(2 * ROUNDS, *([*inside, sys.executable, path] for path in files))
        yield table.of("facts, idle host, the module's own process", "ping", taken[1], taken[0], 1.45, OF_THE_TARGET)
        yield table.of("facts, gather_subset=min, the module's own process", "ping", taken[2], taken[0], 1.15)
        said = beside.run(inside + beside.ansible("-o", "-m", FACTS, "-a", QUIET), ANSIBLE_LOCALHOST_WARNING="0")
        facts = json.loads(said[said.index("{"):said.rindex("}") + 1])["ansible_facts"]
        yield table.Row("what one quiet host returns", "", len(json.dumps(facts)), None, 4096, "bytes")


if __name__ == "__main__":
    sys.exit(table.finish(rows()))
