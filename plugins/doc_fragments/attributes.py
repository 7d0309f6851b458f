# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: its interface may change at any time.

"""What every module of the collection says about itself, written once."""

from __future__ import annotations


class ModuleDocFragment:
    # What each attribute means; every module extends it, then adds what it supports
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Runs in C(check_mode) and tells whether something would change, without changing it.
  diff_mode:
    description: Tells in diff mode what has changed, or in C(check_mode) what would change.
  idempotent:
    description:
      - A second run with the same options, outside of check mode, changes nothing.
      - This holds while nothing else changes what the module manages.
  platform:
    description: The operating systems that the module runs on.
    platforms: linux
    support: full
"""

    # For modules that only read
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This action does not modify state.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  idempotent:
    support: full
    details:
      - This action does not modify state.
"""

    # What the attribute of facts modules means
    FACTS = r"""
options: {}
attributes:
  facts:
    description: The action returns an C(ansible_facts) dictionary that updates the facts of the host.
"""

    # For modules that only read and return facts; together with FACTS
    FACTS_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This action does not modify state.
  diff_mode:
    support: N/A
    details:
      - This action does not modify state.
  idempotent:
    support: full
    details:
      - This action does not modify state.
  facts:
    support: full
"""

    # For modules that write files
    FILES = r"""
options: {}
attributes:
  safe_file_operations:
    description: Files are replaced as a whole and keep their permissions, so that none is ever half written.
"""

    # For modules of which a part runs on the controller
    ACTION = r"""
options: {}
attributes:
  action:
    description: An action plugin of the same name runs a part of the options on the controller.
    support: full
"""

    ACTION_GROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/linuxnet.tcp.syn_backlog) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - linuxnet.tcp.syn_backlog
"""
