# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""saptune applies notes, each with a section [sysctl], when its service starts (saptune-note(5))."""

from __future__ import annotations

import re
from typing import Iterator, List

from .._boot import writer
from . import shell

CONFIGURATION = "/etc/sysconfig/saptune"
#: where a note is looked for, first the one that counts
NOTES = ("/etc/saptune/override", "/etc/saptune/extra", "/var/lib/saptune/working/notes")


def notes(configuration: str) -> List[str]:
    """The notes in the order in which they are applied."""
    found = re.findall(r"^\s*NOTE_APPLY_ORDER=\"?([^\"\n]*)\"?", configuration, re.MULTILINE)
    return [name for name in found[-1].split() if re.fullmatch(r"[\w.-]+", name)] if found else []


def settings(text: str) -> Iterator[shell.Found]:
    """What a note sets."""
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.strip()
        if bare.startswith("["):
            section = bare.strip("[]").lower()
        elif section == "sysctl" and bare and bare[0] not in "#;" and "=" in bare:
            key, _equals, value = bare.partition("=")
            yield writer.Setting(number, writer.dotted(key.strip()), value.strip().strip("\"'") or None, True)
