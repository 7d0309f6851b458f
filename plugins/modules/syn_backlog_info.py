#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: syn_backlog_info
short_description: Tell which knob binds each TCP listener, on this very kernel
version_added: 1.0.0
description:
  - Reports, for each listening TCP socket, how many connections its accept queue and its SYN queue admit and hold now,
    which knob binds it (the backlog that the application passed to listen(), C(net.core.somaxconn),
    C(net.ipv4.tcp_max_syn_backlog) or SYN cookies), and what exactly to change.
  - Reports the sysctls in force, the values they will have after a reboot with file and line, half-open connections by
    source network, the kernel's counters and its log, and findings drawn from all of these.
  - Reads files and netlink only; nothing is changed and no command is run.
  - To have the same as facts, use M(linuxnet.tcp.syn_backlog_facts).
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.attributes.info_module
  - linuxnet.tcp.attributes.action_group
  - linuxnet.tcp.gathering
options:
  query:
    description:
      - A JMESPath expression. It is evaluated on the controller over what RV(syn_backlog) would hold, and only its result
        is returned, as RV(matches).
      - Needs the Python package C(jmespath) on the controller.
    type: str
notes:
  - Works without privileges. What needs them is then V(null), and a warning says so; no listener is left out.
seealso:
  - module: linuxnet.tcp.syn_backlog_facts
  - module: linuxnet.tcp.syn_backlog_limits
"""

EXAMPLES = r"""
- name: Which listeners are bound by what
  linuxnet.tcp.syn_backlog_info:
    gather_subset: [listeners]
  register: tcp

- name: Fail where a web server's queue is too small for us
  ansible.builtin.assert:
    that: item.syn_queue.limit >= 1024
    fail_msg: "{{ item.remedy }}"
  loop: "{{ tcp.syn_backlog.listeners | selectattr('port', 'in', [80, 443]) }}"
  loop_control:
    label: "{{ item.address }}:{{ item.port }}"

- name: Only the listeners that dropped connections
  linuxnet.tcp.syn_backlog_info:
    query: "listeners[?drops > `0`].{port: port, drops: drops, bound_by: bound_by, remedy: remedy}"

- name: How fast the kernel drops right now, in every network namespace
  linuxnet.tcp.syn_backlog_info:
    gather_subset: [counters]
    counters_window: 5
    network_namespaces: [all]
"""

RETURN = r"""
syn_backlog:
  description: What was gathered. A part that was not asked for is absent; a value that cannot be read is V(null) and told in the warnings.
  returned: when O(query) is not given
  type: dict
  contains:
    schema:
      description: Version of this structure. It changes only when something is renamed or removed.
      returned: always
      type: int
      sample: 1
    kernel:
      description: The kernel and how its SYN queue decides.
      returned: always
      type: dict
      contains:
        release:
          description: As in C(uname -r).
          returned: always
          type: str
          sample: 6.1.0-50-cloud-amd64
        stable_level:
          description: The upstream stable release it is built from.
          returned: always
          type: str
          sample: 6.1.176
        rule:
          description: When the SYN queue is full, one of V(power_of_two), V(backlog), V(backlog+1).
          returned: always
          type: str
          sample: backlog+1
        rule_source:
          description: How we know. One of V(release), V(package), V(calibrated), V(override), V(assumed).
          returned: always
          type: str
          sample: package
    sysctls:
      description:
        - The settings that decide about listen queues, by short name (C(somaxconn), C(tcp_max_syn_backlog), C(tcp_syncookies),
          C(tcp_synack_retries), C(tcp_abort_on_overflow), C(netdev_max_backlog)).
        - C(runtime) is the value in force and C(boot) the one after a reboot, once TuneD is through as well; C(drift) tells whether they differ.
        - C(boot_source) is the line that decides about C(boot), C(shadowed) are lines without effect.
        - C(tuned) is what TuneD's active profile makes of the setting, V(null) where it does not name it or TuneD is off. Its C(value) is
          V(null) where only TuneD can tell. Where C(reapplies) is true, C(/etc/sysctl.d) and C(/etc/sysctl.conf) decide after the
          profile. The profile decides where C(boot_source) is its C(source).
        - C(other_writers) lists what else sets it at boot or later, such as ufw, units, scripts and udev rules. Each has C(by), C(source), C(value) (V(null)
          where only a run can tell) and C(order). With V(after) it runs after the sysctl loader, and its value is C(boot). With V(unknown) it may run
          before or after. V(runtime) is a daemon that changes the setting while it runs.
        - C(boot_certain) is V(false) where one of them may leave another value than C(boot).
        - C(without_effect) lists lines that look as if they set it and set nothing, each with C(source), C(value), C(reason), and the right line as C(instead).
      returned: with the subsets V(sysctls) or V(boot)
      type: dict
      sample:
        somaxconn:
          runtime: 4096
          boot: 128
          boot_source: /etc/sysctl.d/99-vendor.conf:3
          shadowed:
            - source: /etc/sysctl.d/50-tuning.conf:1
              value: "5000"
          tuned:
          other_writers: []
          boot_certain: true
          without_effect: []
          drift: true
    listeners:
      description: The listening sockets, members of an SO_REUSEPORT group one by one.
      returned: with the subset V(listeners)
      type: list
      elements: dict
      contains:
        network_namespace:
          description: V(host) for the namespace in which the module runs.
          returned: always
          type: str
          sample: host
        protocol:
          description: V(tcp) or V(mptcp).
          returned: always
          type: str
          sample: tcp
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
        dual_stack:
          description: Whether an IPv6 socket takes IPv4 connections too.
          returned: always
          type: bool
          sample: false
        inode:
          description: The socket's inode, as in C(ss -e).
          returned: always
          type: int
          sample: 1234
        backlog:
          description: What the kernel latched at listen(), after the clamp by somaxconn.
          returned: always
          type: int
          sample: 511
        accept_queue:
          description:
            - Connections that wait for accept(), and how many the kernel lets wait.
            - Where it is full, C(why) tells why the application does not accept. Its C(cause) is one of V(stopped), V(descriptors), V(throttled),
              V(blocked), V(busy), V(unknown), its C(pid) a process that shows it; the rest depends on the cause. The finding
              C(accept-queue-overflow) has the same as evidence.
          returned: always
          type: dict
          sample: {used: 0, limit: 512}
        syn_queue:
          description:
            - Half-open connections, and how many the kernel admits. With O(ignore:tcp_syncookies=2) none is ever queued.
            - C(new_peer_limit) is the last-quarter limit for peers that the kernel does not know yet, set only where
              C(tcp_syncookies) is V(0); the smaller of the two limits holds.
            - C(on_full) is what happens to a SYN beyond the limit, V(cookies) or V(drop).
            - C(used) is V(null) for members of an SO_REUSEPORT group, whose entries the kernel does not tell apart; see RV(syn_backlog.listeners[].reuseport).
          returned: always
          type: dict
          sample: {used: 3, limit: 512, new_peer_limit: null, on_full: cookies}
        fast_open:
          description:
            - Connections that TCP Fast Open let in before their handshake was complete, and how many the listener takes at a time.
              V(null) where it takes none, as everywhere that C(net.ipv4.tcp_fastopen) does not have the bit 2.
            - C(used) lacks those that were accepted and reset within the last minute, which the kernel counts but does not show. It is
              V(null) for members of an SO_REUSEPORT group, and where netlink refuses.
            - C(limit) is V(null) where it cannot be read, which needs root and Linux 5.6; whether the listener takes any is not known then.
          returned: always
          type: dict
          sample: {limit: 256, used: 3}
        reuseport:
          description: For members of an SO_REUSEPORT group, how many they are and their half-open connections together; else V(null).
          returned: always
          type: dict
          sample: {members: 4, half_open: 37}
        memory_bytes:
          description: About the memory that both queues hold when they are full, without data that waits in them. V(null) where a limit is not known.
          returned: always
          type: int
          sample: 1486848
        since:
          description:
            - The earliest time at which this socket can have been opened (ISO 8601, UTC), which is the start of the oldest process that holds it.
            - What the kernel's log says of this address and port before that is about another socket.
          returned: always, V(null) where no process is visible
          type: str
          sample: "2026-11-20T04:20:11Z"
        raised:
          description: When M(linuxnet.tcp.syn_backlog_listener) raised it while it ran (C(time)), the backlog C(before), and the C(drops) that it had by then.
          returned: always, V(null) where it was not raised since the boot
          type: dict
          sample: {time: "2026-11-20T04:31:02Z", before: 128, drops: 12}
        drops:
          description: Connection attempts that this socket dropped, V(null) where the kernel does not tell.
          returned: always
          type: int
          sample: 0
        bound_by:
          description: The knob that binds, one of V(application), V(somaxconn), V(tcp_max_syn_backlog), V(syncookies).
          returned: always
          type: str
          sample: application
        processes:
          description: The processes that hold the socket.
          returned: always
          type: list
          elements: dict
          sample: [{pid: 812, name: nginx}]
        unit:
          description: The systemd unit they belong to.
          returned: always
          type: str
          sample: nginx.service
        remedy:
          description:
            - What exactly to change where this limit is too small, so that it stays.
            - Where the running listener can be raised as it is (Linux 5.6 and later), the last sentence has the command for the controller, to
              be run with the host's name in place of C(HOST).
            - Where the accept queue is full, what to do so that the application accepts again, or how to see why it does not; a larger queue is no
              remedy.
          returned: always
          type: str
          sample: >-
            To admit more, set `backlog=4096` on `listen 80` in /etc/nginx/sites-enabled/ (Debian) or /etc/nginx/conf.d/ (RHEL) (511 is the
            default; no sysctl raises it), then run `systemctl reload nginx.service`. At once, until it restarts:
            `ansible HOST -b -m linuxnet.tcp.syn_backlog_listener -a 'port=80 backlog=4096'`.
    memory:
      description: The memory of the machine, which C(memory_bytes) of its listeners are to be held against. V(null) where it is not told.
      returned: with the subset V(listeners)
      type: dict
      sample: {total_bytes: 25330905088}
    unix_listeners:
      description:
        - The listening UNIX sockets, which nginx and other programs speak to. C(net.core.somaxconn) clamps their backlog as it does TCP's. They have one
          queue, and nothing counts what it turns away.
        - Not read where O(ports) names ports.
      returned: with the subset V(unix)
      type: list
      elements: dict
      contains:
        network_namespace:
          description: V(host) for the namespace in which the module runs.
          returned: always
          type: str
          sample: host
        path:
          description: The path, or an abstract name with a leading C(@). What does not print is escaped. Empty for a socket without a name.
          returned: always
          type: str
          sample: /run/php/php8.2-fpm.sock
        type:
          description: V(stream) or V(seqpacket).
          returned: always
          type: str
          sample: stream
        inode:
          description: The inode of the socket.
          returned: always
          type: int
          sample: 23456
        file:
          description:
            - What has become of the file that it was bound to, one of V(there), V(replaced) by another socket, V(deleted). New connections reach
              it only where it is V(there).
          returned: always, V(null) where that cannot be told, as for abstract names
          type: str
          sample: there
        backlog:
          description: What listen() latched, V(null) where the kernel does not tell.
          returned: always
          type: int
          sample: 511
        accept_queue:
          description: The connections that wait for accept() and how many may. Where it is full, C(why) as in C(listeners).
          returned: always
          type: dict
          sample: {used: 0, limit: 512}
        bound_by:
          description: The knob that binds, V(application) or V(somaxconn).
          returned: always
          type: str
          sample: application
        since:
          description: As in C(listeners).
          returned: always
          type: str
          sample: "2026-11-20T04:20:11Z"
        processes:
          description: The processes that hold it, each with C(pid) and C(name).
          returned: always
          type: list
          elements: dict
          sample: [{pid: 812, name: php-fpm8.2}]
        unit:
          description: Their systemd unit.
          returned: always
          type: str
          sample: php8.2-fpm.service
        remedy:
          description: What to change, and where.
          returned: always
          type: str
          sample: >-
            To admit more, set `listen.backlog = 4096` in the pool that listens on /run/php/php8.2-fpm.sock in /etc/php/*/fpm/pool.d/ (Debian) or
            /etc/php-fpm.d/ (RHEL) (now 511; default: 511 up to PHP 8.1, all that net.core.somaxconn allows from 8.2; no sysctl raises it), then
            run `systemctl restart php8.2-fpm.service`. At once, until it restarts:
            `ansible HOST -b -m linuxnet.tcp.syn_backlog_listener -a 'path=/run/php/php8.2-fpm.sock backlog=4096'`.
    half_open:
      description:
        - Half-open connections (state SYN_RECV), over all listeners that were asked for and for each of them.
        - No list of networks, addresses or listeners is longer than O(top_sources).
      returned: with the subset V(half_open)
      type: dict
      contains:
        total:
          description: How many there are.
          returned: always
          type: int
          sample: 129
        retransmitted:
          description: How many had their SYN-ACK sent again at least once, so have gone unanswered for a second (three up to Linux 3.0) or more.
          returned: always
          type: int
          sample: 100
        young:
          description: How many are younger than half a second, so that the answer may still be on its way.
          returned: always
          type: int
          sample: 12
        retransmissions:
          description:
            - How many had their SYN-ACK sent again never, once, twice, and so on; by the timer, or because the client sent its SYN again.
            - The kernel counts to 255 and then begins anew.
          returned: always
          type: list
          elements: int
          sample: [29, 41, 59]
        distinct_sources:
          description: How many different addresses they are from; V(null) for a listener whose sources were not kept.
          returned: always
          type: int
          sample: 129
        sources:
          description:
            - The networks they are from (/24 for IPv4, /64 for IPv6), most first; IPv4-mapped clients count as IPv4.
            - Where one IPv6 network from /48 to /63 holds nine tenths of the unanswered IPv6 connections, but no 16 of /64 with four
              each do, that one network is listed in place of all /64 that are part of it.
            - C(unanswered) are those that are not young.
          returned: always
          type: list
          elements: dict
          sample: [{network: 198.51.100.0/24, count: 119, share: 0.9225, unanswered: 117, retransmitted: 100}]
        peers:
          description: The single addresses they are from, most first.
          returned: always
          type: list
          elements: dict
          sample: [{address: 198.51.100.7, count: 2, share: 0.0155}]
        listeners:
          description:
            - Who holds them, most first. Each has the fields above, and those that name it.
            - >-
              With a O(counters_window), C(followed) tells of those that were unanswered and due to have their SYN-ACK sent again how
              many were looked at twice (C(entries)), C(seconds) apart, how many were C(gone) the second time, answered as a rule, and
              how many were still there and their clients had sent the SYN again meanwhile (C(asked_again)). V(null) where none was due.
          returned: always
          type: list
          elements: dict
          sample:
            - network_namespace: host
              family: ipv4
              address: 0.0.0.0
              port: 80
              device: null
              total: 129
              retransmitted: 100
              young: 12
              retransmissions: [29, 41, 59]
              distinct_sources: 129
              sources: [{network: 198.51.100.0/24, count: 119, share: 0.9225, unanswered: 117, retransmitted: 100}]
              peers: [{address: 198.51.100.7, count: 2, share: 0.0155}]
              followed: {seconds: 2.0, entries: 90, gone: 1, asked_again: 0}
    counters:
      description: The kernel's TcpExt counters about listen queues, since the namespace was made. What this kernel does not count is absent.
      returned: with the subset V(counters)
      type: dict
      sample: {ListenOverflows: 0, ListenDrops: 0, TCPReqQFullDoCookies: 0, TCPReqQFullDrop: 0, SyncookiesSent: 0}
    counters_delta:
      description: How much they grew within O(counters_window) seconds.
      returned: with the subset V(counters) and a O(counters_window)
      type: dict
      sample: {seconds: 5.0, ListenDrops: 0}
    kernel_log:
      description:
        - What the kernel logged about SYN queues. It logs a flood once per listener, so silence means nothing.
        - Equal events are one row, with how many they are (C(count)) and when the first (C(first_time)) and the last (C(time)) of them came.
          The row whose last event is oldest comes first, and there are 1,000 rows at most.
        - The C(kind) is V(syn_flood), V(open_request_dropped) or V(suppressed). Of the latter C(count) tells how many messages were suppressed.
          Requests of one client are one row; its C(peer_port) is V(null) where it used several.
      returned: with the subset V(kernel_log)
      type: dict
      sample:
        readable: true
        events:
          - time: "2026-11-20T04:23:45Z"
            first_time: "2026-11-20T01:10:02Z"
            count: 3
            kind: syn_flood
            address: 0.0.0.0
            port: 80
            action: cookies
            peer_address:
            peer_port:
    mitigation:
      description: What the entry point C(mitigate) of the role P(linuxnet.tcp.syn_backlog#role) has changed, and what it has to know of the host.
      returned: with the subset V(mitigation)
      type: dict
      contains:
        record:
          description:
            - What is changed for the time of a flood, with what was there before. V(null) where nothing is.
            - See RV(linuxnet.tcp.syn_backlog_mitigation#module:record).
          returned: always
          type: dict
        problem:
          description: Why there is a record that cannot be used.
          returned: always
          type: str
        stale:
          description: Why nothing of the record is in force any more, of which RV(syn_backlog.mitigation.record) is V(null) then.
          returned: always
          type: str
        controller:
          description: The address that the ssh session comes from in which the module runs, V(null) where it does not run in one.
          returned: always
          type: str
          sample: 192.0.2.10
        addresses:
          description: The addresses of the host, with the length of the prefix of the network that each is in.
          returned: always
          type: list
          elements: str
          sample: [127.0.0.1/8, 192.0.2.1/24, "::1/128"]
        iptables:
          description: The path of the iptables command of each family, where one is installed.
          returned: always
          type: dict
          sample: {ipv4: /usr/sbin/iptables, ipv6: /usr/sbin/ip6tables}
        nft:
          description: The path of the command C(nft), V(null) where there is none.
          returned: always
          type: str
          sample: /usr/sbin/nft
        now:
          description: The time of the host when this was read.
          returned: always
          type: str
          sample: "2026-11-20T09:45:00Z"
        chains:
          description: The families that have a chain C(SYN_BACKLOG) already, as far as nf_tables knows.
          returned: always
          type: list
          elements: str
          sample: []
    findings:
      description: What is wrong, worst first. Empty on a healthy host.
      returned: with the subset V(findings)
      type: list
      elements: dict
      sample:
        - {id: listener-bound-by-application, severity: warning, subject: "0.0.0.0:80", summary: "...", evidence: {}, remedy: "..."}
    network_namespaces:
      description: Sysctls and counters of each namespace, when more than the module's own was asked for.
      returned: with O(network_namespaces)
      type: list
      elements: dict
      sample: [{name: host, sysctls: {somaxconn: 4096}, counters: {ListenDrops: 0}}]
matches:
  description: What O(query) selected.
  returned: when O(query) is given
  type: raw
  sample: [80, 443]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import options, run


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(options.gathering_spec(), query={"type": "str"}), supports_check_mode=True
    )
    run.refuse_query(module)
    module.exit_json(syn_backlog=run.gather_or_fail(module))


if __name__ == "__main__":
    main()
