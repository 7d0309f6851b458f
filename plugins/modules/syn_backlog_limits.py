#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: syn_backlog_limits
short_description: Compute what a listener would admit
version_added: 1.0.0
description:
  - A pure what-if. Given a kernel, its sysctls and the backlog that an application passes to listen(), returns the limits
    that follow, and which knob binds. Values that are left out are the host's own.
  - With O(connection_rate) it also sizes. It returns the backlog and the sysctls that carry that load.
  - Nothing is changed.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.attributes.info_module
  - linuxnet.tcp.attributes.action_group
options:
  kind:
    description:
      - The kind of socket. One of V(unix) has an accept queue alone, which C(net.core.somaxconn) clamps; all that concerns SYNs is then V(null).
    type: str
    choices: [tcp, unix]
    default: tcp
  kernel_release:
    description:
      - A kernel release such as V(6.1.176), V(2.6.38) or V(5.14.0-503.el9.x86_64). The host's own if left out.
      - A distribution's release may hide the upstream stable level that decides; then state that level here, in quotes.
    type: str
  kernel_rule:
    description:
      - When this kernel's SYN queue counts as full, where you know better than the release tells.
    type: str
    choices: [power_of_two, backlog, backlog+1]
  listen_backlog:
    description:
      - What the application passes to listen(), V(-2147483648) to V(2147483647). A negative one means somaxconn to the kernel.
      - If left out, the question is about an application that asks for as much as it can get.
    type: int
  somaxconn:
    description: C(net.core.somaxconn), V(0) to V(2147483647) on current kernels.
    type: int
  tcp_max_syn_backlog:
    description: C(net.ipv4.tcp_max_syn_backlog), V(-2147483648) to V(2147483647).
    type: int
  tcp_syncookies:
    description: C(net.ipv4.tcp_syncookies), V(0) to V(255) on current kernels, of which only V(0), V(1) and V(2) differ.
    type: int
  tcp_synack_retries:
    description: C(net.ipv4.tcp_synack_retries), V(0) to V(255) on current kernels.
    type: int
  connection_rate:
    description: New connections per second that the listener has to take, V(0) to V(10000000).
    type: float
  handshake_time:
    description: Seconds from a client's SYN to its ACK, V(0) to V(3600). Only used with O(connection_rate); V(0.5) if left out.
    type: float
  accept_stall:
    description:
      - Seconds for which the application may not call accept(), V(0) to V(3600). Only used with O(connection_rate); V(1) if left out.
    type: float
seealso:
  - plugin: linuxnet.tcp.effective_limits
    plugin_type: filter
    description: The same on the controller.
"""

EXAMPLES = r"""
- name: What does nginx's default backlog get on this host
  linuxnet.tcp.syn_backlog_limits:
    listen_backlog: 511

- name: What carries 5000 new connections a second from mobile clients
  linuxnet.tcp.syn_backlog_limits:
    connection_rate: 5000
    handshake_time: 0.3
    accept_stall: 0.5
  register: sizing

- name: Would raising somaxconn help on an old kernel
  linuxnet.tcp.syn_backlog_limits:
    kernel_release: 2.6.38
    listen_backlog: 4096
    somaxconn: 4096
    tcp_max_syn_backlog: 4096
"""

RETURN = r"""
limits:
  description: The limits of one listener.
  returned: success
  type: dict
  contains:
    backlog:
      description: What the kernel latches.
      returned: success
      type: int
      sample: 128
    accept_queue:
      description: Connections that can wait for accept().
      returned: success
      type: int
      sample: 129
    syn_queue:
      description: Half-open connections that the queue admits.
      returned: success
      type: int
      sample: 129
    new_peer_limit:
      description:
        - The last-quarter limit for peers that the kernel does not know yet; the smaller of the two limits holds. V(null) unless
          C(tcp_syncookies) is V(0).
      returned: success
      type: int
      sample:
    on_full:
      description: What happens to a SYN beyond the limit, V(cookies) or V(drop).
      returned: success
      type: str
      sample: cookies
    bound_by:
      description: The knob that binds, one of V(application), V(somaxconn), V(tcp_max_syn_backlog), V(syncookies).
      returned: success
      type: str
      sample: somaxconn
    half_open_lifetime:
      description: Seconds that a half-open connection whose client never answers stays, while the queue is less than half full.
      returned: success
      type: float
      sample: 63.0
    spoofed_syn_rate_to_fill:
      description: About the lowest lasting rate of never-answered SYNs a second that keeps the queue full. V(null) where nothing is queued.
      returned: success
      type: float
      sample: 14.3
    memory_bytes:
      description: About what both queues hold when full.
      returned: success
      type: int
      sample: 374616
recommended:
  description: The C(listen_backlog) and the sysctls that carry the load. V(null) without O(connection_rate).
  returned: success
  type: dict
  contains:
    listen_backlog:
      description: What the application should pass to listen().
      returned: success
      type: int
      sample: 4096
    listeners:
      description: How many sockets have to share the port with SO_REUSEPORT; more than V(1) only where no backlog of this kernel is wide enough.
      returned: success
      type: int
      sample: 1
    somaxconn:
      description: C(net.core.somaxconn).
      returned: success
      type: int
      sample: 4096
    tcp_max_syn_backlog:
      description: C(net.ipv4.tcp_max_syn_backlog).
      returned: success
      type: int
      sample: 8192
    tcp_syncookies:
      description: C(net.ipv4.tcp_syncookies).
      returned: success
      type: int
      sample: 1
explanation:
  description: The same in a few sentences.
  returned: success
  type: str
  sample: >-
    listen(511) is clamped by net.core.somaxconn and latches 128. On Linux 6.1.176 (backlog+1, release) the SYN queue then admits
    129 half-open connections, the accept queue 129 that wait for accept(). net.core.somaxconn=128 binds: raise it, then let the
    application call listen() again (a restart). A SYN beyond the limit is answered with a cookie. While the accept
    queue is full, every SYN is dropped, cookies or not. tcp_max_syn_backlog has no effect while tcp_syncookies is not 0.
kernel:
  description: The kernel whose rules were used.
  returned: success
  type: dict
  sample: {release: 6.1.0-50-cloud-amd64, stable_level: 6.1.176, rule: backlog+1, rule_source: package}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import run_limits


def main() -> None:
    module = AnsibleModule(argument_spec=run_limits.limits_spec(), supports_check_mode=True)
    module.exit_json(**run_limits.limits_or_fail(module))


if __name__ == "__main__":
    main()
