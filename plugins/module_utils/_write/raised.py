# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.
"""Notes which running listeners were raised, and when."""

from __future__ import annotations

import contextlib
import json
import os
from typing import List

from .._model import raised_record
from .._read import raised
from . import atomic


def note(new: List[raised_record.Raised], path: str = raised_record.PATH) -> None:
    """Add them to the record. Where it cannot be written, nothing is lost but the note."""
    boot = raised.boot_id()
    if not new or not boot:
        return
    with contextlib.suppress(OSError, atomic.ChangedMeanwhile):
        directory = os.path.dirname(path)
        with contextlib.suppress(FileExistsError):
            os.mkdir(directory, 0o755)
            os.chmod(directory, 0o755)
        content = json.dumps(raised_record.record(raised.all_raised(path), new, boot), sort_keys=True) + "\n"
        atomic.replace(path, content.encode(), atomic.current(path), mode=0o600)
