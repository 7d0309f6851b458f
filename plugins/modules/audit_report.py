#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_report
short_description: Make one report of what M(linuxnet.tcp.syn_backlog_info) returned on every host
version_added: 1.0.0
description:
  - Writes C(report.txt), tables of listeners with what is wrong below them, C(report.json), all that was gathered, and C(report.html), a page
    to look at both in, into a directory of the controller.
  - Hosts in the same state share one entry. Where something is to be done, the report says what.
  - Tells of every host of the play, whether it answered or not. The task fails at the end where one gave no answer; the
    report is written even so.
  - The files are replaced together, once all of them are complete.
  - Runs on the controller, once for all hosts of the play. The playbook C(linuxnet.tcp.audit) uses it.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.report
options:
  results:
    description:
      - The name of the variable under which a task that ran M(linuxnet.tcp.syn_backlog_info) registered its result on each
        host; also in an earlier play.
      - That task needs the subsets V(sysctls), V(listeners) and V(findings), and O(ignore:ignore_errors) and
        O(ignore:ignore_unreachable), so that hosts without an answer are still there to be told of.
    type: str
    required: true
  directory:
    description:
      - The directory on the controller that the files are written to. It is made with mode V(0755) where it is missing.
      - A relative path starts in the directory in which Ansible was started.
    type: path
    default: audit
  width:
    description: Columns of the table; the last column wraps.
    type: int
    default: 140
  details:
    description:
      - Hosts of which the report tells all, what to do about listeners that are well included. Names of hosts, groups of the inventory,
        patterns such as V(web*), and V(all).
      - Of other hosts it tells what is wrong and what to do about it, once for all that are alike.
    type: list
    elements: str
    default: []
  compare:
    description:
      - The C(report.json) of an earlier audit. It may be the one in O(directory) that this audit replaces, and of another version of this collection.
      - The report then tells what got better and worse since, what is new, and what is gone. C(report.json) has it under C(_compared).
      - The task fails at the end where anything got worse; the report is written even so.
      - What either report does not know is not compared.
    type: path
seealso:
  - module: linuxnet.tcp.syn_backlog_info
  - plugin: linuxnet.tcp.audit_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Gather what binds each listener
  hosts: web
  gather_facts: false
  tasks:
    - name: Gather
      linuxnet.tcp.syn_backlog_info:
      register: gathered
      ignore_errors: true
      ignore_unreachable: true

- name: Report on all of them
  hosts: web
  gather_facts: false
  strategy: linear
  tasks:
    - name: Write the report, and show it
      linuxnet.tcp.audit_report:
        results: gathered
        directory: /var/lib/audit
      delegate_to: localhost
"""

RETURN = r"""
msg:
  description: The last line of the report, which says how things stand.
  returned: always
  type: str
  sample: "Result: 3 listeners on 1 host: 1 needs attention: 0.0.0.0:80 (SYN queue full)."
report:
  description: The content of C(report.txt).
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "results": {"type": "str", "required": True},
            "directory": {"type": "path", "default": "audit"},
            "width": {"type": "int", "default": 140},
            "details": {"type": "list", "elements": "str", "default": []},
            "compare": {"type": "path"},
        },
        supports_check_mode=True,
    )
    module.fail_json(
        msg="runs on the controller; call the module as linuxnet.tcp.audit_report so that its action plugin is found"
    )


if __name__ == "__main__":
    main()
