# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: mitigation_plan
short_description: What to do about a SYN flood
version_added: 1.0.0
description:
  - Judges gathered facts and says what is to be in force for the time of a flood, and why. The entry point C(mitigate) of the role
    P(linuxnet.tcp.syn_backlog#role) acts on it.
  - The networks of a flood from few networks are dropped. What comes from everywhere, and what cannot be dropped, gets SYN cookies and
    wider queues, and so do clients that mean well. Nothing is done about an application that does not accept, nor on a host that is well.
  - What a mitigation in force has changed stays part of the plan, so that one that was interrupted is completed.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
positional: wanted
options:
  _input:
    description:
      - The gathered C(syn_backlog) of M(linuxnet.tcp.syn_backlog_info) for the host's own network namespace, with its V(sysctls),
        V(listeners), V(findings) and V(mitigation).
    type: dict
    required: true
  wanted:
    description: How far it may go.
    type: dict
    required: true
    suboptions:
      allow:
        description: Addresses and networks that are never dropped.
        type: list
        elements: str
        default: []
      max_networks:
        description: The most networks that are dropped.
        type: int
        required: true
      backlog:
        description: The backlog of a listener that is widened.
        type: int
        required: true
      connection:
        description:
          - The connection plugin through which the host is reached. Unless nobody comes in over the network with it, such as V(local),
            nothing is dropped where the address that the session comes from is not known.
        type: str
        required: true
      backend:
        description: What drops networks, V(auto), V(nftables) or V(iptables).
        type: str
        choices: [auto, nftables, iptables]
        default: auto
      block_lifetime:
        description: Seconds after which a block of nftables ends by itself.
        type: int
        default: 3600
      established:
        description: Whether a network is dropped from which connections to the flooded port are established, V(keep) or V(drop).
        type: str
        choices: [keep, drop]
        default: keep
      syn_limit:
        description:
          - SYNs a second that each source network may send to a flooded port whose networks are not dropped, from 1 to 1000000. V(0) for
            no limit.
        type: int
        default: 0
      earlier:
        description:
          - The gathered facts of a first look. What they tell is judged as well; what was undecided in them gives way to what is clear.
        type: dict
        default: {}
seealso:
  - plugin: linuxnet.tcp.restoration_plan
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Gather the evidence
  linuxnet.tcp.syn_backlog_info:
    gather_subset: [sysctls, listeners, half_open, counters, findings, mitigation]
    counters_window: 2
  register: tcp

- name: Tell what the role would do
  ansible.builtin.debug:
    msg: "{{ (tcp.syn_backlog | linuxnet.tcp.mitigation_plan(limits)).reasons }}"
  vars:
    limits:
      allow: [203.0.113.0/24]
      max_networks: 16
      backlog: 4096
      connection: "{{ ansible_connection }}"
"""

RETURN = r"""
_value:
  description: What is to be in force.
  type: dict
  contains:
    verdict:
      description: V(mitigate) where something is to be changed, V(in_force) where all that can be done is done, V(nothing) otherwise.
      type: str
      sample: mitigate
    undecided:
      description: Whether a second look a moment later may tell more.
      type: bool
      sample: false
    reasons:
      description: Why, in sentences.
      type: list
      elements: str
      sample: ["port 80: 198.51.100.0/24 is dropped."]
    record:
      description: The record of all that is to be in force, see RV(linuxnet.tcp.syn_backlog_mitigation#module:record). V(null) where nothing is.
      type: dict
    sysctls:
      description: The least values in force, by the names of the options of M(linuxnet.tcp.syn_backlog).
      type: dict
      sample: {tcp_syncookies: 1}
    listeners:
      description: The listeners to widen, with the options of M(linuxnet.tcp.syn_backlog_listener).
      type: list
      elements: dict
      sample: [{address: 0.0.0.0, port: 80, backlog: 4096}]
    passes:
      description: The networks that are let through before others are dropped.
      type: list
      elements: dict
      sample: [{network: 198.51.100.7/32, ip_version: ipv4}]
    blocks:
      description: The networks to drop, and on which port.
      type: list
      elements: dict
      sample: [{network: 198.51.100.0/24, port: 80, ip_version: ipv4}]
    limits:
      description: The ports on which each source network is held to so many SYNs a second.
      type: list
      elements: dict
      sample: [{port: 80, ip_version: ipv4, rate: 20}]
    ip_versions:
      description: The families of RV(_value.blocks).
      type: list
      elements: str
      sample: [ipv4]
    backend:
      description: What drops RV(_value.blocks), V(nftables) or V(iptables); V(null) where there are none.
      type: str
      sample: nftables
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.linuxnet.tcp.plugins.module_utils._change.mitigate_plan import mitigation_plan as plan_of
from ansible_collections.linuxnet.tcp.plugins.module_utils._model import validated


def mitigation_plan(facts: t.Any, wanted: t.Any) -> dict[str, t.Any]:
    try:
        known = dict(wanted, earlier=validated.gathered(wanted["earlier"])) if "earlier" in wanted else wanted
        return plan_of(validated.gathered(facts), known)
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError("mitigation_plan: {0}".format(error)) from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"mitigation_plan": mitigation_plan}
