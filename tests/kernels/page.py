# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/kernels.md: what each kernel did, as a table."""

from __future__ import annotations

from typing import Any, Dict, List

HEAD = """# Kernels that were tried

`make kernels` boots each of these kernels of Debian in a virtual machine (qemu), with the modules of this collection inside, and wrote this
page on {date}. It takes about ten minutes on two cores and downloads the packages by apt.

| kernel | package | {names} |
|---|---|{rules}|
"""
CHECKS = {
    "calibration": ("rule of the SYN queue", "The rule is measured in a private network namespace, and known by the release; both agree."),
    "facts": ("facts", "`syn_backlog_facts` tells the kernel, the settings, and a listener with both of its limits."),
    "combinations": (
        "combinations",
        "A grid of backlog and sysctls, and edges: real SYNs and connections until no more are admitted, exactly as many as the model says.",
    ),
    "live_raise": ("live raise", "`syn_backlog_listener` raises a running listener; a flood then fills what the model says."),
    "transaction": ("transaction", "`syn_backlog` in check mode, in earnest, once more, and `absent`."),
    "balance": ("balance of SYNs", "A watch of a flood: what arrived is what was sent, and the sum of the accounts."),
    "accept_queue": ("accept queue", "A watch of a listener whose accept queue is full."),
    "reverse_path": ("reverse path", "A watch while the reverse path filter drops."),
    "vlan": ("VLAN", "A watch of clients that come with a tag."),
    "drop_reasons": ("drop reasons", "A watch with `drop_reasons`, which kernels have from 5.17 on."),
    "softnet": ("softnet", "A watch while packets overflow the queue of a CPU."),
    "watch_module": ("watch, as a module", "`syn_backlog_watch` in a process of its own, ended early."),
    "kernel_log": ("kernel's log", "The line about a flood is found in the kernel's own words."),
}


def page(rows: List[Dict[str, Any]], date: str) -> str:
    """The page of these kernels."""
    names = list(CHECKS)
    text = HEAD.format(date=date, names=" | ".join(CHECKS[name][0] for name in names), rules="|".join("---" for _name in names))
    for row in rows:
        found = {check["name"]: check for check in row["checks"]}
        cells = ["passed" if found.get(name, {}).get("good") else "**failed**" for name in names]
        text += "| %s | %s %s | %s |\n" % (row["release"], row["package"], row["version"], " | ".join(cells))
    text += "\n## What was done\n\n"
    text += "".join("- **%s**: %s\n" % (CHECKS[name][0], CHECKS[name][1]) for name in names)
    text += "\n## What was seen\n"
    for row in rows:
        text += "\n### Linux %s\n\n%s, %s\n\n" % (row["release"], row["package"], row["version"])
        for check in row["checks"]:
            told = check["told"] if check["good"] else "failed: " + check["told"].strip().splitlines()[-1]
            text += "- %s: %s\n" % (CHECKS[check["name"]][0], told)
    return text
