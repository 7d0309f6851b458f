# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The options of the module syn_backlog: what they take, and what of it is allowed."""

from __future__ import annotations

import os
from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from .._change import plan
from .._kernel import level as kernel_level
from .._kernel import sysctls
from .._model import errors

#: The settings that the module changes, in the order of reports
NAMES = ("somaxconn", "tcp_max_syn_backlog", "tcp_syncookies", "tcp_synack_retries", "tcp_abort_on_overflow")
#: Sorts after 99-sysctl.conf and what vendors and operators usually call their files, so that it decides.
SYSCTL_FILE = "/etc/sysctl.d/99-zz-linuxnet-tcp.conf"
# The kernel takes more and treats it as 1; who writes it means something else.
_MEANINGFUL = {"tcp_syncookies": 2, "tcp_abort_on_overflow": 1}


def change_spec() -> Dict[str, Dict[str, Any]]:
    """The argument_spec of syn_backlog."""
    return {
        **{name: {"type": "int"} for name in NAMES},
        "policy": {"type": "str", "choices": [plan.EXACT, plan.AT_LEAST], "default": plan.EXACT},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "persist": {"type": "bool", "default": True},
        "runtime": {"type": "bool", "default": True},
        "sysctl_file": {"type": "path", "default": SYSCTL_FILE},
        "on_shadowed": {"type": "str", "choices": ["fail", "warn"], "default": "fail"},
        "network_namespace": {"type": "str"},
        "report_listeners": {"type": "bool", "default": False},
        "paths": {"type": "list", "elements": "str"},
        "ports": {"type": "list", "elements": "int"},
    }


#: For AnsibleModule's required_if
REQUIRED_IF: List[Any] = [("state", "present", NAMES, True)]


class ChangeOptions(NamedTuple):
    """The options after validation."""

    wanted: plan.Wanted
    path: Optional[str]  # None where nothing persists
    fail_when_shadowed: bool
    network_namespace: Optional[str]
    report_listeners: bool
    paths: Tuple[str, ...]
    ports: FrozenSet[int]  # empty: all


def parse_change_options(params: Dict[str, Any], level: kernel_level.Level) -> ChangeOptions:
    """Validate the module's parameters, against the ranges of a kernel of this level.

    :raises InvalidOption: a value out of its range, or options that exclude each other.
    """
    absent = params["state"] == "absent"
    given = {name: params[name] for name in NAMES if params[name] is not None}
    for name, value in given.items():
        low, high = sysctls.valid_range(name, level)
        errors.require_range(name, value, low, min(high, _MEANINGFUL.get(name, high)))
        if name in _MEANINGFUL:
            errors.require_range(name, value, 0, _MEANINGFUL[name])
    if not given and not absent:
        raise errors.InvalidOption("state", "present", "it takes at least one of " + ", ".join(NAMES))
    persist, runtime = params["persist"], params["runtime"]
    if not persist and not runtime:
        raise errors.InvalidOption("runtime", False, "with persist=false nothing is left to change")
    if absent and not persist:
        raise errors.InvalidOption("persist", False, "state=absent takes lines out of sysctl_file")
    wanted = plan.Wanted(
        values=dict.fromkeys(given or NAMES) if absent else given,
        policy=params["policy"],
        absent=absent,
        persist=persist,
        runtime=runtime,
    )
    path = _path(params["sysctl_file"]) if persist else None
    ports = frozenset(params["ports"] or ())
    for port in ports:
        errors.require_range("ports", port, 1, 65535)
    return ChangeOptions(
        wanted=wanted,
        path=path,
        fail_when_shadowed=params["on_shadowed"] == "fail",
        network_namespace=params["network_namespace"],
        report_listeners=params["report_listeners"],
        paths=tuple(params["paths"] or ()),
        ports=ports,
    )


def require_own_namespace(options: ChangeOptions) -> None:
    """Refuse to keep a value in a file that only the module's own namespace is set from at boot.

    :raises InvalidOption: names both options.
    """
    if options.wanted.persist:
        raise errors.InvalidOption(
            "network_namespace",
            options.network_namespace,
            "use persist=false with it: no file sets another namespace's values at boot",
        )


def _path(path: str) -> str:
    if not path.startswith("/") or not path.isprintable() or path.endswith("/"):
        raise errors.InvalidOption("sysctl_file", path, "it takes the absolute path of a file")
    return "/" + os.path.normpath(path).lstrip("/")
