# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes ready what `make audit` and `make build` need: ansible-core in .build/venv/audit."""

from __future__ import annotations

import sys

from machine import Machine
from venvs import SetupError

if __name__ == "__main__":
    try:
        Machine().audit_venv()
    except SetupError as problem:
        sys.exit("setup failed: %s" % problem)
