# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What TuneD writes to sysctls after the boot loader is through, as far as its active profile tells.

Only what is plain is understood: ``[sysctl]`` sections of tuned.conf, ``include=``, and profiles that come later or
include others winning over those. Variables are left as they are written. Source: tuned/profiles/loader.py,
locator.py, merger.py and plugins/plugin_sysctl.py of TuneD 2.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, NamedTuple, Tuple

from .._boot.dropins import printable
from .rooted import read_file

_ACTIVE = "/etc/tuned/active_profile"
_MAIN = "/etc/tuned/tuned-main.conf"
# Later releases look into profiles/, earlier ones into the directory itself; the administrator's come first.
_DIRECTORIES = ("/etc/tuned/profiles", "/etc/tuned", "/usr/lib/tuned/profiles", "/usr/lib/tuned")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_MOST_PROFILES = 32
_LIMIT = 65536


class TunedSetting(NamedTuple):
    """A sysctl in the active profile."""

    value: str  # as written: ">2048" raises to at least 2048, "<" lowers
    source: str  # "path:line"
    profile: str


def tuned_settings(root: str = "/") -> Dict[str, TunedSetting]:
    """The sysctls of the active profile by dotted name; none where TuneD has no active profile."""
    found: Dict[str, TunedSetting] = {}
    seen: List[str] = []
    for name in _text(root, _ACTIVE).split():
        _load(root, name, seen, found)
    return found


def reapplies_files(root: str = "/") -> bool:
    """Whether TuneD writes /run/sysctl.d, /etc/sysctl.d and /etc/sysctl.conf again after its own (the default)."""
    answer = True
    for _line, _section, key, value in _options(_text(root, _MAIN)):
        if key == "reapply_sysctl":
            answer = value.lower() not in ("0", "no", "false", "off", "n")
    return answer


def _load(root: str, name: str, seen: List[str], found: Dict[str, TunedSetting]) -> None:
    name = name.lstrip("-")  # "-name" is loaded where it exists
    if len(seen) >= _MOST_PROFILES or not _NAME.fullmatch(name):
        return
    path = next((one for one in _places(name) if one not in seen and _is_file(root, one)), None)
    if path is None:
        return
    seen.append(path)
    options = list(_options(_text(root, path)))
    for _line, section, key, value in options:
        if section == "main" and key == "include":
            for included in re.split(r"\s*[,;]\s*", value):
                _load(root, included, seen, found)
    for line, section, key, value in options:
        if section == "sysctl":
            dotted = key.replace("/", ".")
            found[dotted] = TunedSetting(printable(value, 256), "%s:%d" % (path, line), name)


def _places(name: str) -> List[str]:
    return ["%s/%s/tuned.conf" % (directory, name) for directory in _DIRECTORIES]


def _options(text: str) -> Iterator[Tuple[int, str, str, str]]:
    """Line, section, key and value of each assignment."""
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        line = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif "=" in line and not line.startswith(";"):
            key, _equals, value = line.partition("=")
            yield number, section, key.strip(), value.strip().strip("\"'")


def _text(root: str, path: str) -> str:
    return (read_file(root, path, _LIMIT).content or b"").decode("utf-8", "backslashreplace")


def _is_file(root: str, path: str) -> bool:
    return bool(read_file(root, path, _LIMIT).content)
