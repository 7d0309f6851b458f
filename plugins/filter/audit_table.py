# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_table
short_description: Show gathered listeners as a table, worst first
version_added: 1.0.0
description:
  - Renders what M(linuxnet.tcp.syn_backlog_info) gathered on one or more hosts as text for a terminal,
    one row a listener, worst first, with the findings of severity V(warning) and V(critical) below, and a last line
    that says how things stand.
  - The members of an SO_REUSEPORT group that admit the same share one row.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
positional: width
options:
  _input:
    description:
      - A mapping of host names to the gathered C(syn_backlog) with the subsets V(sysctls), V(listeners) and V(findings).
      - A key C(warnings) in it, a list of what the module warned of, is shown below the table.
      - For a host on which nothing could be gathered, a mapping with the one key C(error), which says why.
    type: dict
    required: true
  width:
    description: Columns of the terminal; the last column wraps.
    type: int
    default: 140
"""

EXAMPLES = r"""
- name: Gather
  linuxnet.tcp.syn_backlog_facts:

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

from ansible.errors import AnsibleFilterError

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import validated
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._text import table as _audit_table


def audit_table(hosts: t.Any, width: int = 140) -> str:
    try:
        known = {name: validated.answered(told) for name, told in hosts.items()} if isinstance(hosts, t.Mapping) else hosts
        return _audit_table.audit_table(known, width)
    except ValueError as error:
        raise AnsibleFilterError("audit_table: {0}".format(error)) from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"audit_table": audit_table}
