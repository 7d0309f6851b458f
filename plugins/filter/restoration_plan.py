# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: restoration_plan
short_description: Whether a mitigation can end, and what is put back
version_added: 1.0.0
description:
  - Judges gathered facts and says whether the evidence of a flood has subsided, and what puts back what was there before the mitigation.
    The entry point C(restore) of the role P(linuxnet.tcp.syn_backlog#role) acts on it.
  - Only what still is as the mitigation set it is put back. What somebody else changed since is left alone, and told.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
positional: drops_before, drops_after
options:
  _input:
    description:
      - The gathered C(syn_backlog) of M(linuxnet.tcp.syn_backlog_info) for the host's own network namespace, with its V(sysctls),
        V(listeners), V(counters), V(findings) and V(mitigation), and with a window of counters.
    type: dict
    required: true
  drops_before:
    description: What C(iptables -nvxL) told of the chain C(SYN_BACKLOG), one text for each family, before that window.
    type: list
    elements: str
    default: []
  drops_after:
    description: The same after it. Where rules have dropped more by then, the flood goes on.
    type: list
    elements: str
    default: []
seealso:
  - plugin: linuxnet.tcp.mitigation_plan
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Gather the evidence
  linuxnet.tcp.syn_backlog_info:
    gather_subset: [sysctls, listeners, half_open, counters, findings, mitigation]
    counters_window: 5
  register: tcp

- name: Tell why the mitigation cannot end yet
  ansible.builtin.debug:
    msg: "{{ (tcp.syn_backlog | linuxnet.tcp.restoration_plan).not_yet }}"
"""

RETURN = r"""
_value:
  description: What is to be put back.
  type: dict
  contains:
    record:
      description: The record of the mitigation, V(null) where none is in force.
      type: dict
    not_yet:
      description: What shows that the flood goes on, or that what it left would not fit into the limits from before.
      type: list
      elements: str
      sample: ["within 5.0 seconds these counters grew: SyncookiesSent by 4711"]
    remarks:
      description: What is left alone, because somebody else changed it since.
      type: list
      elements: str
      sample: []
    listeners:
      description: The backlogs to put back, with the options of M(linuxnet.tcp.syn_backlog_listener).
      type: list
      elements: dict
      sample: [{address: 0.0.0.0, port: 80, inode: 1234, backlog: 511}]
    sysctls:
      description: The values to put back, by the names of the options of M(linuxnet.tcp.syn_backlog).
      type: dict
      sample: {tcp_syncookies: 0}
    ip_versions:
      description: The families that have rules.
      type: list
      elements: str
      sample: [ipv4]
    leads:
      description: The family of each rule that leads to the chain C(SYN_BACKLOG), as often as O(drops_after) counts references to it.
      type: list
      elements: str
      sample: [ipv4]
    theirs:
      description: Rules of that chain in O(drops_after) that no mitigation made. Emptying it would lose them.
      type: list
      elements: str
      sample: []
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.linuxnet.tcp.plugins.module_utils._change.restore_plan import restoration_plan as plan_of
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import validated


def restoration_plan(facts: t.Any, drops_before: t.Any = (), drops_after: t.Any = ()) -> dict[str, t.Any]:
    try:
        return plan_of(validated.gathered(facts), validated.listings(drops_before), validated.listings(drops_after))
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError("restoration_plan: {0}".format(error)) from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"restoration_plan": restoration_plan}
