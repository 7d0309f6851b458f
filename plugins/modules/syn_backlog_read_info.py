#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: syn_backlog_read_info
short_description: Read what decides about listen queues, without judging it
version_added: 1.0.0
description:
  - Returns what M(linuxnet.tcp.syn_backlog_info) reads on a host, in the same structure, before findings are drawn from it and before the parts that were
    not asked for are left out.
  - You need not choose. M(linuxnet.tcp.syn_backlog_facts) and M(linuxnet.tcp.syn_backlog_info) send it by themselves and judge on the
    controller what it returns, so that the rules need not travel to each host. Where they gather over a window (O(counters_window)), and in
    asynchronous tasks, they judge on the host.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.attributes.info_module
  - linuxnet.tcp.attributes.action_group
  - linuxnet.tcp.gathering
seealso:
  - module: linuxnet.tcp.syn_backlog_info
    description: The same, judged, and what each field means.
"""

EXAMPLES = r"""
- name: Read everything, for a judgement elsewhere
  linuxnet.tcp.syn_backlog_read_info:
  register: read
"""

RETURN = r"""
syn_backlog:
  description: The structure of RV(linuxnet.tcp.syn_backlog_info#module:syn_backlog), without C(findings).
  returned: always
  type: dict
  sample:
    schema: 1
    kernel: {release: 6.1.0-50-cloud-amd64, stable_level: 6.1.176, rule: backlog+1, rule_source: package}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import options, run_read


def main() -> None:
    module = AnsibleModule(argument_spec=options.gathering_spec(), supports_check_mode=True)
    module.exit_json(syn_backlog=run_read.read_or_fail(module))


if __name__ == "__main__":
    main()
