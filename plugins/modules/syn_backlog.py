#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: syn_backlog
short_description: Set the sysctls of listen queues now and at boot
version_added: 1.0.0
description:
  - Sets the sysctls of listen queues to the wanted values, now and at boot, as one transaction.
  - Values are held against the ranges of the running kernel first. Then run-time values are written in a safe order and read back,
    the file is replaced as a whole, and the files that the host's sysctl loader applies are resolved to make sure that
    these values decide at boot. When a step fails, the values and the file are put back, and the message says what was restored.
  - Only the settings that are named are touched, in the kernel and in the file. Every other line of the file stays byte for byte.
  - A listener keeps the limit that it took when it called listen(). RV(restart_needed) tells which listeners that concerns.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.attributes.files
  - linuxnet.tcp.attributes.action_group
attributes:
  check_mode:
    support: full
    details:
      - Tells the same C(changed), RV(before), RV(after), diff, RV(shadowed_by) and the same failure as the run that follows.
  diff_mode:
    support: full
  idempotent:
    support: full
  safe_file_operations:
    support: full
options:
  somaxconn:
    description:
      - C(net.core.somaxconn), V(0) to V(2147483647) on current kernels. The most that a listen() backlog can be.
    type: int
  tcp_max_syn_backlog:
    description:
      - C(net.ipv4.tcp_max_syn_backlog), V(-2147483648) to V(2147483647). Since Linux 4.4 it matters only where O(tcp_syncookies=0).
    type: int
  tcp_syncookies:
    description:
      - C(net.ipv4.tcp_syncookies). V(0) is never, V(1) when a SYN queue is full, V(2) always, which is meant for tests.
    type: int
  tcp_synack_retries:
    description:
      - C(net.ipv4.tcp_synack_retries), V(0) to V(255) on current kernels.
    type: int
  tcp_abort_on_overflow:
    description:
      - C(net.ipv4.tcp_abort_on_overflow). With V(1) a client whose connection finds the accept queue full is reset; V(0) lets it try again.
    type: int
  policy:
    description:
      - V(exact) sets each value.
      - V(at_least) raises what is lower and lowers nothing, compared as numbers, each for itself at run time and at boot. Where the value of
        the next boot is high enough already, whoever sets it, O(sysctl_file) is left as it is.
    type: str
    choices: [exact, at_least]
    default: exact
  state:
    description:
      - V(present) sets the values. At least one is required then.
      - V(absent) removes settings from O(sysctl_file), those that are named with any value, or all five if none is named. With O(runtime) the
        settings that were taken out get the value that they have after the next boot. A file that then holds
        nothing but the header that this module gave it is removed.
    type: str
    choices: [present, absent]
    default: present
  persist:
    description:
      - Whether to keep the values in O(sysctl_file).
    type: bool
    default: true
  runtime:
    description:
      - Whether to set the values in the running kernel. With V(false) even a host with a read-only C(/proc/sys) can be prepared. Where
        nothing applies sysctl files at boot, as in most containers, set O(on_shadowed=warn) too.
    type: bool
    default: true
  sysctl_file:
    description:
      - The file that keeps the values, as an absolute path. A symbolic link is refused.
      - The default sorts after C(99-sysctl.conf) and the names that vendors and operators usually choose, so that it decides. Unlike
        C(/etc/sysctl.conf) it is read by systemd-sysctl and by procps. One below C(/run), which starts empty at each boot, is refused.
      - A new file is made with mode 0644; an existing one keeps mode, owner and SELinux context. A new file that would mask one of the same name
        in another directory is refused.
    type: path
    default: /etc/sysctl.d/99-zz-linuxnet-tcp.conf
  on_shadowed:
    description:
      - What to do where something else decides at boot, such as a file that is read later, TuneD's active profile,
        a host on which nothing applies sysctl files, or a container without an init, whose runtime sets them. RV(shadowed_by) says what it is.
      - V(fail) changes nothing and fails. V(warn) goes on and warns. Where nothing applies the file, only V(warn) writes it, also with
        O(runtime=false), and also where the value is right without it.
    type: str
    choices: [fail, warn]
    default: fail
  network_namespace:
    description:
      - The network namespace whose values are set, as a name of C(ip netns list), the absolute path of a namespace file, the ID of
        a process, or a container, pod or machine, as V(podman:web) or V(pod:shop/cart-7f). The module's own if left out.
      - O(linuxnet.tcp.syn_backlog_info#module:network_namespaces) tells how containers are named, and V(all) there which ones there are.
      - No file sets the values of another namespace at boot, so it requires O(persist=false). Needs CAP_SYS_ADMIN.
    type: str
  report_listeners:
    description:
      - Whether to return what each listener admits after the change, as RV(syn_backlog). It saves the task that would read it.
    type: bool
    default: false
  ports:
    description:
      - With O(report_listeners), only return the listeners of these local ports, each V(1) to V(65535). All if left out.
    type: list
    elements: int
  paths:
    description:
      - With O(report_listeners), also return the UNIX sockets that listen under these names.
    type: list
    elements: str
notes:
  - Setting values needs root, or the right to write the files in question.
  - A program that edits O(sysctl_file) without a lock in the very moment of the replacement is noticed before it, not during it.
seealso:
  - module: linuxnet.tcp.syn_backlog_limits
    description: Tells which values a load needs.
  - module: linuxnet.tcp.syn_backlog_facts
    description: Tells what each listener really admits, and which setting binds it.
"""

EXAMPLES = r"""
- name: Admit 4096 connections to each queue, now and after a reboot
  linuxnet.tcp.syn_backlog:
    somaxconn: 4096
    tcp_max_syn_backlog: 8192
    tcp_syncookies: 1

- name: Raise what is lower, and tell what still has the older limit
  linuxnet.tcp.syn_backlog:
    somaxconn: 4096
    policy: at_least
  register: backlog

- name: Restart the services among them
  ansible.builtin.service:
    name: "{{ item }}"
    state: restarted
  loop: "{{ backlog.restart_needed | selectattr('certain') | map(attribute='unit') | select | unique }}"

- name: Set the values of a network namespace
  linuxnet.tcp.syn_backlog:
    somaxconn: 4096
    network_namespace: blue
    persist: false

- name: Give a container room until it is made anew
  linuxnet.tcp.syn_backlog:
    somaxconn: 4096
    network_namespace: podman:web
    persist: false

- name: Remove all five settings
  linuxnet.tcp.syn_backlog:
    state: absent
"""

RETURN = r"""
before:
  description:
    - Each setting that was named, as it was found. C(runtime) is the value in force, C(boot) the one after the next boot,
      C(boot_source) the file and line that sets that, or V(kernel default). What TuneD does after the sysctl loader is part of it, and what is below
      C(/run) is not.
    - C(boot) and C(boot_source) are V(null) in another network namespace, and where they cannot be told.
  returned: when the options are valid and nothing barred the way
  type: dict
  sample:
    somaxconn: {runtime: 128, boot: 128, boot_source: "/etc/sysctl.d/99-vendor.conf:3"}
after:
  description: The same after the change; in check mode, as it would be.
  returned: when the options are valid and nothing barred the way
  type: dict
  sample:
    somaxconn: {runtime: 4096, boot: 4096, boot_source: "/etc/sysctl.d/99-zz-linuxnet-tcp.conf:3"}
shadowed_by:
  description: For each setting that will have another value after a reboot, what sets that value.
  returned: when the options are valid and nothing barred the way
  type: list
  elements: dict
  contains:
    key:
      description: The option whose value does not hold.
      type: str
      returned: success
      sample: somaxconn
    source:
      description: File and line, or V(kernel default). V(null) where it cannot be told.
      type: str
      returned: success
      sample: /etc/sysctl.d/99-zzz.conf:1
    value:
      description: The value that it brings. V(null) where it cannot be told.
      type: int
      returned: success
      sample: 128
    reason:
      description: Why the line of O(sysctl_file) has no effect. Empty where the setting at C(source) merely comes later.
      type: str
      returned: success
      sample: applied by TuneD after the sysctl loader
  sample: []
verified:
  description:
    - Whether the wanted values were found after the change, both at run time and for the next boot. V(false) in check mode
      where something would change, and where RV(shadowed_by) is not empty.
  returned: when the options are valid and nothing barred the way
  type: bool
  sample: true
unit_aliases:
  description: Other names of the services that the listeners belong to, with the unit behind each.
  returned: where listeners are told
  type: dict
  sample: {mysql.service: mariadb.service}
restart_needed:
  description:
    - Listeners that have less than what is allowed now, in every run, and whose next listen() would admit more or, with RV(restart_needed[].certain)
      V(false), may. Not among them is one whose application is known to ask for no more.
  returned: success
  type: list
  elements: dict
  contains:
    network_namespace:
      description: V(host) for the one in which the module runs.
      type: str
      returned: success
      sample: host
    protocol:
      description: V(tcp) or V(mptcp).
      type: str
      returned: success
      sample: tcp
    family:
      description: V(ipv4) or V(ipv6).
      type: str
      returned: success
      sample: ipv4
    address:
      description: Address that it listens on.
      type: str
      returned: success
      sample: 0.0.0.0
    port:
      description: Port that it listens on.
      type: int
      returned: success
      sample: 80
    device:
      description: Interface that it is bound to. V(null) where it is bound to none.
      type: str
      returned: success
      sample: eth0
    inode:
      description: Inode of the socket.
      type: int
      returned: success
      sample: 1234
    backlog:
      description: What it took at its last listen().
      type: int
      returned: success
      sample: 128
    next_backlog:
      description: What it takes at its next listen(); the most that it can take where nobody knows what its application asks for.
      type: int
      returned: success
      sample: 511
    certain:
      description:
        - V(true) where it took exactly the limit that was in force before this run, or where its command line asks for more.
        - V(false) where only the application's default says so, which its configuration may have replaced, and where nobody knows
          what the application asks for. Such a listener is told until its process is younger than the setting, which is as old as the last change of the
          file that sets C(net.core.somaxconn), or as the boot. Then what it has is what it asked for.
      type: bool
      returned: success
      sample: true
    processes:
      description: Processes that hold it, as far as they are visible.
      type: list
      elements: dict
      returned: success
      sample: [{pid: 812, name: nginx}]
    unit:
      description: The systemd unit that it belongs to.
      type: str
      returned: success
      sample: nginx.service
    remedy:
      description: How to bring it to listen() again.
      type: str
      returned: success
      sample: run `systemctl restart nginx.service`
  sample: []
syn_backlog:
  description:
    - The parts C(sysctls) and C(listeners) of RV(linuxnet.tcp.syn_backlog_info#module:syn_backlog), which documents each field.
    - They are what is in force after the change; in check mode, what is in force now. What the next boot brings is told of the settings
      that were named. Half-open connections are not counted.
  returned: with O(report_listeners), where the listeners can be read
  type: dict
  contains:
    sysctls:
      description: The settings, with C(runtime), C(boot) and C(boot_source).
      type: dict
      returned: success
      sample:
        somaxconn: {runtime: 4096, boot: 4096, boot_source: "/etc/sysctl.d/99-zz-linuxnet-tcp.conf:3"}
    unix_listeners:
      description: The UNIX sockets of O(paths).
      type: list
      elements: dict
      returned: with O(paths)
      sample: []
    listeners:
      description: The listeners.
      type: list
      elements: dict
      returned: success
      sample: [{address: 0.0.0.0, port: 80, backlog: 511, bound_by: application}]
restored:
  description: What was put back after a step failed.
  returned: when a step failed
  type: list
  elements: str
  sample: [net.core.somaxconn = 128]
not_restored:
  description: What could not be put back, and why. Empty unless the host itself is failing.
  returned: when a step failed
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import change_options, run_change


def main() -> None:
    module = AnsibleModule(
        argument_spec=change_options.change_spec(), required_if=change_options.REQUIRED_IF, supports_check_mode=True
    )
    module.exit_json(**run_change.change_or_fail(module))


if __name__ == "__main__":
    main()
