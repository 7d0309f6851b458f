# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""What one task of the role has to do on a host, and what it tells of what came back."""

from __future__ import annotations

import typing as t

from ...module_utils._kernel.sysctls import KEYS
from ...module_utils._model import validated
from ...module_utils._model.errors import InvalidOption
from ...module_utils._model.gathered import rows
from .tuning import tuning_plan

APPLY, LISTENERS, VERIFY = "apply", "listeners", "verify"
PARTS = (APPLY, LISTENERS, VERIFY)
NOTHING: dict[str, t.Any] = {"restart": [], "ports": [], "raise": [], "remarks": []}

_SYSCTLS = tuple(name for name in KEYS if name != "netdev_max_backlog")  # which is only told
_POLICIES = ["exact", "at_least"]
_LISTENER: dict[str, dict[str, t.Any]] = {
    "port": {"type": "int"},
    "path": {"type": "str"},
    "backlog": {"type": "int", "required": True},
    "address": {"type": "str"},
    "policy": {"type": "str", "choices": _POLICIES, "default": "at_least"},
}
#: What is wanted; syn_backlog holds the values of sysctls against the ranges of the target's own kernel
_WANTED: dict[str, dict[str, t.Any]] = {
    "sysctls": {"type": "dict", "default": {}},
    "policy": {"type": "str", "choices": _POLICIES, "default": "at_least"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "persist": {"type": "bool", "default": True},
    "runtime": {"type": "bool", "default": True},
    "sysctl_file": {"type": "path"},
    "on_shadowed": {"type": "str", "choices": ["fail", "warn"], "default": "fail"},
    "network_namespace": {"type": "str"},
    "listeners": {"type": "list", "elements": "dict", "default": [], "options": _LISTENER},
    "restart_units": {"type": "list", "elements": "str", "default": []},
    "verify": {"type": "bool", "default": True},
}
#: The options of the action
SPEC: dict[str, dict[str, t.Any]] = {
    "wanted": {"type": "dict", "required": True, "options": _WANTED},
    "parts": {"type": "list", "elements": "str", "choices": list(PARTS), "default": list(PARTS)},
    "applied": {"type": "dict", "default": {}},
}
_OF_SYN_BACKLOG = ("policy", "state", "persist", "runtime", "sysctl_file", "on_shadowed", "network_namespace")
_UNSEEN = {"sysctls": {"somaxconn": {"runtime": None}}, "listeners": []}


class Work:
    """What is wanted of a host, and the arguments of the modules that bring it about."""

    def __init__(self, options: t.Mapping[str, t.Any], check: bool) -> None:
        # A variable without a value comes as an empty text from ansible-core up to 2.18
        given = {name: None if value == "" else value for name, value in options["wanted"].items()}
        self.check = check
        self.parts = options["parts"]
        self.applied: t.Mapping[str, t.Any] = validated.changed(options["applied"])
        self.verify = given["verify"]
        self._given = given
        self._sysctls = {name: value for name, value in given["sysctls"].items() if value not in (None, "")}
        self._present = given["state"] == "present"
        self.wanted = dict(given, sysctls=self._sysctls if self._present else {})
        self.sets_anything = bool(self._sysctls) or not self._present

    @property
    def looks(self) -> bool:
        """Whether the host has to be looked at although no sysctl is set."""
        named = bool(self.wanted["listeners"]) and LISTENERS in self.parts
        if APPLY in self.parts:
            return self.verify or named or bool(self.wanted["restart_units"])
        return named

    def applying(self) -> dict[str, t.Any]:
        """The arguments of syn_backlog; without names, absent takes all settings out."""
        arguments = {name: self._given[name] for name in _OF_SYN_BACKLOG if self._given[name] is not None}
        if self._present:
            arguments.update(self._sysctls)
        return dict(arguments, **self._rows()) if self._names_listeners else arguments

    def gathering(self) -> dict[str, t.Any]:
        """The arguments of syn_backlog_info."""
        subset = ["sysctls", "boot", "listeners"] if self._names_listeners else ["sysctls", "boot"]
        # With ports, UNIX sockets are not read
        named = {"gather_subset": subset, **self._ports()}
        arguments = {"gather_subset": [*subset, "unix"]} if self._paths() else named
        namespace = self._given["network_namespace"]
        return arguments if namespace is None else dict(arguments, network_namespaces=[namespace])

    def facts_of(self, applied: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
        """What syn_backlog read, in the shape of a gathering; it has verified the settings that were named itself.

        None where listeners were asked for and could not be read: that is not the same as none being there.
        """
        if self._names_listeners:
            return applied.get("syn_backlog") or None
        return {"sysctls": applied.get("after") or {}, "listeners": []}

    def raising(self, entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """The arguments of syn_backlog_listener. In check mode somaxconn is not in force yet."""
        after = ((self.applied.get("after") or {}).get("somaxconn") or {}).get("runtime")
        arguments = dict(entry, network_namespace=self._given["network_namespace"], expected_somaxconn=after)
        return {name: value for name, value in arguments.items() if value is not None}

    @property
    def _names_listeners(self) -> bool:
        return bool(self.wanted["listeners"] or self.wanted["restart_units"])

    def _rows(self) -> dict[str, t.Any]:
        return dict(self._ports(), report_listeners=True, **self._paths())

    def _paths(self) -> dict[str, t.Any]:
        """The UNIX sockets that are named."""
        paths = sorted({entry["path"] for entry in self.wanted["listeners"] if entry.get("path")})
        return {"paths": paths} if paths else {}

    def _ports(self) -> dict[str, t.Any]:
        """The ports that are named; all of them where units are, whose ports nobody named."""
        if self.wanted["restart_units"] or not self.wanted["listeners"]:
            return {}
        ports = sorted({int(entry["port"]) for entry in self.wanted["listeners"] if entry.get("port") is not None})
        return {"ports": ports} if ports else {}


class Told:
    """What the modules returned, as one result."""

    def __init__(self) -> None:
        self.raised: list[dict[str, t.Any]] = []
        self.remarks: list[str] = []
        self.changed = False
        self._result: dict[str, t.Any] = {}
        self._diff: list[t.Any] = []
        self._warnings: list[str] = []
        self._failures: list[str] = []

    @property
    def failed(self) -> bool:
        return bool(self._failures)

    def add(self, returned: dict[str, t.Any]) -> None:
        """One module's result: its rows, differences and warnings, and why it failed, if it did."""
        self.changed = self.changed or bool(returned.get("changed"))
        diff = returned.get("diff") or []
        self._diff += diff if isinstance(diff, list) else [diff]
        warnings = returned.get("warnings")
        self._warnings += [one for one in warnings if one not in self._warnings] if isinstance(warnings, list) else []
        if returned.get("failed") or returned.get("unreachable"):
            self._failures.append(str(returned.get("msg", "no reason given")))
            self._result.update({name: value for name, value in returned.items() if name not in ("diff", "warnings")})
        elif "restart_needed" in returned:
            known = validated.changed(returned)
            names = ("before", "after", "shadowed_by", "verified", "restart_needed")
            self._result.update({name: known.get(name) for name in names})
        elif returned.get("changed"):
            self.raised += map(dict, rows(returned, "listeners"))

    def short(self, shortfalls: t.Sequence[t.Mapping[str, t.Any]]) -> None:
        """Fail where something falls short in the end."""
        self._result["shortfalls"] = list(shortfalls)
        self._failures += [one["message"] for one in shortfalls]

    def result(self, **more: t.Any) -> dict[str, t.Any]:
        """The result of the action."""
        told = dict(NOTHING, **self._result)
        del told["raise"]
        told.update(changed=self.changed, raised=self.raised, remarks=self.remarks)
        told.update(more)
        if self._diff:
            told["diff"] = self._diff
        told["warnings"] = self._warnings + self.remarks
        if self._failures:
            told.update(failed=True, msg=" | ".join(self._failures))
        return told


def work_of(options: t.Mapping[str, t.Any], check: bool) -> Work:
    """The work that the options ask for.

    :raises InvalidOption: a sysctl that is none of ours, listeners that cannot be, or cannot all be: before anything
        changes.
    """
    for name in options["wanted"]["sysctls"]:
        if name not in _SYSCTLS:
            raise InvalidOption("sysctls", name, "allowed are " + ", ".join(_SYSCTLS))
    work = Work(options, check)
    tuning_plan(_UNSEEN, work.wanted)
    return work
