# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules share that make one report of all hosts on the controller."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  action:
    description: Runs as an action plugin of the controller; no host is connected to.
    support: full
  bypass_host_loop:
    description: Runs once for all hosts of the play. The strategy P(ansible.builtin.free#strategy) refuses such tasks.
    support: full
  check_mode:
    support: full
    details:
      - Shows the report, and tells whether the files would change. They stay as they are.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - The same results make the same files; what hosts answer differs from run to run.
  platform:
    support: full
    details:
      - This is the operating system of the controller.
"""
