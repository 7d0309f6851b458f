#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: syn_backlog_sysctls_info
short_description: Tell the sysctls of the listen queues that are in force
version_added: 1.0.0
description:
  - Returns the kernel and the sysctls in force, as M(linuxnet.tcp.syn_backlog_info) returns them with V(gather_subset=min), and nothing else.
  - It is a small module, and costs a host little more than M(ansible.builtin.ping).
  - You need not choose. M(linuxnet.tcp.syn_backlog_facts) and M(linuxnet.tcp.syn_backlog_info) send it by themselves where no other
    part is asked for.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.attributes.info_module
  - linuxnet.tcp.attributes.action_group
options:
  calibrate:
    description:
      - Whether to measure the kernel's SYN queue rule instead of trusting its release, as in M(linuxnet.tcp.syn_backlog_info).
    type: str
    choices: [auto, always, never]
    default: auto
  kernel_rule:
    description:
      - When this kernel's SYN queue counts as full, where you know better than the release tells.
    type: str
    choices: [power_of_two, backlog, backlog+1]
seealso:
  - module: linuxnet.tcp.syn_backlog_info
    description: All the rest, and what each field means.
"""

EXAMPLES = r"""
# ansible all -m linuxnet.tcp.syn_backlog_sysctls_info

- name: Read what is in force
  linuxnet.tcp.syn_backlog_sysctls_info:
  register: tcp

- name: Stop where SYN cookies are off
  ansible.builtin.assert:
    that: tcp.syn_backlog.sysctls.tcp_syncookies.runtime == 1
"""

RETURN = r"""
syn_backlog:
  description:
    - The parts C(schema), C(kernel) and C(sysctls).
    - Each field is documented as RV(linuxnet.tcp.syn_backlog_info#module:syn_backlog). What concerns the boot is V(null) here.
  returned: always
  type: dict
  sample:
    schema: 1
    kernel: {release: 6.1.0-50-cloud-amd64, stable_level: 6.1.176, rule: backlog+1, rule_source: package}
    sysctls:
      somaxconn: {runtime: 4096, boot: null, boot_source: null, shadowed: null, tuned: null, other_writers: null,
        boot_certain: null, without_effect: null, drift: null}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import run_sysctls


def main() -> None:
    module = AnsibleModule(argument_spec=run_sysctls.sysctls_spec(), supports_check_mode=True)
    module.exit_json(syn_backlog=run_sysctls.sysctls_or_fail(module))


if __name__ == "__main__":
    main()
