# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What is wanted and what is, made into what is to be done: pure, so that check mode tells what a run will do."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._boot import edit, number, substitute, writer
from .._boot import tuned as boot_tuned
from .._boot import values as boot_values
from .._kernel import level as kernel_level
from .._kernel import sysctls
from .._model import boot_values as model_boot_values
from .._model import sysctl_file, text

EXACT, AT_LEAST = "exact", "at_least"


class Wanted(NamedTuple):
    """What was asked for."""

    values: Mapping[str, Optional[int]]  # by short name, in the order of ``KEYS``; None where ``absent``
    policy: str = EXACT
    absent: bool = False
    persist: bool = True
    runtime: bool = True


class Found(NamedTuple):
    """The present values, and what sets them at boot."""

    runtime: Mapping[str, Optional[int]]  # by short name
    level: kernel_level.Level
    file: Optional[sysctl_file.SysctlFile] = None  # None where nothing persists
    boot: Optional[boot_values.BootFiles] = None  # None where boot values have no meaning (another network namespace)
    defaults: Mapping[str, Optional[int]] = {}  # what the kernel starts with; None where that is not known
    tuned: Optional[boot_tuned.Tuned] = None


class Write(NamedTuple):
    """One run-time value that changes."""

    name: str
    before: int
    after: int


class Shadow(NamedTuple):
    """What keeps a setting from being as wanted after a reboot."""

    key: str  # short name
    source: Optional[str]  # "path:line", "kernel default"; None where it is not known
    value: Optional[int]
    reason: str


class Plan(NamedTuple):
    """All that is to be done, and what comes of it."""

    writes: Tuple[Write, ...]  # in the order in which they are safe
    file_changes: bool
    content: Optional[bytes]  # of the file afterwards; None where there is none
    before: Dict[str, Dict[str, Any]]  # short name to ``runtime``, ``boot`` and ``boot_source``
    after: Dict[str, Dict[str, Any]]
    shadows: Tuple[Shadow, ...]
    unknown_defaults: Tuple[str, ...] = ()  # absent settings whose run-time value stays, since nobody knows another
    disturbers: Tuple[writer.Writer, ...] = ()  # what may set a wanted setting to something else

    @property
    def changes(self) -> bool:
        return bool(self.writes) or self.file_changes


def plan(wanted: Wanted, found: Found) -> Plan:
    """Decide. ``exact`` sets each value; ``at_least`` lowers none; ``absent`` takes our lines out of the file.

    A setting whose line is taken out gets the run-time value that it has after the next boot, so that both agree.
    """
    names = tuple(wanted.values)
    old = found.file.content if found.file else None
    before_boot = _boot(found, found.boot, names)
    content = _content(wanted, found, old, before_boot)
    boot = found.boot
    if boot is not None and found.file is not None and content != old:
        boot = substitute.substituted(boot, found.file.aliases, found.file.links, content)
    after_boot = _boot(found, boot, names)
    targets = _targets(wanted, found, old, after_boot)
    runtime = {name: found.runtime.get(name) for name in names}
    writes = [
        Write(name, runtime[name] or 0, target)
        for name, target in targets.items()
        if target is not None and target != runtime[name]
    ]
    after = dict(runtime, **{one.name: one.after for one in writes})
    unknown = [name for name, target in targets.items() if target is None]
    return Plan(
        writes=tuple(sorted(writes, key=_turn)),
        file_changes=content != old,
        content=content,
        before=_states(names, runtime, before_boot),
        after=_states(names, after, after_boot),
        shadows=shadows(wanted, found, boot),
        unknown_defaults=tuple(unknown),
        disturbers=_disturbers(wanted, found, boot),
    )


def satisfied(policy: str, wanted: int, value: Optional[int]) -> bool:
    """Whether a value is what was asked for."""
    if value is None:
        return False
    return value >= wanted if policy == AT_LEAST else value == wanted


def shadows(wanted: Wanted, found: Found, boot: Optional[boot_values.BootFiles]) -> Tuple[Shadow, ...]:
    """What keeps the wanted values from holding after a reboot with these boot files."""
    if wanted.absent or not wanted.persist or boot is None or found.file is None:
        return ()
    result: List[Shadow] = []
    values = model_boot_values.values_at_boot(boot, wanted.values, found.level, found.tuned, found.defaults)
    for name, goal in wanted.values.items():
        state = _state(values[name], found.defaults.get(name))
        if values[name].doubt is not None:
            result.append(Shadow(name, None, None, "the boot value cannot be told: " + (values[name].doubt or "")))
            continue
        why = _why(values[name], found.file)
        # A line that has no effect whatever it says is in vain, also where the value is right without it.
        in_vain = bool(why) and why not in (boot_tuned.BY_TUNED, writer.BY_ANOTHER) and wanted.policy == EXACT
        if in_vain or not satisfied(wanted.policy, goal or 0, state["boot"]):
            result.append(Shadow(name, text.printable(str(state["boot_source"])), state["boot"], why))
    return tuple(result)


def _disturbers(
    wanted: Wanted, found: Found, boot: Optional[boot_values.BootFiles]
) -> Tuple[writer.Writer, ...]:
    """What may set a wanted setting to something else at boot, or while it runs, though nobody can tell."""
    if boot is None or not boot.writers or wanted.absent or not wanted.persist:
        return ()
    values = model_boot_values.values_at_boot(boot, wanted.values, found.level, found.tuned, found.defaults)
    return tuple(
        one
        for value in values.values()
        if not value.certain and value.doubt is None
        for one in value.others
        if number.kernel_integer(one.value or "") != value.number
    )


def _why(value: boot_values.BootValue, file: sysctl_file.SysctlFile) -> str:
    """Why the file's own line has no effect whatever it says; empty where another one merely comes later."""
    paths = (file.path,) + file.aliases + file.links
    if (value.source or "").rpartition(":")[0] in paths:
        return ""
    for line in value.shadowed:
        if line.source.rpartition(":")[0] in paths:
            for later in (boot_tuned.BY_TUNED, writer.BY_ANOTHER):
                if line.reason.endswith(later):
                    return later
            return "" if line.reason.startswith("overridden by ") else line.reason
    return "" if file.aliases or file.links else "no sysctl loader reads %s" % text.printable(file.path)


def _content(
    wanted: Wanted, found: Found, old: Optional[bytes], boot: Optional[Dict[str, Dict[str, Any]]]
) -> Optional[bytes]:
    """What the file is to hold."""
    if not wanted.persist or found.file is None:
        return old
    if wanted.absent:
        present = [sysctls.KEYS[name].key for name in wanted.values if edit.names_setting(old, sysctls.KEYS[name].key)]
        return edit.without_settings(old, present) if old is not None and present else old
    settings = {}
    for name, value in wanted.values.items():
        key = sysctls.KEYS[name].key
        goal = value or 0
        if wanted.policy == AT_LEAST:
            state = boot[name] if boot else {}
            if satisfied(AT_LEAST, goal, state.get("boot")):
                continue
            own = edit.assigned(old, key)
            goal = max(goal, goal if own is None else own)
            now = found.runtime.get(name)
            if state.get("boot_source") == sysctls.KERNEL_DEFAULT and now is not None:
                goal = max(goal, now) if state.get("boot") is None else goal  # the default is not known, nor lowered
        settings[key] = goal
    return edit.with_settings(old, settings) if settings else old


def _targets(
    wanted: Wanted, found: Found, old: Optional[bytes], boot: Optional[Dict[str, Dict[str, Any]]]
) -> Dict[str, Optional[int]]:
    """The run-time values to bring about; None where it should change but nobody knows to what."""
    if not wanted.runtime:
        return {}
    if wanted.absent:
        ours = [name for name in wanted.values if edit.names_setting(old, sysctls.KEYS[name].key)]
        return {name: boot[name]["boot"] if boot else None for name in ours}
    targets: Dict[str, Optional[int]] = {}
    for name, value in wanted.values.items():
        now = found.runtime.get(name)
        goal = value or 0
        targets[name] = max(goal, now) if wanted.policy == AT_LEAST and now is not None else goal
    return targets


def _turn(write: Write) -> int:
    """When a write is safe: what protects comes first, what admits less or turns away comes last."""
    raises = write.after > write.before
    if write.name == "tcp_syncookies":
        return 4 if write.after == 0 else 0  # without cookies the limits have to be in place
    if write.name == "tcp_abort_on_overflow":
        return 5 if raises else 1
    return 2 if raises else 3


def _boot(
    found: Found, boot: Optional[boot_values.BootFiles], names: Tuple[str, ...]
) -> Optional[Dict[str, Dict[str, Any]]]:
    if boot is None:
        return None
    values = model_boot_values.values_at_boot(boot, names, found.level, found.tuned, found.defaults)
    return {name: _state(values[name], found.defaults.get(name)) for name in names}


def _state(value: boot_values.BootValue, default: Optional[int]) -> Dict[str, Any]:
    if value.value is not None:
        return {"boot": value.number, "boot_source": value.source}
    if value.doubt is not None:
        return {"boot": None, "boot_source": None}
    return {"boot": default, "boot_source": sysctls.KERNEL_DEFAULT}


def _states(
    names: Tuple[str, ...], runtime: Mapping[str, Optional[int]], boot: Optional[Dict[str, Dict[str, Any]]]
) -> Dict[str, Dict[str, Any]]:
    unknown = {"boot": None, "boot_source": None}
    return {name: dict(boot[name] if boot else unknown, runtime=runtime[name]) for name in names}
