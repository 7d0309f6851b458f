# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The events of a whole text log."""

from __future__ import annotations

from typing import Iterable, Iterator, Tuple

from ansible_collections.linuxnet.tcp.plugins.module_utils._log import lines as log_lines
from ansible_collections.linuxnet.tcp.plugins.module_utils._log import messages


def text_events(lines: Iterable[bytes]) -> Iterator[Tuple[log_lines.Line, messages.Event]]:
    """The events with the lines that tell of them, in their order."""
    log = log_lines.TextLog()
    return filter(None, map(log.event, lines))
