# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""cron's @reboot lines (crontab(5)): they run each time that cron starts."""

from __future__ import annotations

from typing import Iterator

from . import shell


def settings(text: str, with_user: bool) -> Iterator[shell.Found]:
    """What the @reboot lines set.

    :param with_user: whether the command stands behind a user's name, as in /etc/crontab and /etc/cron.d
    """
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split(None, 2 if with_user else 1)
        if not words or words[0] != "@reboot" or len(words) < (3 if with_user else 2):
            continue
        if with_user and words[1] != "root":
            continue  # nobody else may set them
        for found in shell.settings(words[-1].replace("\\%", "%")):
            yield found._replace(line=number)
