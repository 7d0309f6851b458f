# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What TuneD does to a setting: its active profile writes it after the sysctl loader, and may then apply files again.

Read in tuned/profiles, tuned/plugins/plugin_sysctl.py and tuned/plugins/base.py of v2.22 to v2.26:

- Profiles are merged in order, an included one before the one that includes it; a later value replaces an earlier one.
- A value ``>N`` only raises, ``<N`` only lowers, seen from the value in force.
- With ``reapply_sysctl`` (on unless switched off) the ``*.conf`` of /run/sysctl.d and /etc/sysctl.d follow in the order
  of their names, /run masking /etc, and /etc/sysctl.conf last. Only plain ``a.b.c = value`` lines count there.
"""

from __future__ import annotations

import fnmatch
import re
from typing import Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from . import dropins as boot_dropins
from . import number as boot_number

DIRECTORIES = ("/run/sysctl.d", "/etc/sysctl.d")
SYSCTL_CONF = "/etc/sysctl.conf"
BY_TUNED = "applied by TuneD after the sysctl loader"
ONLY_TUNED_CAN_TELL = "TuneD's profile sets it to a value that only TuneD can tell"
_OFF = ("0", "false", "no", "off", "n")
_SAFE_NAME = r"[a-zA-Z0-9_.-]+"
_SECTION = r"\[([^]]+)\]"
_COMMENT = r"\s#.*"
_MOST_PROFILES = 64  # more in one chain of includes is no profile but a mistake


class Setting(NamedTuple):
    """A value, and the line that it stands on."""

    value: str
    source: str  # "path:line"


class Tuned(NamedTuple):
    """All that decides, as a reader found it."""

    settings: Mapping[str, Setting]  # of the merged active profile, by the key as it is written there
    reapplies: bool
    excluded: Tuple[str, ...] = ()  # patterns of keys that are not applied again
    profile: str = ""  # the active one, or several with a comma between them

    def reapplies_key(self, key: str) -> bool:
        """Whether the files of /etc/sysctl.d and /etc/sysctl.conf decide about this key after the profile."""
        return self.reapplies and bool(self.settings) and not any(fnmatch.fnmatch(key, one) for one in self.excluded)


class Asked(NamedTuple):
    """What the active profile itself makes of one key, before files are applied again."""

    profile: str
    number: Optional[int]  # None where only TuneD can tell
    source: str  # "path:line"
    reapplies: bool  # whether files of /etc/sysctl.d decide after it


def profile_names(text: str) -> List[str]:
    """The profiles that a file such as /etc/tuned/active_profile names."""
    return [name for name in text.split() if re.fullmatch(_SAFE_NAME, name)]


def merged(paths: Iterable[str], files: Mapping[str, str]) -> Dict[str, Setting]:
    """The sysctl settings of profiles, given in the order in which they are merged."""
    settings: Dict[str, Setting] = {}
    for path in paths:
        for options in _sysctl_units(path, files[path]).values():
            if _value(options, "enabled", "true").lower() in ("false", "0"):
                continue
            if _value(options, "replace", "false").lower() in ("true", "1"):
                settings.clear()
            for dropped in re.split(r"\s*[,;]\s*", _value(options, "drop", "")):
                settings.pop(dropped, None)
            settings.update({key: one for key, one in options.items() if "." in key or "/" in key})
    return settings


def included(text: str) -> List[str]:
    """The profiles that a profile includes, without the mark of those that may be missing."""
    names = _value(dict(_sections(text, "").get("main", ())), "include", "")
    found = re.split(r"\s*[,;]\s*", names)
    return [name.lstrip("-") for name in found if re.fullmatch(_SAFE_NAME, name)][:_MOST_PROFILES]


def main_options(text: str) -> Dict[str, str]:
    """The options of tuned-main.conf, which has no sections."""
    return {key: one.value for key, one in _sections("[main]\n" + text, "").get("main", ())}


def tuned(settings: Mapping[str, Setting], main: Mapping[str, str], profile: str = "") -> Tuned:
    """What TuneD was told to do."""
    excluded = tuple(one for one in re.split(r"\s*[,;]\s*", main.get("reapply_sysctl_exclude", "")) if one)
    return Tuned(settings, main.get("reapply_sysctl", "1").strip().lower() not in _OFF, excluded, profile)


def asked(config: Tuned, key: str, before: Optional[int]) -> Optional[Asked]:
    """What the profile makes of a setting whose value is ``before``; None where it does not name it."""
    own = next((one for name, one in config.settings.items() if _same(name, key)), None)
    if own is None:
        return None
    return Asked(config.profile, _modified(own.value, before), own.source, config.reapplies_key(key))


def effect(
    config: Tuned, key: str, before: Optional[int], dropins: Iterable[boot_dropins.DropIn]
) -> Tuple[Optional[int], str]:
    """What TuneD makes of a setting whose value is ``before``, and the line that decides; ``""`` where none does.

    A value with variables in it, which only TuneD can tell, is taken for unknown (None).
    """
    value, source = before, ""
    own = asked(config, key, before)
    if own is not None:
        value, source = own.number, own.source
    if config.reapplies_key(key):
        again = _assigned_again(key, list(dropins))
        number = None if again is None else boot_number.kernel_integer(again.value)
        if again is not None and number is not None:
            value, source = number, again.source
    return value, source


def _modified(value: str, before: Optional[int]) -> Optional[int]:
    text = value.strip("\"'")
    operator = text[:1] if text[:1] in ("<", ">") and len(text) > 1 else ""
    number = boot_number.kernel_integer(text[len(operator) :])
    if number is None or not operator:
        return number
    if before is None:
        return None
    return max(number, before) if operator == ">" else min(number, before)


def _assigned_again(key: str, dropins: List[boot_dropins.DropIn]) -> Optional[Setting]:
    chosen: Dict[str, boot_dropins.DropIn] = {}
    for directory in DIRECTORIES:
        for dropin in dropins:
            if dropin.directory == directory and dropin.name.endswith(".conf"):
                chosen.setdefault(dropin.name, dropin)
    last = [dropin for dropin in dropins if dropin.path == SYSCTL_CONF]
    found = None
    for dropin in [chosen[name] for name in sorted(chosen)] + last:
        for number, line in enumerate((dropin.content or b"").decode("utf-8", "replace").split("\n"), start=1):
            name, equals, value = line.strip().partition("=")
            if equals and name.strip() == key:
                found = Setting(value.strip(), "%s:%d" % (dropin.path, number))
    return found


def _same(name: str, key: str) -> bool:
    return name.replace("/", ".") == key


def _sysctl_units(path: str, text: str) -> Dict[str, Dict[str, Setting]]:
    units = {name: dict(options) for name, options in _sections(text, path).items() if name != "main"}
    return {name: options for name, options in units.items() if _value(options, "type", name) == "sysctl"}


def _value(options: Mapping[str, Setting], name: str, default: str) -> str:
    found = options.get(name)
    return default if found is None else found.value


def _sections(text: str, path: str) -> Dict[str, List[Tuple[str, Setting]]]:
    sections: Dict[str, List[Tuple[str, Setting]]] = {}
    for name, key, value, number in _options(text):
        sections.setdefault(name, []).append((key, Setting(value, "%s:%d" % (path, number))))
    return sections


def _options(text: str) -> Iterator[Tuple[str, str, str, int]]:
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        line = re.sub(_COMMENT, "", line).strip()
        if not line or line[0] in "#;":
            continue
        found = re.match(_SECTION, line)
        if found:
            section = found.group(1)
            continue
        key, equals, value = line.partition("=")
        if equals:
            yield section, key.strip(), value.strip(), number
