#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: syn_backlog_facts
short_description: Gather which knob binds each TCP listener as facts
version_added: 1.0.0
description:
  - Gathers the same as M(linuxnet.tcp.syn_backlog_info) and returns it as the fact C(syn_backlog), and nothing else.
  - Reads files and netlink only; nothing is changed and no command is run.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.attributes.facts
  - linuxnet.tcp.attributes.facts_module
  - linuxnet.tcp.attributes.action_group
  - linuxnet.tcp.gathering
notes:
  - Works without privileges. What needs them is then V(null), and a warning says so; no listener is left out.
seealso:
  - module: linuxnet.tcp.syn_backlog_info
    description: The same as a return value, with a query; documents each field.
  - module: linuxnet.tcp.syn_backlog_limits
"""

EXAMPLES = r"""
# ansible all -m linuxnet.tcp.syn_backlog_facts

- name: Gather
  linuxnet.tcp.syn_backlog_facts:
    ports: [80, 443]

- name: Show what binds each web listener
  ansible.builtin.debug:
    msg: "{{ item.address }}:{{ item.port }} is bound by {{ item.bound_by }}. {{ item.remedy }}"
  loop: "{{ ansible_facts['syn_backlog']['listeners'] }}"
  loop_control:
    label: "{{ item.port }}"
"""

RETURN = r"""
ansible_facts:
  description: Facts to add to ansible_facts.
  returned: always
  type: dict
  contains:
    syn_backlog:
      description:
        - Sysctls, listeners, half-open connections, counters, kernel log and findings, as asked for with O(gather_subset).
        - Each field is documented as RV(linuxnet.tcp.syn_backlog_info#module:syn_backlog).
      returned: always
      type: dict
      sample:
        schema: 1
        kernel: {release: 6.1.0-50-cloud-amd64, stable_level: 6.1.176, rule: backlog+1, rule_source: package}
        sysctls:
          somaxconn: {runtime: 4096, boot: 4096, boot_source: kernel default, shadowed: [], tuned: null, other_writers: [], boot_certain: true,
            without_effect: [], drift: false}
        listeners:
          - network_namespace: host
            protocol: tcp
            family: ipv4
            address: 0.0.0.0
            port: 80
            device:
            dual_stack: false
            inode: 1234
            backlog: 511
            accept_queue: {used: 0, limit: 512}
            syn_queue: {used: 3, limit: 512, new_peer_limit: null, on_full: cookies}
            reuseport:
            memory_bytes: 1486848
            drops: 0
            bound_by: application
            processes: [{pid: 812, name: nginx}]
            unit: nginx.service
            remedy: >-
              To admit more, set `backlog=4096` on `listen 80` in /etc/nginx/sites-enabled/ (Debian) or /etc/nginx/conf.d/ (RHEL) (511 is the
              default; no sysctl raises it), then run `systemctl reload nginx.service`. At once, until it restarts:
              `ansible HOST -b -m linuxnet.tcp.syn_backlog_listener -a 'port=80 backlog=4096'`.
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import options, run


def main() -> None:
    module = AnsibleModule(argument_spec=options.gathering_spec(), supports_check_mode=True)
    module.exit_json(ansible_facts={"syn_backlog": run.gather_or_fail(module)})


if __name__ == "__main__":
    main()
