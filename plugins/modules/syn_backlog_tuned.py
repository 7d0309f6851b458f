#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: syn_backlog_tuned
short_description: Bring sysctls and running listeners to what is wanted, and verify it, in one task
version_added: 1.0.0
description:
  - Does what the role P(linuxnet.tcp.syn_backlog#role) does, in one task for a host. It applies the sysctls and reads the outcome in one run
    on the target (M(linuxnet.tcp.syn_backlog)), raises the listeners that have less than wanted (M(linuxnet.tcp.syn_backlog_listener)), and verifies
    by effect, from what was read.
  - A host that already has the wanted values costs one run of one module. Each listener that is raised costs one more run, and the reading
    after that another one.
  - It restarts no service. RV(restart) names those that are to be restarted; the role has handlers that do it.
  - If something falls short in the end, the task fails, and the message says what, by how much, and which knob still binds it.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.attributes.action
attributes:
  check_mode:
    support: full
    details:
      - Tells the same C(changed) and diff as the run that follows. What is predicted cannot be verified.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  wanted:
    description: What the host is to have.
    type: dict
    required: true
    suboptions:
      sysctls:
        description:
          - The wanted values of V(somaxconn), V(tcp_max_syn_backlog), V(tcp_syncookies), V(tcp_synack_retries) and V(tcp_abort_on_overflow).
            One without a value is left alone.
        type: dict
        default: {}
      policy:
        description: As O(linuxnet.tcp.syn_backlog#module:policy).
        type: str
        choices: [exact, at_least]
        default: at_least
      state:
        description: As O(linuxnet.tcp.syn_backlog#module:state). V(absent) takes all five settings out.
        type: str
        choices: [present, absent]
        default: present
      persist:
        description: As O(linuxnet.tcp.syn_backlog#module:persist).
        type: bool
        default: true
      runtime:
        description: As O(linuxnet.tcp.syn_backlog#module:runtime).
        type: bool
        default: true
      sysctl_file:
        description: As O(linuxnet.tcp.syn_backlog#module:sysctl_file), whose default holds where it is left out.
        type: path
      on_shadowed:
        description: As O(linuxnet.tcp.syn_backlog#module:on_shadowed).
        type: str
        choices: [fail, warn]
        default: fail
      network_namespace:
        description: As O(linuxnet.tcp.syn_backlog#module:network_namespace).
        type: str
      listeners:
        description:
          - Running listeners and the backlog that each is to have.
        type: list
        elements: dict
        default: []
        suboptions:
          port:
            description: As O(linuxnet.tcp.syn_backlog_listener#module:port).
            type: int
          path:
            description: As O(linuxnet.tcp.syn_backlog_listener#module:path).
            type: str
          backlog:
            description: As O(linuxnet.tcp.syn_backlog_listener#module:backlog).
            type: int
            required: true
          address:
            description: As O(linuxnet.tcp.syn_backlog_listener#module:address).
            type: str
          policy:
            description: As O(linuxnet.tcp.syn_backlog_listener#module:policy).
            type: str
            choices: [exact, at_least]
            default: at_least
      restart_units:
        description: Services that may be restarted where a listener of theirs keeps an older limit.
        type: list
        elements: str
        default: []
      verify:
        description: Whether to verify the outcome.
        type: bool
        default: true
  parts:
    description: Which parts to do.
    type: list
    elements: str
    choices: [apply, listeners, verify]
    default: [apply, listeners, verify]
  applied:
    description: The result of the run that applied the sysctls, where this one only does what is left after a restart.
    type: dict
    default: {}
seealso:
  - module: linuxnet.tcp.syn_backlog
  - module: linuxnet.tcp.syn_backlog_listener
  - plugin: linuxnet.tcp.tuning_plan
    plugin_type: filter
  - plugin: linuxnet.tcp.backlog_shortfalls
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Let port 443 queue 4096 connections, without a restart
  linuxnet.tcp.syn_backlog_tuned:
    wanted:
      sysctls: {somaxconn: 4096, tcp_syncookies: 1}
      listeners:
        - {port: 443, backlog: 4096}
"""

RETURN = r"""
before:
  description: As RV(linuxnet.tcp.syn_backlog#module:before), and so are RV(after), RV(shadowed_by), RV(verified) and RV(restart_needed).
  returned: when sysctls were applied
  type: dict
  sample:
    somaxconn: {runtime: 128, boot: 128, boot_source: kernel default}
after:
  description: See RV(before).
  returned: when sysctls were applied
  type: dict
  sample:
    somaxconn: {runtime: 4096, boot: 4096, boot_source: "/etc/sysctl.d/99-zz-linuxnet-tcp.conf:3"}
shadowed_by:
  description: See RV(before).
  returned: when sysctls were applied
  type: list
  elements: dict
  sample: []
verified:
  description: See RV(before).
  returned: when sysctls were applied
  type: bool
  sample: true
restart_needed:
  description: See RV(before).
  returned: when sysctls were applied
  type: list
  elements: dict
  sample: []
raised:
  description: The listeners that were raised, as RV(linuxnet.tcp.syn_backlog_listener#module:listeners).
  returned: always
  type: list
  elements: dict
  sample: []
restart:
  description: Those of the services that are to be restarted. Nothing is raised or verified before that.
  returned: always
  type: list
  elements: str
  sample: [redis-server]
ports:
  description: Where these services will listen again.
  returned: always
  type: list
  elements: int
  sample: [6379]
remarks:
  description: What RV(linuxnet.tcp.tuning_plan#filter:_value) says of services that are not restarted, also given as warnings.
  returned: always
  type: list
  elements: str
  sample: []
shortfalls:
  description: What still falls short at the end, as RV(linuxnet.tcp.backlog_shortfalls#filter:_value).
  returned: when it was verified
  type: list
  elements: dict
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

PARTS = ("apply", "listeners", "verify")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "wanted": {"type": "dict", "required": True},
            "parts": {"type": "list", "elements": "str", "choices": list(PARTS), "default": list(PARTS)},
            "applied": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    module.fail_json(
        msg="runs on the controller; call the module as linuxnet.tcp.syn_backlog_tuned so that its action plugin is found"
    )


if __name__ == "__main__":
    main()
