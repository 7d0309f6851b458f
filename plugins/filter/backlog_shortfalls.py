# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: backlog_shortfalls
short_description: What falls short of the wanted sysctls and listen backlogs
version_added: 1.0.0
description:
  - Judges freshly gathered facts against what is wanted and says which setting or listener falls short, by how much, and
    which knob still binds it. Nothing falls short where the list is empty.
  - A listener counts as wanted when a backlog of that size really has effect, in both queues. Its latched
    backlog counts, and so do the limit of its SYN queue and the limit for new clients while C(tcp_syncookies) is V(0).
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
positional: wanted
options:
  _input:
    description: The gathered C(syn_backlog) of M(linuxnet.tcp.syn_backlog_info), with its V(sysctls), V(boot) and V(listeners).
    type: dict
    required: true
  wanted:
    description: What is wanted.
    type: dict
    required: true
    suboptions:
      sysctls:
        description: The wanted values, by the names of the options of M(linuxnet.tcp.syn_backlog).
        type: dict
      policy:
        description: Whether more than that is well too.
        type: str
        choices: [exact, at_least]
        default: exact
      runtime:
        description: Whether the values have to be in force now.
        type: bool
        default: true
      persist:
        description: Whether they have to be in force after a reboot.
        type: bool
        default: true
      on_shadowed:
        description: With V(warn), other values after a reboot are accepted.
        type: str
        choices: [fail, warn]
        default: fail
      network_namespace:
        description: Set where the facts were gathered in another network namespace, which has no values after a reboot.
        type: str
      listeners:
        description:
          - Mappings with C(port) and C(backlog), and C(address) where not every listener on the port is meant.
        type: list
        elements: dict
"""

EXAMPLES = r"""
- name: Read the listeners
  linuxnet.tcp.syn_backlog_info:
    gather_subset: [sysctls, boot, listeners]
  register: tcp

- name: Go live only where the web server can queue 1024 connections
  ansible.builtin.assert:
    that: shortfalls | length == 0
    fail_msg: "{{ shortfalls | map(attribute='message') | list }}"
  vars:
    shortfalls: "{{ tcp.syn_backlog | linuxnet.tcp.backlog_shortfalls({'listeners': [{'port': 443, 'backlog': 1024}]}) }}"
"""

RETURN = r"""
_value:
  description: A mapping for each setting or listener that falls short.
  type: list
  elements: dict
  contains:
    subject:
      description: The sysctl's key, or the listener.
      type: str
      sample: 0.0.0.0:443
    wanted:
      description: What was wanted.
      type: int
      sample: 1024
    has:
      description: The present value, V(null) where it is not known.
      type: int
      sample: 511
    short_by:
      description: The difference.
      type: int
      sample: 513
    bound_by:
      description: The knob that has to move first.
      type: str
      sample: application
    message:
      description:
        - All of this in a sentence, with what to do to reach what is wanted. Where a sysctl has to move it names the variable of the role
          P(linuxnet.tcp.syn_backlog#role). Sockets of one SO_REUSEPORT group of which the same is true share one sentence.
      type: str
      sample: >-
        0.0.0.0:443 admits 511 of the 1024 wanted, 513 short; bound by application. To admit more, set `backlog=1024` on
        `listen 443` (511 is the default; no sysctl raises it), then run `systemctl reload nginx.service`.
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import validated
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._tune.tuning import shortfalls


def backlog_shortfalls(facts: t.Any, wanted: t.Any) -> list[dict[str, t.Any]]:
    try:
        return shortfalls(validated.gathered(facts), wanted)
    except (InvalidOption, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError("backlog_shortfalls: {0}".format(error)) from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"backlog_shortfalls": backlog_shortfalls}
