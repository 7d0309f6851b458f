#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: watch_report
short_description: Make one report of what M(linuxnet.tcp.syn_backlog_watch) returned on every host
version_added: 1.0.0
description:
  - Writes C(report.txt), a table of listeners with the histogram of each accept queue as a line of blocks and what is wrong below it, and
    C(report.json), all that was watched, into a directory of the controller.
  - The hosts with the worst findings come first, and in each the listeners that lost most. Each block of the histogram stands for a length of the
    accept queue, 0, 1, 2, up to 4, up to 8 and so on; its height tells how many looks found it, on a logarithmic scale.
  - Tells of every host of the play, whether it answered or not. The task fails at the end where one gave no answer; the
    report is written even so.
  - Runs on the controller, once for all hosts of the play. The playbook C(linuxnet.tcp.watch) uses it.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.report
options:
  results:
    description:
      - The name of the variable under which a task that ran M(linuxnet.tcp.syn_backlog_watch) registered its result on each
        host; also in an earlier play.
      - That task needs O(ignore:ignore_errors) and O(ignore:ignore_unreachable), so that hosts without an answer are still there to be told of.
    type: str
    required: true
  directory:
    description:
      - The directory on the controller that the files are written to. It is made with mode V(0755) where it is missing.
      - A relative path starts in the directory in which Ansible was started.
    type: path
    default: watch
  width:
    description: Columns that findings and notes are wrapped to.
    type: int
    default: 140
seealso:
  - module: linuxnet.tcp.syn_backlog_watch
"""

EXAMPLES = r"""
- name: Watch the web servers, all at the same time
  hosts: web
  gather_facts: false
  tasks:
    - name: Watch
      linuxnet.tcp.syn_backlog_watch:
        duration: 60
      register: watched
      ignore_errors: true
      ignore_unreachable: true

- name: Report on all of them
  hosts: web
  gather_facts: false
  strategy: linear
  tasks:
    - name: Write the report, and show it
      linuxnet.tcp.watch_report:
        results: watched
      delegate_to: localhost
"""

RETURN = r"""
msg:
  description: The last line of the report, which says how things stand.
  returned: always
  type: str
  sample: "Result: 3 listeners on 1 host watched, 1 host with losses or full queues."
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
            "directory": {"type": "path", "default": "watch"},
            "width": {"type": "int", "default": 140},
        },
        supports_check_mode=True,
    )
    module.fail_json(
        msg="runs on the controller; call the module as linuxnet.tcp.watch_report so that its action plugin is found"
    )


if __name__ == "__main__":
    main()
