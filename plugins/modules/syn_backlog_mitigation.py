#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: syn_backlog_mitigation
short_description: Keep the listeners of a host reachable while a SYN flood goes on, and put all back after it
version_added: 1.0.0
description:
  - Gathers the evidence, judges it, records what it is about to change, changes it, and checks the effect, in one run on the host. The entry points
    C(mitigate) and C(restore) of the role P(linuxnet.tcp.syn_backlog#role) call it.
  - New connections from the networks of a flood from few networks are dropped. What comes from everywhere, and what cannot be dropped,
    gets SYN cookies and wider queues, and so do real clients that are too many. Nothing is done about an application that does not accept, nor
    on a host that is well.
  - Never dropped are O(allow), the /24 (IPv6 /64) that the ssh session of this run comes from, those of all other ssh sessions on
    the host, and the networks that the host itself is in. Where it is not known where this session comes from, nothing is dropped at all.
  - It writes to the file C(/run/linuxnet.tcp/mitigation.json) what it will change, before it changes anything. A run that is killed is completed by the
    next one, or undone by O(state=absent). No file that is read at boot is changed.
  - With nftables all of it is in one table of its own, C(inet linuxnet_tcp), that is made and removed as a whole. Tables of others,
    such as those of firewalld, ufw and docker, are not touched. It drops before connection tracking and before addresses are
    translated, only what is addressed to this host, ports among it that a container engine publishes; and once more after they are,
    for a listener that clients come to by another port.
  - With iptables it drops what comes to the chain C(INPUT). A port that a container engine publishes does not, and is not dropped.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.attributes.action_group
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - While a flood goes on, another run adds what is new of it, and renews blocks of which a tenth of the time is over.
options:
  state:
    description:
      - V(present) acts on what it finds.
      - V(absent) puts back what a record tells of and what is still as it was set, and nothing else. It fails, and changes nothing, while there are signs of
        the flood. Without a record it removes no more than a table of our own that is left over.
    type: str
    choices: [present, absent]
    default: present
  backend:
    description:
      - What drops the networks. V(auto) is nftables where C(nft) is there and the kernel takes our rules (Linux 5.7 and nft 0.9.4), else
        iptables.
      - A mitigation that is in force keeps its backend until it is restored.
    type: str
    choices: [auto, nftables, iptables]
    default: auto
  block_lifetime:
    description:
      - Seconds, from 10 to 2592000, after which the kernel lets a network in again by itself. A run that sees it send still renews that.
      - With nftables only. No rule of iptables can end by itself, so that its blocks stay until O(state=absent) or a reboot.
    type: int
    default: 3600
  allow:
    description:
      - Addresses and networks that are never dropped, such as your own and those of your load balancers, NAT gateways and health checks.
    type: list
    elements: str
    default: []
  max_networks:
    description:
      - The most networks that are dropped at a time. With V(0) nobody is ever dropped.
    type: int
    default: 16
  backlog:
    description:
      - The backlog of listeners that are widened. One that has more keeps it.
    type: int
    default: 4096
  mitigate_established:
    description:
      - What to do with a network of a flood from which connections to the flooded port are established. V(keep) does not drop it, and says
        so. V(drop) drops new connections from there, and leaves those that are established alone.
    type: str
    choices: [keep, drop]
    default: keep
  syn_limit:
    description:
      - SYNs a second, from 1 to 1000000, that each source network (a /24, of IPv6 a /64) may send to a flooded port, and at first as many at once.
        What is more is dropped. V(0) sets no limit.
      - It is set on the ports of a flood from everywhere, and on those of a flood from few networks of which one is not dropped. It is never
        set for clients that mean well and are too many.
      - For hosts where cookies alone do not carry, since C(tcp_syncookies) cannot be set, or since a SYN-ACK for each SYN is too much for
        the line. It helps where each network sends many SYNs, and not where each sends one.
      - The limit does not apply to networks that are never dropped (the allow list, ssh sessions, the host's own networks). Unless
        O(mitigate_established=drop), it does not apply to networks from which clients are connected to the port when it is set, either.
        It looks at no more than 1000 such addresses.
      - With nftables it ends after O(block_lifetime) like a block, unless a run sees that it still drops something. It stays as it is where a later
        run sets none.
    type: int
    default: 0
  connection:
    description:
      - The connection plugin through which the host is reached. With one that comes in over the network, nothing is dropped where the address of the session
        is not known. With V(local) and its like that does not matter.
    type: str
    default: ssh
  window:
    description:
      - Seconds, from 0 to 3600, over which the counters are watched before judging. Without them real clients cannot be told from a flood.
      - V(1) with O(state=present), V(5) with O(state=absent), if left out. Where that leaves it unclear what fills a queue, it is made longer
        by itself.
    type: float
  force:
    description:
      - With O(state=absent), put back even while there are signs of the flood, and where iptables does not run.
    type: bool
    default: false
seealso:
  - module: linuxnet.tcp.syn_backlog_info
    description: Returns the record as C(mitigation.record).
  - plugin: linuxnet.tcp.mitigation_plan
    plugin_type: filter
    description: The judgement alone.
  - plugin: linuxnet.tcp.restoration_plan
    plugin_type: filter
    description: The judgement whether it can end.
"""

EXAMPLES = r"""
- name: Keep the host reachable
  linuxnet.tcp.syn_backlog_mitigation:
    allow: [203.0.113.0/24]
    block_lifetime: 1800

- name: Where SYN cookies cannot be set, hold each network to 20 SYNs a second
  linuxnet.tcp.syn_backlog_mitigation:
    allow: [203.0.113.0/24]
    syn_limit: 20

- name: Put all back
  linuxnet.tcp.syn_backlog_mitigation:
    state: absent
"""

RETURN = r"""
verdict:
  description:
    - With O(state=present) V(mitigate) where something was to be changed, V(in_force) where all that can be done was done already,
      V(nothing) where nothing is to be done.
    - With O(state=absent) V(restored) or V(nothing).
  returned: success
  type: str
  sample: mitigate
reasons:
  description: Why, in sentences. With O(state=absent) what is left alone, or was put back in spite of the evidence.
  returned: success
  type: list
  elements: str
  sample: ["port 80: 198.51.100.0/24 is dropped."]
told:
  description: How the listeners stand that were flooded.
  returned: success
  type: list
  elements: str
  sample: ["0.0.0.0:80: 129 half-open connections, 4097 admitted, cookies when full"]
backend:
  description: What drops networks, V(nftables) or V(iptables). V(null) where none is dropped.
  returned: success
  type: str
  sample: nftables
record:
  description:
    - The record that is in force, or in check mode would be; with O(state=absent) the one that was.
    - V(null) where there is none.
  returned: success
  type: dict
  sample:
    schema: 1
    since: "2026-11-20T09:30:00Z"
    boot_id: 63be5bbd-2a0a-4ff9-b0e1-2042f9c2b43c
    network_namespace: 4026531840
    namespace_cookie: 1
    causes: ["syn-flood-few-networks on 0.0.0.0:80"]
    sysctls: {tcp_syncookies: {before: 0, set: 1}}
    boot: {tcp_syncookies: 1 kernel default}
    listeners: []
    blocks: [{network: 198.51.100.0/24, port: 80, until: "2026-11-20T10:30:00Z"}]
    passes: [198.51.100.7/32]
    syn_limit: null
    limited: []
    spared: []
    firewall: {}
    backend: nftables
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import mitigation_options, run_mitigation


def main() -> None:
    module = AnsibleModule(argument_spec=mitigation_options.mitigation_spec(), supports_check_mode=True)
    module.exit_json(**run_mitigation.mitigate_or_fail(module))


if __name__ == "__main__":
    main()
