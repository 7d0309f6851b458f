# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_table
short_description: Show gathered listeners as a table, worst first
description:
  - Renders what M(linuxnet.tcp.syn_backlog_info) gathered on one or more hosts as text for a terminal,
    one row a listener, worst first, with a last line that says how things stand.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
positional: width
options:
  _input:
    description: A mapping of host names to the gathered C(syn_backlog) with the subsets V(sysctls) and V(listeners).
    type: dict
    required: true
  width:
    description: Columns of the terminal; the last column wraps.
    type: int
    default: 140
"""

EXAMPLES = r"""
- name: Show the table
  ansible.builtin.debug:
    msg: "{{ {inventory_hostname: ansible_facts['syn_backlog']} | linuxnet.tcp.audit_table }}"
"""

RETURN = r"""
_value:
  description: The table.
  type: str
"""

import typing as t

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._audit_table import audit_table


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"audit_table": audit_table}
