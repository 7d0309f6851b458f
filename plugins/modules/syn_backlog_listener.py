#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: syn_backlog_listener
short_description: Change the backlog of a running listener without a restart
version_added: 1.0.0
description:
  - Gives a socket that already listens another backlog. The SYN queue and the accept queue admit more (or fewer)
    connections from that moment on, and the process that holds the socket notices nothing. It is not restarted, reloaded
    or stopped, the socket stays the same, and no connection is lost that is established or waits for accept().
  - This is how a raised C(net.core.somaxconn) reaches listeners that latched the old one, and how an application
    that asks for too little is helped at once, even where it has no setting for it.
  - It does the same for UNIX sockets, which O(path) names. They have one queue, the accept queue, and C(net.core.somaxconn) clamps it too.
  - Every socket that listens on O(port) is changed unless O(address) or O(inode) say which, all members of an SO_REUSEPORT group
    among them, and a socket that several processes share once. If one of them cannot be changed, those that were changed before
    it are put back.
  - It lasts as long as the socket. The application's next listen() sets what the application asks for. That happens when it is restarted,
    or when a reload closes the socket or brings another backlog (as nginx does with C(listen 80 backlog=)). RV(listeners[].to_keep)
    names the application's own setting that makes it stay.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.attributes.action_group
attributes:
  check_mode:
    support: full
    details:
      - Everything but the change itself is done, so that what would fail fails in check mode as well.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  port:
    description:
      - The local port of the listeners, V(1) to V(65535).
      - Either this or O(path) is needed.
    type: int
  path:
    description:
      - The path of a UNIX socket as C(ss -lx) and M(linuxnet.tcp.syn_backlog_info) show it, or its abstract name with a leading C(@).
      - All sockets that listen under this name if O(inode) is left out.
    type: str
  backlog:
    description:
      - The backlog as an application passes it to listen(), V(-2147483648) to V(2147483647).
      - The kernel clamps it to the C(net.core.somaxconn) of the socket's network namespace, so raise that first. A clamped listener is no failure.
        RV(listeners[].clamped_by_somaxconn) and a warning say so.
      - A negative one asks for as much as C(net.core.somaxconn) allows.
    type: int
    required: true
  address:
    description:
      - Only change the listeners on this local address, in the form in which the socket is bound, such as V(0.0.0.0), V(::)
        or V(192.0.2.1).
      - All listeners on O(port) if left out.
    type: str
  inode:
    description:
      - Only change the socket with this inode, as RV(listeners[].inode) and C(ss -e) tell it. It fails where that socket is closed.
      - All listeners on O(port) (and O(address)) if left out, among them all members of an SO_REUSEPORT group.
    type: int
  policy:
    description:
      - V(exact) gives each listener this backlog, also where it has more.
      - V(at_least) never lowers one.
      - Neither lowers a listener that has more than today's C(net.core.somaxconn), where you ask for even more.
    type: str
    choices: [exact, at_least]
    default: exact
  network_namespace:
    description:
      - The network namespace of the listeners, as a name as in C(ip netns list), an absolute path to a namespace file,
        the ID of a process that runs in it, or a container, pod or machine, as V(podman:web) or V(pod:shop/cart-7f). Needs CAP_SYS_ADMIN.
      - O(linuxnet.tcp.syn_backlog_info#module:network_namespaces) tells how containers are named, and V(all) there which ones there are.
      - The one in which the module runs if left out.
    type: str
  expected_somaxconn:
    description:
      - The C(net.core.somaxconn) that check mode uses in place of the one in force, V(0) to V(2147483647). Give it what
        M(linuxnet.tcp.syn_backlog) predicts in the same play, since in check mode that has not raised it yet.
      - Without effect outside of check mode, where the kernel decides.
    type: int
notes:
  - Needs Linux 5.6 or newer for pidfd_getfd(2), and the right to trace the process that holds the socket, which is root with
    CAP_SYS_PTRACE, or the process's own user where C(kernel.yama.ptrace_scope) is V(0). With C(kernel.yama.ptrace_scope=3), under a
    seccomp filter that forbids the call, and for sockets of the kernel itself (nfsd) it fails and changes nothing.
  - A module that runs inside of a container sees the processes of that container alone. Run it on the host and
    name the container in O(network_namespace).
  - From Linux 4.4 on, listen() on a listening socket moves both queues. On kernels up to 4.3, which a vendor's backport of the
    call may be, it moves the accept queue alone; the SYN queue then keeps the size of the first listen().
  - C(net.ipv4.tcp_max_syn_backlog) still limits new clients where C(net.ipv4.tcp_syncookies) is V(0).
seealso:
  - module: linuxnet.tcp.syn_backlog_info
    description: Tells which knob binds each listener, and the limits that follow from its backlog.
  - name: listen(2)
    description: What a backlog is.
    link: https://man7.org/linux/man-pages/man2/listen.2.html
  - name: pidfd_getfd(2)
    description: How the socket is reached, and which privilege that takes.
    link: https://man7.org/linux/man-pages/man2/pidfd_getfd.2.html
"""

EXAMPLES = r"""
- name: Let the running web server queue more, until its next restart
  linuxnet.tcp.syn_backlog_listener:
    port: 80
    backlog: 4096
    policy: at_least

- name: Let PHP-FPM queue more behind nginx, until its next restart
  linuxnet.tcp.syn_backlog_listener:
    path: /run/php/php8.2-fpm.sock
    backlog: 4096
    policy: at_least

- name: Let every listener on port 443 follow a raised net.core.somaxconn
  linuxnet.tcp.syn_backlog_listener:
    port: 443
    backlog: -1

- name: Only the one that listens on all IPv6 addresses
  linuxnet.tcp.syn_backlog_listener:
    port: 443
    address: "::"
    backlog: 4096

- name: Raise net.core.somaxconn
  linuxnet.tcp.syn_backlog:
    somaxconn: 8192
  register: applied

- name: Raise a listener beyond what it was, with a true prediction in check mode
  linuxnet.tcp.syn_backlog_listener:
    port: 443
    backlog: 8192
    expected_somaxconn: "{{ applied.after.somaxconn.runtime }}"

- name: A listener in a container's network namespace, named by one of its processes
  linuxnet.tcp.syn_backlog_listener:
    port: 6379
    backlog: 2048
    network_namespace: "{{ container_pid }}"
  register: raised

- name: Tell what makes it stay
  ansible.builtin.debug:
    msg: "{{ raised.listeners | map(attribute='to_keep') | unique | list }}"
"""

RETURN = r"""
listeners:
  description: The sockets that listen on O(port) (and O(address)), changed or not; in check mode as they would be.
  returned: success
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
    inode:
      description: The socket's inode, as in C(ss -e). It stays the same.
      returned: always
      type: int
      sample: 1234
    before:
      description: The backlog that the kernel had latched.
      returned: always
      type: int
      sample: 511
    after:
      description: The backlog now, read back from the kernel.
      returned: always
      type: int
      sample: 4096
    clamped_by_somaxconn:
      description: Whether C(net.core.somaxconn) keeps it below O(backlog).
      returned: always
      type: bool
      sample: false
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
    to_keep:
      description: What makes the backlog outlive the application's next listen().
      returned: always
      type: str
      sample: >-
        The next listen() of nginx (a restart, or a reload with another backlog configured) undoes this unless it asks for 4096 itself:
        set `backlog=4096` on `listen 80` in /etc/nginx/sites-enabled/ (Debian) or /etc/nginx/conf.d/ (RHEL).
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import raise_listener, run_listener


def main() -> None:
    module = AnsibleModule(
        argument_spec=raise_listener.listener_spec(),
        required_one_of=[("port", "path")],
        mutually_exclusive=[("port", "path"), ("path", "address")],
        supports_check_mode=True,
    )
    module.exit_json(**run_listener.set_backlogs_or_fail(module))


if __name__ == "__main__":
    main()
