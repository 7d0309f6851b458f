#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: syn_backlog_mitigation
short_description: Keep the record of a mitigation in force
description:
  - Writes down on the host what a mitigation is about to change and what was there before, so that all of it can be put back, whoever
    or whatever interrupts it.
  - The role P(linuxnet.tcp.syn_backlog#role) calls it first of all when it mitigates a flood, and last of all when it restores. It is
    of little use by itself, as it changes no setting, listener or firewall rule.
  - The record is the file C(/run/linuxnet.tcp/mitigation.json). It ends with a reboot, as do the changes that it describes.
  - Where C(/run) outlives them all the same, as that of a container does in some engines, the record of another boot or of a network
    namespace that is gone is told in a warning. O(state=present) replaces it, O(state=absent) removes it and nothing else.
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
options:
  state:
    description:
      - V(present) writes the record. Where there is one already, both become one, in which what the first says of how things
        were before stays, and of the values to set the larger counts.
      - V(absent) removes it. It first removes the empty table C(filter) and its empty base chain C(INPUT), which C(iptables-nft) made
        when the first rule was added and has no command to remove, where the record says that they were not there before.
        The kernel refuses to remove them where they hold anything by then, so that no rule of anybody's is lost.
    type: str
    choices: [present, absent]
    default: present
  record:
    description:
      - What is about to be in force, as the filter P(linuxnet.tcp.mitigation_plan#filter) gives it in RV(linuxnet.tcp.mitigation_plan#filter:_value.record).
    type: dict
seealso:
  - module: linuxnet.tcp.syn_backlog_info
    description: Returns the record as C(mitigation.record).
  - plugin: linuxnet.tcp.mitigation_plan
    plugin_type: filter
    description: Decides what is to be done.
  - plugin: linuxnet.tcp.restoration_plan
    plugin_type: filter
    description: Decides whether and what is put back.
"""

EXAMPLES = r"""
- name: Record what is about to be changed
  linuxnet.tcp.syn_backlog_mitigation:
    record: "{{ plan.record }}"

- name: Forget it when all of it has been put back
  linuxnet.tcp.syn_backlog_mitigation:
    state: absent
"""

RETURN = r"""
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
    blocks: [{network: 198.51.100.0/24, port: 80}]
    passes: [198.51.100.7/32]
    firewall: {ipv4: {table: true, input: true}}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import mitigation, run_mitigation


def main() -> None:
    module = AnsibleModule(argument_spec=mitigation.mitigation_spec(), supports_check_mode=True)
    module.exit_json(**run_mitigation.keep_record_or_fail(module))


if __name__ == "__main__":
    main()
