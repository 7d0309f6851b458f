#!/usr/bin/python
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: syn_backlog_exporter
short_description: Put the metrics exporter onto a host, as one file
version_added: 1.0.0
description:
  - Builds the exporter from the collection's own files on the controller and copies it to the host. The file needs nothing but Python 3.7 or
    newer and its standard library. The same collection always builds the same bytes.
  - The file can be run by hand. C(report) prints the audit's table, C(json) all that is known, C(watch) looks at the queues a hundred times a
    second, C(metrics) prints the metrics once, and C(export) writes or serves them until it is stopped.
  - The entry point P(linuxnet.tcp.syn_backlog#role) C(metrics) uses it and adds a service.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
extends_documentation_fragment:
  - linuxnet.tcp.attributes
  - linuxnet.tcp.attributes.action
attributes:
  check_mode:
    support: full
  diff_mode:
    support: partial
    details:
      - Says that the file changes; it is an archive, whose content is not shown.
  idempotent:
    support: full
options:
  path:
    description: Where to put the file. Its directory has to be there.
    type: path
    required: true
  interpreter:
    description: The host's Python, as a path, or as a command that C(env) finds.
    type: str
    default: /usr/bin/python3
"""

EXAMPLES = r"""
- name: Put the exporter onto the host
  linuxnet.tcp.syn_backlog_exporter:
    path: /usr/local/sbin/linuxnet-tcp-exporter
"""

RETURN = r"""
dest:
  description: Where the file is.
  returned: always
  type: str
  sample: /usr/local/sbin/linuxnet-tcp-exporter
checksum:
  description: The SHA-1 checksum of the file.
  returned: when it was copied
  type: str
  sample: 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "interpreter": {"type": "str", "default": "/usr/bin/python3"},
        },
        supports_check_mode=True,
    )
    module.fail_json(
        msg="runs on the controller; call the module as linuxnet.tcp.syn_backlog_exporter so that its action plugin is found"
    )


if __name__ == "__main__":
    main()
