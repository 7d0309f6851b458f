# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: mitigation_effect
short_description: What came of a mitigation
version_added: 1.0.0
description:
  - Holds freshly gathered facts against the plan that was carried out, and says how the listeners stand that were flooded.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
positional: plan
options:
  _input:
    description: The gathered C(syn_backlog) of M(linuxnet.tcp.syn_backlog_info), with its V(sysctls), V(listeners) and V(half_open).
    type: dict
    required: true
  plan:
    description: What the filter P(linuxnet.tcp.mitigation_plan#filter) gave before.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Gather the evidence
  linuxnet.tcp.syn_backlog_info:
    counters_window: 2
  register: tcp

- name: Decide what to do
  ansible.builtin.set_fact:
    plan: "{{ tcp.syn_backlog | linuxnet.tcp.mitigation_plan({'max_networks': 16, 'backlog': 4096, 'connection': ansible_connection}) }}"

- name: See how the listeners stand now
  linuxnet.tcp.syn_backlog_info:
    gather_subset: [sysctls, listeners, half_open]
  register: tcp

- name: Fail where clients are still turned away
  ansible.builtin.assert:
    that: (tcp.syn_backlog | linuxnet.tcp.mitigation_effect(plan)).shortfalls | length == 0
"""

RETURN = r"""
_value:
  description: How things stand.
  type: dict
  contains:
    told:
      description: Sentences about the listeners.
      type: list
      elements: str
      sample: ["0.0.0.0:80: 129 half-open connections, 4097 admitted, cookies when full"]
    shortfalls:
      description: What is not as planned, and listeners that still turn clients away.
      type: list
      elements: str
      sample: []
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.linuxnet.tcp.plugins.module_utils._change.mitigation_effect import (
    mitigation_effect as effect_of,
)
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import validated


def mitigation_effect(facts: t.Any, plan: t.Any) -> dict[str, t.Any]:
    try:
        return effect_of(validated.gathered(facts), plan)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AnsibleFilterError("mitigation_effect: {0}".format(error)) from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"mitigation_effect": mitigation_effect}
