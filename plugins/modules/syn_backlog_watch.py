#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: syn_backlog_watch
short_description: Watch where every SYN goes, and how full the queues of TCP listeners get
version_added: 1.0.0
description:
  - Watches listening TCP sockets for a while. Counts every SYN that arrives for them, and tells which were answered, dropped by the
    listener, or lost before they reached it.
  - Looks at the accept queues a hundred times a second, and tells their peak, percentiles, and for how long they were full. A single look, as
    M(linuxnet.tcp.syn_backlog_info) takes it, misses bursts of less than a second.
  - Tells every layer of the kernel that lost packets meanwhile, from the network device to the listener, and what to do about it.
  - Recommends the backlog that would have been enough.
  - Nothing is changed. Sockets that count are closed at the end, also when the module is killed.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.attributes.info_module
  - linuxnet.tcp.attributes.action_group
options:
  duration:
    description:
      - For how many seconds to watch, 1 to 3600.
      - SIGINT, SIGTERM and SIGHUP end the watch early. It then returns the result up to then.
    type: float
    default: 10
  interval:
    description:
      - Seconds between two looks at the accept queues, 0.001 to 10.
      - The module looks less often if it would use more than a fiftieth of a CPU otherwise. With an interval below V(0.01) it may use more, in
        proportion, a twenty-fifth at V(0.005).
    type: float
    default: 0.01
  ports:
    description:
      - Watch listeners on these local ports only, 1 to 65535.
      - SYNs to a port in this list that nobody listens on are counted as well.
    type: list
    elements: int
  network_namespaces:
    description:
      - Watch these network namespaces instead of the module's own, by name, absolute path, process id (V(pid:1234)) or
        container (V(podman:web)). V(host) is the module's own, V(all) are all that can be found.
    type: list
    elements: str
  drop_reasons:
    description:
      - Whether to count the kernel's own reasons for dropped packets as well, with the tracepoint C(skb:kfree_skb) of a tracing instance that
        is removed at the end. Needs CAP_SYS_ADMIN, and Linux 5.17 for reasons.
    type: bool
    default: false
notes:
  - Counting SYNs needs CAP_NET_RAW, another network namespace CAP_SYS_ADMIN. What is not permitted is V(null), and a warning says so; the
    queues and the kernel's counters need no privilege.
  - The device tap is behind XDP and the rings of the device, and before the firewall. What is lost before the tap shows in
    RV(watch.layers) only.
  - IP fragments are not counted, nor is TCP behind IPv6 extension headers.
  - Packets are counted for at most 100 listeners of a network namespace, and for fewer where the host has many addresses (for 14 before
    Linux 4.12). Those on O(ports) come first, then those that have connections waiting.
seealso:
  - module: linuxnet.tcp.syn_backlog_info
"""

EXAMPLES = r"""
- name: Watch the web server for a minute
  linuxnet.tcp.syn_backlog_watch:
    duration: 60
    ports: [80, 443]
  register: watched

- name: Show what came of it
  ansible.builtin.debug:
    msg: "{{ watched.watch.findings | map(attribute='summary') }}"

- name: Take the backlog that would have been enough
  ansible.builtin.set_fact:
    web_backlog: "{{ watched.watch.listeners | map(attribute='recommended_backlog') | select | max }}"
"""

RETURN = r"""
watch:
  description: What was seen. A figure that cannot be told is V(null), and a warning says why.
  returned: always
  type: dict
  contains:
    seconds:
      description: How long the watch took.
      returned: always
      type: float
      sample: 10.0
    looks:
      description: How often the accept queues were looked at.
      returned: always
      type: int
      sample: 984
    longest_gap:
      description: The longest time between two looks, in seconds. A peak that was shorter may have been missed.
      returned: always
      type: float
      sample: 0.0131
    cpu_seconds:
      description: The time of a CPU that watching took.
      returned: always
      type: float
      sample: 0.19
    listeners:
      description: The listening sockets, members of an SO_REUSEPORT group one by one.
      returned: always
      type: list
      elements: dict
      contains:
        network_namespace:
          description: V(host) for the namespace in which the module runs.
          returned: always
          type: str
          sample: host
        family:
          description: V(ipv4) or V(ipv6).
          returned: always
          type: str
          sample: ipv4
        address:
          description: The local address.
          returned: always
          type: str
          sample: 0.0.0.0
        port:
          description: The local port.
          returned: always
          type: int
          sample: 80
        device:
          description: The interface that the socket is bound to.
          returned: always
          type: str
          sample:
        inode:
          description: The socket's inode, as in C(ss -e).
          returned: always
          type: int
          sample: 1234
        backlog:
          description: What the kernel latched at listen().
          returned: always
          type: int
          sample: 511
        since:
          description:
            - From when on it was watched, in seconds after the beginning; 0 for a listener that was there. Whether new ones have been opened is looked at
              once a second, and one that is open for less than that may be missed.
            - One that took the place of another on the same address and port has a row of its own. Their SYNs are counted together all the time,
              and stand in RV(watch.listeners[].reuseport).
          returned: always
          type: float
          sample: 0.0
        syns:
          description:
            - What became of the SYNs that arrived, each in one account. C(arrived) is the sum of the others.
            - C(before_listener) were lost between the network device and the listener, to a firewall, connection tracking, the reverse path filter
              or routing. C(answered) were answered with a first SYN-ACK or a cookie, C(repeated) came again from a client that had been
              answered, C(dropped) were dropped by the listener.
            - C(unexplained) are in no account, and a warning says what that means. It is negative where more was answered or dropped than arrived.
            - V(null) where packets were not counted, or where several listeners dropped SYNs and the kernel counts some of that for
              all of them together; then RV(watch.listeners[].syns_between) tells what is certain.
          returned: always
          type: dict
          sample: {arrived: 100000, before_listener: 0, answered: 129, repeated: 0, dropped: 99871, unexplained: 0}
        syns_between:
          description: The accounts of C(syns) as C([least, most]), where C(syns) is V(null) and packets were counted; else V(null).
          returned: always
          type: dict
          sample:
        unsure:
          description: How many SYNs may belong to another account, since the kernel counts some things together.
          returned: always
          type: int
          sample: 0
        syn_acks:
          description: SYN-ACKs that left, also those that were sent again.
          returned: always
          type: int
          sample: 387
        dropped:
          description:
            - What the kernel counted as dropped by this socket, which is SYNs, third packets of a handshake, and repeated SYNs.
            - V(null) where it does not tell.
          returned: always
          type: int
          sample: 99871
        accept_queue:
          description:
            - Connections that waited for accept(). C(limit) is how many the kernel lets wait; C(peak), C(p50), C(p95) and C(p99) are what
              looks found; C(seconds_full) is for how long the queue was full.
            - The C(histogram) tells how many looks found a length up to C(upto), and above that of the row before.
          returned: always
          type: dict
          sample: {limit: 512, samples: 984, peak: 130, p50: 0, p95: 7, p99: 41, seconds_full: 0.0, histogram: [{upto: 0, samples: 912}]}
        syn_queue:
          description: The same of half-open connections, which are looked at up to four times a second. V(null) for members of a group.
          returned: always
          type: dict
          sample: {limit: 512, samples: 40, peak: 512, p50: 3, p95: 500, p99: 512, seconds_full: 0.5, histogram: [{upto: 0, samples: 40}]}
        connections_per_second:
          description: New connections, on average over the watch. V(null) where they cannot be told from those of other listeners.
          returned: always
          type: float
          sample: 212.4
        recommended_backlog:
          description: The backlog that would have been enough for what was seen. V(null) where the application did not accept at all.
          returned: always
          type: int
          sample: 1024
        recommended_because:
          description: Why, in a sentence.
          returned: always
          type: str
          sample: "The backlog of 511 is enough: at most 130 connections waited at a time."
        reuseport:
          description:
            - For members of an SO_REUSEPORT group, and for listeners that took each other's place, how many they are, and what can only be told of
              all of them; else V(null).
          returned: always
          type: dict
          sample:
    unix_listeners:
      description:
        - The UNIX sockets on which connections waited at any look. They have an accept queue and nothing else, and what a full one refuses the kernel
          counts nowhere. Not watched where O(ports) names ports.
      type: list
      elements: dict
      returned: always
      contains:
        path:
          description: The path, or an abstract name with a leading C(@). Other fields are as in C(listeners).
          type: str
          returned: always
          sample: /run/php/php8.2-fpm.sock
    layers:
      description:
        - What lost packets during the watch, in the way of a packet. Layers without a loss are left out.
        - C(reason) is the kernel's name of the counter. Not every packet is a SYN.
        - Of the layer C(fast_open) only the data that came with a SYN is lost; the handshake goes on without it.
        - The layer C(netfilter) is inferred where SYNs were lost before the listener and no other layer counted them, unless O(drop_reasons) names it.
      returned: always
      type: list
      elements: dict
      sample: [{network_namespace: host, layer: reverse_path_filter, reason: IPReversePathFilter, where: TcpExt, dropped: 50}]
    namespaces:
      description: What was counted for each network namespace as a whole.
      returned: always
      type: list
      elements: dict
      contains:
        network_namespace:
          description: V(host) for the namespace in which the module runs.
          returned: always
          type: str
          sample: host
        syns:
          description: SYNs that arrived, to any port.
          returned: always
          type: int
          sample: 100000
        syns_without_listener:
          description:
            - SYNs to ports that nobody listens on, at least. V(null) where not all listeners were counted.
          returned: always
          type: int
          sample: 3
        tcp_segments:
          description: TCP segments that arrived.
          returned: always
          type: int
          sample: 421133
        tcp_segments_lost_before_tcp:
          description: How many of these did not get to TCP, or had a wrong checksum.
          returned: always
          type: int
          sample: 0
        syn_acks_sent_again:
          description: SYN-ACKs that were sent again, by a timer or since the client sent its SYN again.
          returned: always
          type: int
          sample: 258
        passive_opens:
          description: New connections of all listeners.
          returned: always
          type: int
          sample: 2124
        listen_drops:
          description: Connection attempts dropped at listeners.
          returned: always
          type: int
          sample: 0
        listen_overflows:
          description: Those of them that found the accept queue full.
          returned: always
          type: int
          sample: 0
        syn_cookies:
          description: SYN cookies that were sent, and that came back.
          returned: always
          type: dict
          sample: {sent: 0, back: 0}
        conntrack:
          description: Connections that are tracked, at the beginning or at the end, whichever was more, and how many can be; V(null) where none are.
          returned: always
          type: dict
          sample: {count: 120, max: 262144}
        tcp_memory_pressures:
          description: How often a socket of this network namespace brought TCP under memory pressure (C(net.ipv4.tcp_mem)).
          returned: always
          type: int
          sample: 0
        softnet_squeezed:
          description: How often a softirq ran out of time with packets left, on all CPUs of the machine.
          returned: always
          type: int
          sample: 0
        xdp_devices:
          description: Devices on which an XDP program may drop packets before they are counted.
          returned: always
          type: list
          elements: str
          sample: []
    drop_reasons:
      description:
        - The kernel's own reasons for IP packets that it dropped, on the whole machine and in all network namespaces, most first. C(where) is
          the function that dropped.
        - Where more than about five thousand packets a second are dropped, only some are read, and a warning tells how many were not.
        - What a listener itself drops is not among them; RV(watch.layers) has that.
      returned: with O(drop_reasons), where the kernel can tell
      type: list
      elements: dict
      sample: [{layer: netfilter, reason: NETFILTER_DROP, where: nft_do_chain, dropped: 50}]
    findings:
      description: What it means, worst first, in the form of RV(linuxnet.tcp.syn_backlog_info#module:syn_backlog).
      returned: always
      type: list
      elements: dict
      sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import run_watch


def main() -> None:
    module = AnsibleModule(argument_spec=run_watch.watch_spec(), supports_check_mode=True)
    module.exit_json(watch=run_watch.watch_or_fail(module))


if __name__ == "__main__":
    main()
