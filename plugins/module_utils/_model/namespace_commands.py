# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""How a shell runs a command inside the network namespace that a report names."""

from __future__ import annotations

import re
import shlex
from typing import Optional, Tuple

#: What reports call the namespace that is audited from
OWN = "host"

#: What stands before the id of a process whose namespace is meant
PID = "pid:"

#: What stands before the name of a container, a pod or a machine whose namespace is meant
KINDS = ("podman", "docker", "containerd", "crio", "lxc", "nspawn", "pod")

_PART = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,252}"  # what engines allow in a name, and nothing that a shell takes for its own
_CONTAINER = r"(%s):(?:(%s)/)?(%s)" % ("|".join(KINDS), _PART, _PART)
_NSENTER = 'nsenter --net --target "$(%s)" '
_FIRST = "%s | grep -oPm1 '\"%s\": \\K[1-9][0-9]*'"  # of what an engine prints as JSON


def prefix(namespace: Optional[str]) -> str:
    """What to put before a command so that it runs there, with a space at its end; empty for our own.

    Names as reports have them: ``pid:1234``, ``podman:web``, an absolute path, or one of ip-netns(8). None is our own,
    too. The last needs ip(8), the others nsenter(1) of util-linux 2.23 or later, and a container its engine's command.
    """
    if namespace is None or namespace == OWN:
        return ""
    container = container_of(namespace)
    if container:
        return _NSENTER % _process_of(*container)
    if namespace.startswith(PID):
        return "nsenter --net --target %s " % shlex.quote(namespace[len(PID):])
    if namespace.startswith("/"):
        return "nsenter --net=%s " % shlex.quote(namespace)
    return "ip netns exec %s " % shlex.quote(namespace)


def container_of(namespace: str) -> Optional[Tuple[str, str, str]]:
    """(kind, what it belongs to, name) of ``podman:web``, ``podman:1000/web``, ``pod:shop/cart``; None for others.

    What it belongs to is a user id, a namespace of Kubernetes or one of containerd, or ``pod`` for a pod of podman; it
    may be empty.
    """
    found = re.fullmatch(_CONTAINER, namespace)
    return (found.group(1), found.group(2) or "", found.group(3)) if found else None


def _process_of(kind: str, within: str, name: str) -> str:
    """The command that prints the id of a process in the container."""
    if kind == "nspawn":
        return "machinectl show %s --property Leader --value" % name
    if kind == "lxc":
        return "lxc-info --name %s --pid --no-humanize" % name
    if kind == "crio":
        return _FIRST % ("crictl inspect " + name, "pid")
    if kind == "pod":
        where = "--namespace %s " % within if within else ""
        which = '--name "^%s$"' % name if within else "--label io.kubernetes.pod.uid=" + name
        pods = "crictl pods --quiet --latest --state ready %s%s" % (where, which)
        return _FIRST % ('crictl inspectp "$(%s)"' % pods, "pid")
    if kind == "containerd":
        return _FIRST % ("nerdctl --namespace %s inspect %s" % (within or "default", name), "Pid")
    if within == "pod":
        name = '"$(podman pod inspect %s | grep -oPm1 \'"InfraContainerID": "\\K[0-9a-f]+\')"' % name
    engine = "%s inspect %s" % (kind, name)
    if within.isdigit():  # a user's own engine
        engine = "sudo -H -u '#%s' env XDG_RUNTIME_DIR=/run/user/%s %s" % (within, within, engine)
    return _FIRST % (engine, "Pid")
