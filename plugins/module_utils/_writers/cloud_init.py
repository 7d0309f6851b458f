# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""cloud-init's commands: ``bootcmd`` at every boot, ``runcmd`` at the first boot of an instance."""

from __future__ import annotations

import re
from typing import Iterator

from . import shell


def settings(text: str) -> Iterator[shell.Found]:
    """What the commands set. It is YAML with shell inside, and when it runs depends: none is certain."""
    inside = False
    for number, line in enumerate(text.split("\n"), start=1):
        if re.match(r"[A-Za-z_]", line):
            inside = bool(re.match(r"(?:bootcmd|runcmd)\s*:", line))
            line = line.partition(":")[2] if inside else ""
        if not inside or line.lstrip().startswith("#"):
            continue
        for found in shell.settings(_command(line)):
            yield found._replace(line=number, certain=False)


def _command(line: str) -> str:
    """The shell command of a list's entry: ``- sysctl -w x=1``, ``- [sysctl, -w, x=1]``, or the first one quoted."""
    text = line.strip()
    text = re.sub(r"^(?:-\s+)+", "", text)
    if text.startswith("[") and text.endswith("]"):
        return " ".join(part.strip() for part in text[1:-1].split(","))  # what is quoted stays so for the shell
    if len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]:
        return text[1:-1]
    return text
