# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""The command that raises a running listener at once, from the controller, as the last sentence of a remedy.

It is one of the controller's, so that the host's name is for the reader to fill in; where the name is known,
:func:`for_host` does.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from typing import List, Optional, Tuple

from .._kernel import level as kernel_level

PIDFD_GETFD = kernel_level.Level(5, 6)  # the first kernel on which another process's socket can be reached
UNTIL_RESTART = "At once, until it restarts:"  # the configuration still asks for less
INSTEAD = "Or, without a restart:"  # the next listen() asks for as much by itself
_HOST = "HOST"
_PLAIN_NAME = r"[A-Za-z0-9][A-Za-z0-9:_./@+-]*|/[A-Za-z0-9:_./@+-]+"
_PLAIN_PATH = r"[/@][A-Za-z0-9:_./@+-]+"
_SENTENCE = r" ?((?:%s|%s) `ansible )%s( [^`]*`\.)$" % (re.escape(UNTIL_RESTART), re.escape(INSTEAD), _HOST)


def raise_at_once(
    when: str,
    level: kernel_level.Level,
    port: int,
    backlog: int,
    address: Optional[str] = None,
    namespace: Optional[str] = None,
) -> str:
    """The sentence with a space before it; empty where that is not possible.

    ``when`` is one of the two above; ``address`` is None where the port alone tells which listener is meant, and
    ``namespace`` is None where it is the one that is audited from. A name that neither the shell nor Ansible passes on
    as it is gives no command.
    """
    if address is not None and not _is_address(address):
        return ""
    return _command(when, level, ["port=%d" % port] + (["address=" + address] if address else []), backlog, namespace)


def raise_path_at_once(
    when: str, level: kernel_level.Level, path: str, backlog: int, namespace: Optional[str] = None
) -> str:
    """The same for the UNIX socket of that path."""
    if not re.fullmatch(_PLAIN_PATH, path):
        return ""
    return _command(when, level, ["path=" + path], backlog, namespace)


def _command(when: str, level: kernel_level.Level, which: List[str], backlog: int, namespace: Optional[str]) -> str:
    words = [*which, "backlog=%d" % backlog]
    if namespace is not None:
        if not re.fullmatch(_PLAIN_NAME, namespace):
            return ""
        words.append("network_namespace=" + namespace)
    if level < PIDFD_GETFD:
        return ""
    return " %s `ansible %s -b -m linuxnet.tcp.syn_backlog_listener -a '%s'`." % (when, _HOST, " ".join(words))


def parted(remedy: str) -> Tuple[str, str]:
    """A remedy without its last sentence, and that sentence; empty where there is none."""
    found = re.search(_SENTENCE, remedy)
    return (remedy[: found.start()], found.group(1) + _HOST + found.group(2)) if found else (remedy, "")


def for_host(sentence: str, name: str) -> str:
    """The sentence with the host's name in its command."""
    found = re.search(_SENTENCE, sentence)
    return found.group(1) + shlex.quote(name) + found.group(2) if found else sentence


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
