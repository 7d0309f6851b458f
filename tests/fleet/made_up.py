# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of the fleet lab: made up the same way for each number of hosts, so that tests know what to expect."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional

#: What a file of a vendor sets, and ours has to win over
VENDOR = {"/etc/sysctl.d/99-vendor.conf": "net.core.somaxconn = 200\nnet.ipv4.tcp_max_syn_backlog = 256\n"}

SMALL, LARGE = {"net/core/somaxconn": 128}, {"net/core/somaxconn": 4096}
NGINX = "nginx -g 'error_log stderr;'"
REDIS = 'redis-server --port 6379 --bind 0.0.0.0 --protected-mode no --daemonize yes --save ""'
MEMCACHED = "memcached -d -u nobody -l 0.0.0.0 -p 11211"
PYTHON = "setsid --fork python3 -m http.server 8080"
# It listens, has as many clients of its own as its queue admits, and accepts none
STUCK = """setsid --fork python3 -c '
import socket, time
server = socket.create_server(("0.0.0.0", 8080), backlog=16)
clients = [socket.create_connection(("127.0.0.1", 8080)) for _number in range(17)]
time.sleep(100000)'"""


class Kind(NamedTuple):
    """What the hosts of one name have in common."""

    name: str
    starts: Optional[str] = None
    port: int = 0
    raised_to: int = 0  # by the tuning; 0: left alone
    sysctls: Dict[str, int] = SMALL
    files: Dict[str, str] = {}
    variables: Dict[str, Any] = {}
    boots: bool = True  # else there is nothing at its address
    after: str = ""  # of the boot script


#: A fleet repeats these twenty
KINDS: List[Kind] = [
    *[Kind("web", NGINX, 80, raised_to=2000)] * 5,
    *[Kind("cache", REDIS, 6379, raised_to=1000, sysctls=LARGE)] * 3,
    *[Kind("store", MEMCACHED, 11211, sysctls=LARGE)] * 2,
    *[Kind("app", PYTHON, 8080, raised_to=400)] * 2,
    Kind("stuck", STUCK, 8080),
    Kind("vendor", NGINX, 80, files=VENDOR),
    Kind("bare", NGINX, 80, sysctls={"net/core/somaxconn": 4096, "net/ipv4/tcp_syncookies": 0, "net/ipv4/tcp_max_syn_backlog": 128}),
    Kind("forced", REDIS, 6379, sysctls={"net/core/somaxconn": 4096, "net/ipv4/tcp_syncookies": 2}),
    Kind("ancient", REDIS, 6379, variables={"audit_kernel_rule": "power_of_two"}),
    Kind("readonly", NGINX, 80, after="mount -t tmpfs -o ro none /etc/sysctl.d"),
    Kind("broken", NGINX, 80, variables={"ansible_python_interpreter": "/nowhere/python3"}),
    Kind("dark", boots=False),
]


class Host(NamedTuple):
    name: str
    address: str
    kind: Kind

    @property
    def script(self) -> str:
        """What it does as it boots: this machine's own settings are none of its, nor is the kernel's one log for all of them."""
        lines = ["rm -f /etc/sysctl.conf /etc/sysctl.d/*", "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        lines.append("mount --bind /dev/null /dev/kmsg")
        lines += ["echo %d > /proc/sys/%s" % (value, key) for key, value in self.kind.sysctls.items()]
        lines += ["cat > %s <<'END'\n%sEND" % one for one in self.kind.files.items()]
        return "\n".join([*lines, self.kind.after, self.kind.starts or "", ""])

    @property
    def variables(self) -> Dict[str, Any]:
        """What the inventory says of it."""
        raised = [{"port": self.kind.port, "backlog": self.kind.raised_to}] if self.kind.raised_to else []
        return {"ansible_host": self.address, "syn_backlog_listeners": raised, **self.kind.variables}


def hosts(count: int) -> List[Host]:
    """So many of them, at most 1,000."""
    numbers: Dict[str, int] = {}
    made = []
    for at in range(count):
        kind = KINDS[at % len(KINDS)]
        numbers[kind.name] = numbers.get(kind.name, 0) + 1
        made.append(Host("%s%02d" % (kind.name, numbers[kind.name]), "10.77.%d.%d" % (1 + at // 200, 1 + at % 200), kind))
    return made
