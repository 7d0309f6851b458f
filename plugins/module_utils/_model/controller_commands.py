# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The controller's command that has a host's flood mitigated, as remedies have it: HOST is for the reader to fill in.

Where the name is known, :func:`for_host` does.
"""

from __future__ import annotations

import json
import re
import shlex

_BEGIN = "`ansible-playbook linuxnet.tcp.mitigate -e "
MITIGATE = _BEGIN + "mitigate_hosts=HOST`"
_PLAIN_NAME = r"[A-Za-z0-9][A-Za-z0-9:._@-]*"


def for_host(remedy: str, name: str) -> str:
    """The remedy with the host's name in that command."""
    given = "mitigate_hosts=" + name
    if not re.fullmatch(_PLAIN_NAME, name):
        given = shlex.quote(json.dumps({"mitigate_hosts": name}))
    return remedy.replace(MITIGATE, _BEGIN + given + "`")
