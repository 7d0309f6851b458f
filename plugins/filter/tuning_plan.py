# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: tuning_plan
short_description: Which services to restart and which listeners to raise
version_added: 1.0.0
description:
  - Decides what is left to do for running listeners once M(linuxnet.tcp.syn_backlog) has brought the sysctls to the wanted
    values, or in check mode has predicted them. The role P(linuxnet.tcp.syn_backlog#role) acts on it.
  - A service is restarted only where a listener of it latched less than its next listen() would get, and where
    that listener is not to be raised without a restart. Where that is not certain, since its configuration may ask for no
    more, it is restarted in the run that changes the sysctls alone, so that a service that asks for less is not restarted
    in every run, and only where it has a number that people set C(net.core.somaxconn) to, such as 128, 1000 or 4096.
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
positional: wanted, applied
options:
  _input:
    description: The gathered C(syn_backlog) of M(linuxnet.tcp.syn_backlog_info), with its V(sysctls) and V(listeners).
    type: dict
    required: true
  wanted:
    description: What is wanted, as in P(linuxnet.tcp.backlog_shortfalls#filter), and who may be restarted.
    type: dict
    required: true
    suboptions:
      restart_units:
        description: Services that may be restarted, as systemd names them, with or without C(.service).
        type: list
        elements: str
      listeners:
        description:
          - Mappings with the options C(port), C(backlog), C(address) and C(policy) of M(linuxnet.tcp.syn_backlog_listener).
            The policy is V(at_least) if left out.
        type: list
        elements: dict
      network_namespace:
        description: Set where the facts were gathered in another network namespace.
        type: str
  applied:
    description: What M(linuxnet.tcp.syn_backlog) returned, if it ran.
    type: dict
"""

EXAMPLES = r"""
- name: Raise what is lower
  linuxnet.tcp.syn_backlog:
    somaxconn: 4096
    policy: at_least
  register: applied

- name: Read the listeners
  linuxnet.tcp.syn_backlog_info:
    gather_subset: [sysctls, listeners]
  register: tcp

- name: Who has to be restarted, and who would be raised
  ansible.builtin.debug:
    msg: "{{ tcp.syn_backlog | linuxnet.tcp.tuning_plan({'restart_units': ['nginx']}, applied) }}"
"""

RETURN = r"""
_value:
  description: The plan.
  type: dict
  contains:
    restart:
      description: Those of C(restart_units) that have a latched listener.
      type: list
      elements: str
      sample: [nginx]
    ports:
      description: Where these services listen.
      type: list
      elements: int
      sample: [80, 443]
    raise:
      description: Those of C(listeners) that are to have another backlog than they have, with all their options.
      type: list
      elements: dict
      sample: [{address: null, port: 6379, backlog: 1024, policy: at_least}]
    remarks:
      description:
        - Sentences about C(restart_units) that own no listener, and about listeners of theirs that have less than
          C(net.core.somaxconn) allows although nothing restarts them, since they may be configured so.
      type: list
      elements: str
      sample: ["redis.service owns no listener here, so it is never restarted. Units that do: nginx.service."]
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.linuxnet.tcp.plugins.module_utils._model import validated
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.plugin_utils._tune import tuning as _tuning


def tuning_plan(facts: t.Any, wanted: t.Any, applied: t.Any = None) -> dict[str, t.Any]:
    try:
        return _tuning.tuning_plan(validated.gathered(facts), wanted, validated.changed(applied))
    except (InvalidOption, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError("tuning_plan: {0}".format(error)) from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"tuning_plan": tuning_plan}
