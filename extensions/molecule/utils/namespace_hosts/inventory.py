# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An inventory of such hosts, for whoever runs Ansible without Molecule."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Dict, Mapping

HERE = os.path.dirname(os.path.abspath(__file__))


def written(state: str, hosts: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the inventory into the folder STATE and return its path. Hosts have their variables, ``ansible_host`` too.

    Each ssh connection begins inside the network that the hosts share.
    """
    known = state + "/known_hosts"
    connect = "%s %s %s %%h %%p" % (sys.executable, os.path.join(HERE, "connect.py"), state)
    variables: Dict[str, Any] = {
        "ansible_user": "root",
        # The link may be in what a host does not have, such as /tmp
        "ansible_python_interpreter": os.path.realpath(sys.executable),
        "ansible_ssh_private_key_file": state + "/key",
        "ansible_ssh_common_args": "-o ProxyCommand='%s' -o ProxyUseFdpass=yes -o UserKnownHostsFile=%s "
        "-o IdentitiesOnly=yes -F none" % (connect, known),
    }
    path = os.path.join(state, "inventory.json")
    with open(path, "w", encoding="utf-8") as file:
        own = {name: dict(theirs) for name, theirs in hosts.items()}
        json.dump({"all": {"hosts": own, "vars": variables}}, file, indent=1)
    return path
