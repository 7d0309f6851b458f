# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What the files of container engines say about names. Whoever wrote them, the answer is short text or nothing."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Mapping, Optional, Tuple

from . import containers

_MOST = 65536  # containers of one file
_LONGEST = 512  # characters of a name
_KUBERNETES = r"k8s_[^_]+_([^_]+)_([^_]+)_[^_]+_[0-9]+"  # as dockershim, cri-dockerd and CRI-O name containers
_ANNOTATIONS = (
    ("io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri.sandbox-name"),  # containerd
    ("io.kubernetes.pod.namespace", "io.kubernetes.pod.name"),  # CRI-O
)
_GRAPH_ROOT = r"""(?m)^[ \t]*graphroot[ \t]*=[ \t]*["'](/[^"'\n]*)["']"""
_INFRA = r"[0-9a-f]{12}-infra"
_NERDCTL = "nerdctl/name"


def of_storage(content: bytes) -> Dict[str, str]:
    """Names by id, from containers.json of containers/storage, which podman and CRI-O use."""
    rows = _read(content)
    found = {}
    for row in rows[:_MOST] if isinstance(rows, list) else []:
        one = row if isinstance(row, dict) else {}
        names = one.get("names")
        name = _text(names[0]) if isinstance(names, list) and names else None
        identity = _text(one.get("id"))
        if identity and name:
            found[identity] = name
    return found


def of_docker(content: bytes) -> Optional[str]:
    """The name, from Docker's config.v2.json, where it starts with a slash."""
    name = _text(_mapping(_read(content)).get("Name"))
    return name[1:] if name and name.startswith("/") else name


def of_runtime(content: bytes) -> Tuple[Optional[str], Optional[str]]:
    """(NAMESPACE/NAME of the pod, the container's name), each None where it is not told.

    From config.json of a bundle of the Open Container Initiative: annotations of containerd, CRI-O and nerdctl.
    """
    told = _mapping(_mapping(_read(content)).get("annotations"))
    for namespace, name in _ANNOTATIONS:
        pod = _text(told.get(namespace)), _text(told.get(name))
        if all(pod):
            return "%s/%s" % pod, None
    return None, _text(told.get(_NERDCTL))


def holds_a_pod(name: str) -> bool:
    """Whether a container of podman is the one that keeps a pod's namespaces: it is called after the pod's id."""
    return re.fullmatch(_INFRA, name) is not None


def host_name(content: bytes) -> Optional[str]:
    """What such a container takes for its host's name; the one that holds a podman pod together has the pod's."""
    return _text(_mapping(_read(content)).get("hostname"))


def pod_of_name(name: str) -> Optional[str]:
    """NAMESPACE/NAME of the pod that a container's name of Kubernetes tells; None for another name."""
    found = re.fullmatch(_KUBERNETES, name)
    return "%s/%s" % (found.group(2), found.group(1)) if found else None


def of_machine(content: bytes) -> Mapping[str, str]:
    """The settings of a file in /run/systemd/machines: CLASS, SERVICE, UNIT, LEADER and so on."""
    lines = [line.partition("=") for line in content.decode("utf-8", "replace").splitlines()]
    return {key: value.strip('"')[:_LONGEST] for key, equals, value in lines if equals}


def graph_root(content: bytes) -> Optional[str]:
    """Where a storage.conf puts the storage of containers; None where it leaves that to the default."""
    found = re.search(_GRAPH_ROOT, content.decode("utf-8", "replace"))
    return found.group(1) if found else None


def docker_root(content: bytes) -> Optional[str]:
    """Where a daemon.json puts all that Docker keeps; None where it leaves that to the default."""
    told = _mapping(_read(content))
    root = _text(told.get("data-root")) or _text(told.get("graph"))
    return root if root and root.startswith("/") else None


def home_of(user: int, content: bytes) -> Optional[str]:
    """The home directory of a user id, from the contents of /etc/passwd (passwd(5))."""
    for line in content.decode("utf-8", "replace").splitlines():
        fields = line.split(":")
        if len(fields) == 7 and fields[2] == str(user) and fields[5].startswith("/"):
            return fields[5]
    return None


def name_in(kind: str, name: Optional[str], user: Optional[int] = None) -> Optional[str]:
    """How the network namespace of a container with such a name is called: after its pod, if the name tells one."""
    pod = pod_of_name(name) if name else None
    if pod:
        return containers.shown(containers.POD, pod)
    return containers.shown(kind, name, user) if name else None


def _read(content: bytes) -> Any:
    """The JSON, or None. No number is wanted, and making one of a million digits takes minutes."""
    try:
        return json.loads(content.decode("utf-8", "replace"), parse_int=len, parse_float=len, parse_constant=len)
    except (ValueError, RecursionError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> Optional[str]:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST else None
