# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: effective_limits
short_description: The limits of a listener that follow from a kernel, its sysctls and a listen() backlog
version_added: 1.0.0
description:
  - Computes on the controller what M(linuxnet.tcp.syn_backlog_limits) computes on a host, with the same model, and
    returns its C(limits).
author:
  - The linuxnet.tcp authors (@linuxnet-collections)
options:
  _input:
    description:
      - A mapping with the options of M(linuxnet.tcp.syn_backlog_limits). C(kernel_release) is required. Sysctls that are
        left out have the kernel's defaults; C(tcp_max_syn_backlog), whose default depends on the machine, is V(1024) then.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: What would this listener admit
  ansible.builtin.debug:
    msg: "{{ {'kernel_release': '6.1.176', 'listen_backlog': 511, 'somaxconn': 128} | linuxnet.tcp.effective_limits }}"

- name: Gather
  linuxnet.tcp.syn_backlog_facts:
    gather_subset: [min]

- name: Would 1000 fit on every host of the fleet
  ansible.builtin.assert:
    that: >-
      ({'kernel_release': ansible_facts['syn_backlog']['kernel']['stable_level'],
        'kernel_rule': ansible_facts['syn_backlog']['kernel']['rule'],
        'listen_backlog': 1000, 'somaxconn': ansible_facts['syn_backlog']['sysctls']['somaxconn']['runtime']}
       | linuxnet.tcp.effective_limits).accept_queue >= 1000
"""

RETURN = r"""
_value:
  description: As RV(linuxnet.tcp.syn_backlog_limits#module:limits).
  type: dict
"""

import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleFilterError

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.what_if import INPUTS, answer, ask, kernel_of

_WITHOUT_A_HOST = {"tcp_max_syn_backlog": 1024}


def effective_limits(inputs: t.Any) -> dict[str, t.Any]:
    if not isinstance(inputs, Mapping):
        raise AnsibleFilterError("effective_limits: expected a mapping, got {0!r}".format(inputs))
    unknown = sorted(str(name) for name in inputs if name not in INPUTS)
    if unknown:
        raise AnsibleFilterError(
            "effective_limits: unknown input {0}; allowed are {1}".format(", ".join(unknown), ", ".join(INPUTS))
        )
    if inputs.get("kernel_release") is None:
        raise AnsibleFilterError("effective_limits: kernel_release is needed, such as 6.1.176")
    try:
        kernel = kernel_of(inputs["kernel_release"], inputs.get("kernel_rule"))
        return answer(ask(kernel, inputs, _WITHOUT_A_HOST))["limits"]
    except InvalidOption as error:
        raise AnsibleFilterError("effective_limits: {0}".format(error)) from error


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"effective_limits": effective_limits}
