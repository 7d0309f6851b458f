# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of docs/how-the-kernel-decides.md, made from the model.

`PYTHONPATH=.collections python3 tests/unit/docs/kernel_table.py` writes it.
"""

from __future__ import annotations

import pathlib

from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel import level, limits, rules, sysctls

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "how-the-kernel-decides.md"
BEGIN = "<!-- table by kernel version: made by tests/unit/docs/kernel_table.py -->\n"
END = "<!-- end of the table -->\n"
#: The first release of each row, and how the page calls it
ROWS = (
    ("2.6.32", "up to 3.0"),
    ("3.1", "3.1 to 3.11"),
    ("3.12", "3.12 to 4.0"),
    ("4.1", "4.1 to 4.3"),
    ("4.4", "4.4 to 4.9"),
    ("4.10", "4.10 to 5.3"),
    ("5.4", "5.4 to 6.12"),
    ("6.13", "6.13 and later"),
)
BACKLOGS = (128, 511, 4096)
MAX_SYN_BACKLOG = 2048


def table() -> str:
    lines = [
        "| Linux | default `somaxconn` | SYN queue for N = %s | accept queue | `tcp_max_syn_backlog` caps the SYN queue "
        "| `tcp_syncookies` 2 | first SYN-ACK sent again after |"
        % ", ".join(map(str, BACKLOGS)),
        "|---|---|---|---|---|---|---|",
    ]
    for first, name in ROWS:
        at = level.parse_level(first)
        queues = [limits.queue_limits(at, rules.syn_queue_rule(at), one, MAX_SYN_BACKLOG, 1) for one in BACKLOGS]
        assert [queue.accept_queue for queue in queues] == [one + 1 for one in BACKLOGS]
        lines.append("| %s | %s | %s | N + 1 | %s | %s | %d s |" % (
            name,
            sysctls.boot_default("somaxconn", at),
            ", ".join(str(queue.syn_queue) for queue in queues),
            "yes" if rules.max_syn_backlog_caps_queue(at) else "no",
            "every SYN gets a cookie" if rules.forces_cookies(at, 2) else "the same as 1",
            rules.first_synack_timeout(at),
        ))  # fmt: skip
    return "\n" + "\n".join(lines) + "\n\n"


def parts(page: str) -> tuple:
    """What stands before the table, the table, and what comes after it."""
    before, begin, rest = page.partition(BEGIN)
    found, end, after = rest.partition(END)
    assert begin and end
    return before + begin, found, end + after


if __name__ == "__main__":
    head, _old, tail = parts(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(head + table() + tail, encoding="utf-8")
