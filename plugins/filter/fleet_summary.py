# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_summary
short_description: Sum up the listeners of a fleet
version_added: 1.0.0
description:
  - Counts what was gathered on many hosts. It tells what binds how many listeners, how they fare, which of them are worst, which hosts are in the
    same state, and which gave no answer.
  - Hosts are in the same state where settings, listeners, limits, states and findings are the same. Process ids, the hosts' own addresses, and
    how full a queue is may differ as long as the state is the same.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
positional: worst
options:
  _input:
    description:
      - C(hostvars) of hosts on which M(linuxnet.tcp.syn_backlog_facts) was run, or the content of a C(report.json) that
        M(linuxnet.tcp.audit_report) wrote, or any mapping of host names to the gathered C(syn_backlog).
      - Needs the subsets V(sysctls), V(listeners) and V(findings).
    type: dict
    required: true
  worst:
    description: How many of the worst listeners are named, from 0 to 1000.
    type: int
    default: 10
  results:
    description:
      - The name of the variable under which a task that ran M(linuxnet.tcp.syn_backlog_info) registered its result on each host. Where it is
        given, the input is C(hostvars), and the facts in it are not looked at.
    type: str
"""

EXAMPLES = r"""
- name: Gather
  linuxnet.tcp.syn_backlog_facts:

- name: Which knob binds how many listeners of the fleet
  ansible.builtin.debug:
    msg: "{{ (hostvars | linuxnet.tcp.fleet_summary).bound_by }}"

- name: The ten listeners nearest to their limits, out of a report
  ansible.builtin.debug:
    msg: "{{ (lookup('ansible.builtin.file', 'audit/report.json') | from_json | linuxnet.tcp.fleet_summary).worst }}"

- name: Hosts that lose connections now
  ansible.builtin.debug:
    msg: "{{ (hostvars | linuxnet.tcp.fleet_summary).groups | selectattr('kind', '==', 'losing') | map(attribute='hosts') | flatten }}"
"""

RETURN = r"""
_value:
  description: The fleet in numbers.
  type: dict
  contains:
    hosts:
      description: How many hosts there are, with those that gave no answer.
      type: int
    answered:
      description: How many of them answered.
      type: int
    listeners:
      description: How many listeners they have. The members of an SO_REUSEPORT group that admit the same count as one.
      type: int
    bound_by:
      description: How many of them each knob binds, by V(application), V(somaxconn), V(tcp_max_syn_backlog), V(syncookies) and V(unknown).
      type: dict
    states:
      description:
        - How many of them are in each state, by V(accept queue full), V(SYN queue full), V(SYN above limit), V(filling up), V(has dropped),
          V(unknown) and V(ok).
      type: dict
    kinds:
      description:
        - How many hosts lose connections (V(losing)), will soon or have a warning (V(soon)), gave no answer (V(silent)), could not be
          read in full (V(unread)), and are well (V(well)).
      type: dict
    worst:
      description: The listeners that fare worst and, of those that fare the same, the fullest, with their C(host).
      type: list
      elements: dict
      sample:
        - host: web3
          listener: 0.0.0.0:80
          process: nginx.service
          state: SYN queue full
          fill: 1.0
          accept_queue: {used: 0, limit: 512}
          syn_queue: {used: 512, limit: 512}
          drops: 7
          bound_by: application
          remedy: Set the backlog to 4096.
    groups:
      description:
        - Hosts in the same state, worst first, with their C(kind) and the releases of their C(kernels).
        - C(sysctls), C(listeners) and C(findings) are those of C(example), the host of the group with the fullest queue.
        - An address that only that host has is C(own address) in them.
      type: list
      elements: dict
      sample:
        - hosts: [web1, web2]
          kind: well
          example: web2
          kernels: [6.1.176]
          sysctls: {somaxconn: 4096}
          listeners: []
          findings: []
    unreachable:
      description: The names of hosts to which there was no connection.
      type: list
      elements: str
    failed:
      description: The names of hosts on which nothing could be gathered, or that were not asked.
      type: list
      elements: str
    errors:
      description: Why there is no answer, by the names of these hosts.
      type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet import input as _fleet_input
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._fleet import summary as _fleet_summary

_MOST_WORST = 1000


def fleet_summary(hosts: t.Any, worst: int = _fleet_summary.MOST_WORST, results: str | None = None) -> dict[str, t.Any]:
    try:
        if isinstance(worst, bool) or not isinstance(worst, int) or not 0 <= worst <= _MOST_WORST:
            raise ValueError("worst: {0!r} is not allowed; expected a number from 0 to {1}".format(worst, _MOST_WORST))
        if results is not None and not isinstance(results, str):
            raise ValueError("results: {0!r} is not allowed; expected the name of a variable".format(results))
        return _fleet_summary.summary(_fleet_input.answers_of(hosts, results), worst)
    except ValueError as error:
        raise AnsibleFilterError("fleet_summary: {0}".format(error)) from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"fleet_summary": fleet_summary}
