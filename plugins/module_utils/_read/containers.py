# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Names of containers, from the files that their engines keep; no engine is asked, and nothing is run.

A container cannot write these files. A user can, for a container of the user's own engine, and then chooses its name.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional

from .._model import container_files, containers
from . import rooted

_MOST_FILES = 4096  # that are read in all
_MOST_BYTES = 64 << 20  # of them together
_LONGEST_FILE = 8 << 20
_MOST_NAMES = 65536  # of one directory
_MEMBERSHIP = 65536  # bytes of /proc/PID/cgroup

_STORAGE, _DOCKER = "/var/lib/containers/storage", "/var/lib/docker"
_OF_USER = "/.local/share/"
_STORAGE_SETTINGS = ("/etc/containers/storage.conf", "/usr/share/containers/storage.conf")
_DOCKER_SETTINGS = "/etc/docker/daemon.json"
_DOCKER_OF_SNAP = "/var/snap/docker/common/var-lib-docker"
_POD_LOGS = "/var/log/pods"
_MACHINES = "/run/systemd/machines"
_BUNDLES = tuple(
    "%s/io.containerd.runtime.%s" % (state, kind)
    for state in ("/run/containerd", "/run/k3s/containerd", "/run/k0s/containerd")
    for kind in ("v2.task", "v1.linux")
)
_RUN_STORAGE = "/run/containers/storage"
_LISTS = ("containers.json", "volatile-containers.json")


def container_of(pid: int, root: str = "/") -> Optional[containers.Container]:
    """The container that a process is in, from /proc/PID/cgroup; None where it is in none, or ended."""
    try:
        with open(rooted.on_host(root, "/proc/%d/cgroup" % pid), "rb") as file:
            return containers.of_membership(file.read(_MEMBERSHIP).decode("utf-8", "replace"))
    except OSError:
        return None


class Names:
    """The names of containers. Each file is read once, and only for a container that needs it."""

    def __init__(self, root: str = "/") -> None:
        self._root = root
        self._files, self._bytes = _MOST_FILES, _MOST_BYTES
        self._kept: Dict[str, Dict[str, str]] = {}

    def name(self, container: containers.Container) -> Optional[str]:
        """As ``podman:web``; by its id where no file names it, and None where even that is not known."""
        found = None
        for source in self._sources(container.kind):
            found = source(container)
            if found:
                break
        return found or containers.short(container)

    def _sources(self, kind: str) -> List[Callable[[containers.Container], Optional[str]]]:
        sources: Dict[str, List[Callable[[containers.Container], Optional[str]]]] = {
            containers.POD: [self._pod, self._bundle, self._stored],
            containers.PODMAN: [self._stored],
            containers.CRIO: [self._stored, self._stored_bundle],
            containers.DOCKER: [self._docker],
            containers.CONTAINERD: [self._bundle],
            containers.NSPAWN: [self._machine],
            "": [self._docker, self._bundle],
        }
        return sources.get(kind, [])

    # -------------------------------------------------- one for each kind of file

    def _pod(self, container: containers.Container) -> Optional[str]:
        if _POD_LOGS not in self._kept:
            told = [containers.pod_of_log(name) for name in self._list(_POD_LOGS)]
            self._kept[_POD_LOGS] = dict(one for one in told if one)
        name = self._kept[_POD_LOGS].get(container.name)
        return containers.shown(containers.POD, name) if name else None

    def _stored(self, container: containers.Container) -> Optional[str]:
        """podman's and CRI-O's list; of the container that holds a pod together, the pod's name."""
        if not container.id:
            return None
        for storage in self._storages(container.user):
            for folder in self._list(storage):
                if not folder.endswith("-containers"):
                    continue
                where = "%s/%s/" % (storage, folder)
                name = self._listed(where).get(container.id)
                if name and container.user is None and container_files.holds_a_pod(name):
                    pod = container_files.host_name(self._read("%s%s/userdata/config.json" % (where, container.id)))
                    return containers.shown(containers.PODMAN, "pod/%s" % (pod or name))
                if name:
                    return container_files.name_in(container.kind, name, container.user)
        return None

    def _listed(self, where: str) -> Dict[str, str]:
        if where not in self._kept:
            self._kept[where] = {}
            for name in _LISTS:
                self._kept[where].update(container_files.of_storage(self._read(where + name)))
        return self._kept[where]

    def _docker(self, container: containers.Container) -> Optional[str]:
        for place in self._docker_roots(container.user):
            content = self._read("%s/containers/%s/config.v2.json" % (place, container.id))
            name = container_files.of_docker(content)
            if name:
                return container_files.name_in(containers.DOCKER, name, container.user)
        return None

    def _bundle(self, container: containers.Container) -> Optional[str]:
        """containerd keeps a bundle for each, by its own namespaces: k8s.io, default, moby."""
        for place in _BUNDLES if container.id else ():
            for namespace in self._list(place):
                content = self._read("%s/%s/%s/config.json" % (place, namespace, container.id))
                if not content:
                    continue
                pod, name = container_files.of_runtime(content)
                if pod:
                    return containers.shown(containers.POD, pod)
                return containers.shown(containers.CONTAINERD, "%s/%s" % (namespace, name or container.id[:12]))
        return None

    def _stored_bundle(self, container: containers.Container) -> Optional[str]:
        for folder in self._list(_RUN_STORAGE):
            if folder.endswith("-containers"):
                content = self._read("%s/%s/%s/userdata/config.json" % (_RUN_STORAGE, folder, container.id))
                pod, _name = container_files.of_runtime(content)
                if pod:
                    return containers.shown(containers.POD, pod)
        return None

    def _machine(self, container: containers.Container) -> Optional[str]:
        """systemd-machined knows which machine a scope is, and whether it is a container at all."""
        if not container.unit:
            return None
        if _MACHINES not in self._kept:
            self._kept[_MACHINES] = {}
            for name in self._list(_MACHINES):
                told = container_files.of_machine(self._read("%s/%s" % (_MACHINES, name)))
                if told.get("CLASS") == "container" and "UNIT" in told:
                    self._kept[_MACHINES][told["UNIT"]] = name
        name = self._kept[_MACHINES].get(container.unit)
        return containers.shown(containers.NSPAWN, name) if name else None

    # -------------------------------------------------- where they are

    def _storages(self, user: Optional[int]) -> List[str]:
        if user is not None:
            return self._of_user(user, "containers/storage")
        told = [container_files.graph_root(self._read(path)) for path in _STORAGE_SETTINGS]
        return list(dict.fromkeys([*(one for one in told if one), _STORAGE]))

    def _docker_roots(self, user: Optional[int]) -> List[str]:
        if user is not None:
            return self._of_user(user, "docker")
        told = container_files.docker_root(self._read(_DOCKER_SETTINGS))
        return list(dict.fromkeys([*([told] if told else []), _DOCKER, _DOCKER_OF_SNAP]))

    def _of_user(self, user: int, below: str) -> List[str]:
        home = container_files.home_of(user, self._read("/etc/passwd"))
        return [home + _OF_USER + below] if home else []

    # -------------------------------------------------- within bounds

    def _list(self, directory: str) -> List[str]:
        try:
            return sorted(rooted.list_names(self._root, directory)[:_MOST_NAMES])
        except OSError:
            return []

    def _read(self, path: str) -> bytes:
        """The content; empty where there is none, or it is more than is ever read."""
        if self._files <= 0 or self._bytes <= 0:
            return b""
        try:
            content = rooted.read_file(self._root, path, min(_LONGEST_FILE, self._bytes)).content or b""
        except (OSError, ValueError):  # ValueError: a NUL in a path that a setting names
            return b""
        if content:
            self._files -= 1
            self._bytes -= len(content)
        return content
