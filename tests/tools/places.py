# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the checkout and all that is made in it lie, and how a tool says that it cannot start."""

from __future__ import annotations

import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, ".build")
ENVIRONMENTS = os.path.join(BUILD, "nox")
REQUIREMENTS = os.path.join(ROOT, "tests", "requirements")


class SetupError(Exception):
    """What a tool needs is not there; the message says what to do."""
