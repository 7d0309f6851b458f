# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode tells what the run then does, from generated states: sets of hostile files, every option.

SYN_BACKLOG_SEED=1234 repeats the states of an earlier run.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from typing import Any

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.places import DIRECTORIES
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.change import Shadowed
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.change_options import NAMES, SYSCTL_FILE
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.host import Refused
from ansible_collections.linuxnet.tcp.plugins.module_utils._read import boot_files
from ansible_collections.linuxnet.tcp.plugins.module_utils._read.boot_files import boot_values, read_boot
from ansible_collections.linuxnet.tcp.tests.live import boot_worker, sandbox
from ansible_collections.linuxnet.tcp.tests.live.sandbox import apply, isolated, snapshot
from ansible_collections.linuxnet.tcp.tests.live.test_boot_values import Set

STATES = int(os.environ.get("SYN_BACKLOG_STATES") or 250)
VALUES = {
    "somaxconn": [128, 1000, 4096, 70000],
    "tcp_max_syn_backlog": [128, 1000, 4096, 70000],
    "tcp_syncookies": [0, 1, 2],
    "tcp_synack_retries": [1, 5, 6],
    "tcp_abort_on_overflow": [0, 1],
}
FILES = [SYSCTL_FILE] * 3 + ["/etc/sysctl.d/50-b.conf", "/etc/sysctl.conf", "/run/sysctl.d/a.conf", "/etc/sysctl.d/10-a.conf"]


def clear() -> None:
    for directory in [one for one in DIRECTORIES if os.path.isdir(one)] + ["/etc/extra"]:
        os.makedirs(directory, exist_ok=True)
        for entry in os.scandir(directory):
            if entry.is_dir(follow_symlinks=False):
                os.rmdir(entry.path)
            else:
                os.unlink(entry.path)
    sandbox.remove("/etc/sysctl.conf")


def prepare(chance: random.Random) -> Set:
    clear()
    made = Set(chance)
    usable = [file for file in made.files if os.path.isdir(os.path.dirname(file["path"]))]
    boot_worker.place("", [file for file in usable if not file["path"].startswith("/lib/")])
    sandbox.set_sysctls(**{name: chance.choice(VALUES[name]) for name in NAMES})
    return made


def options(chance: random.Random) -> dict[str, Any]:
    names = [name for name in NAMES if chance.random() < 0.5]
    given: dict[str, Any] = {name: chance.choice(VALUES[name]) for name in names}
    given["state"] = "absent" if chance.random() < 0.2 else "present"
    given["policy"] = chance.choice(["exact", "exact", "at_least"])
    given["persist"] = chance.random() < 0.85
    given["runtime"] = chance.random() < 0.85
    given["on_shadowed"] = chance.choice(["fail", "warn"])
    given["sysctl_file"] = chance.choice(FILES)
    return given


def outcome(given: dict[str, Any], check: bool) -> tuple[str, Any]:
    """How it ended, and all that a user sees of it but ``verified``, which only a run can tell."""
    try:
        made = apply(check, **given)
    except Shadowed as error:
        return "shadowed", (str(error), error.result)
    except (InvalidOption, Refused) as error:
        return type(error).__name__, str(error)
    return "made", (dict(made.result, verified=None), made.diff, made.warnings)


def hold(loader: str) -> None:
    boot_files.read_boot = lambda root="/", _asked="auto", level=None: read_boot(root, loader, level)


def compare_with_the_kernel(result: dict[str, Any], loader: str, where: str) -> None:
    """What the result says of now and of the next boot is so: the real loader, from a value that no file sets."""
    now = sandbox.sysctls()
    booted = sandbox.reboot(loader)
    for name, after in result["after"].items():
        assert after["runtime"] == now[name], where
        if after["boot_source"] == "kernel default":
            assert booted[name] == 77, where
        elif after["boot"] is not None:
            assert booted[name] == after["boot"], where


@isolated
def test_check_mode_predicts_the_run_and_a_second_run_changes_nothing() -> None:
    seed = int(os.environ.get("SYN_BACKLOG_SEED") or random.SystemRandom().randrange(10**9))
    print("SYN_BACKLOG_SEED=%d" % seed)
    chance = random.Random(seed)
    seen: Counter[str] = Counter()
    for index in range(STATES):
        made = prepare(chance)
        given = options(chance)
        loader = chance.choice(sorted(sandbox.LOADERS))
        hold(loader)
        where = "seed %d, state %d, %s: %r\n%s" % (seed, index, loader, given, made.printed())
        before = snapshot()
        predicted = outcome(given, check=True)
        assert snapshot() == before, where
        done = outcome(given, check=False)
        assert done == predicted, where
        kind, told = done
        seen[kind] += 1
        if kind != "made":
            assert snapshot() == before, where
            continue
        result = told[0]
        assert result["changed"] == (snapshot() != before), where
        seen["changed"] += result["changed"]
        seen["shadowed, warned of"] += bool(result["shadowed_by"])
        compare_with_the_kernel(result, loader, where)
        for name, value in boot_values(result["after"], loader=loader)[0].items():
            assert value.number is None or value.number == result["after"][name]["boot"], where
        after = snapshot()
        again = outcome(given, check=False)
        assert again[0] == "made" and not again[1][0]["changed"] and not again[1][1], where
        assert snapshot() == after, where
    print(dict(seen))
    for kind in ("made", "shadowed", "InvalidOption", "Refused", "changed", "shadowed, warned of"):
        assert seen[kind] >= 2, (kind, seed, dict(seen))
