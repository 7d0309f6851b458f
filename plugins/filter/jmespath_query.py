# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: jmespath_query
short_description: Select from gathered data with a JMESPath expression
version_added: 1.0.0
description:
  - Evaluates a JMESPath expression over data such as the fact C(syn_backlog).
  - Needs the Python package C(jmespath) on the controller.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
positional: query
options:
  _input:
    description: The data.
    type: raw
    required: true
  query:
    description: The JMESPath expression.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Gather
  linuxnet.tcp.syn_backlog_facts:
    gather_subset: [listeners]

- name: Ports that their application binds
  ansible.builtin.debug:
    msg: "{{ ansible_facts['syn_backlog'] | linuxnet.tcp.jmespath_query('listeners[?bound_by == `application`].port') }}"
"""

RETURN = r"""
_value:
  description: What the expression selects, V(none) where nothing matches.
  type: raw
"""

import typing as t

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._query import compile_query, search


def jmespath_query(data: t.Any, query: str) -> t.Any:
    return search("query", compile_query("query", query), data)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"jmespath_query": jmespath_query}
