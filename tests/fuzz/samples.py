# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What real hosts say, for mutations to begin with: copies of logs, answers of netlink, files of /proc, of engines and of firewalls."""

from __future__ import annotations

import glob
import os
import random
import socket
import struct
from typing import List

from ansible_collections.linuxnet.tcp.plugins.module_utils._read import netlink
from ansible_collections.linuxnet.tcp.tests.unit.plugins.module_utils._log import hostile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ID = "4f" * 32


def _copies() -> List[bytes]:
    found = []
    for path in sorted(glob.glob(os.path.join(ROOT, "tests", "data", "log_copies", "*"))):
        with open(path, "rb") as file:
            found.append(file.read()[:12000])
    return found


LOG_COPIES = _copies()
EXPORTS = [one for one in LOG_COPIES if one.startswith(b"__CURSOR=")]
SYSLOG = [hostile.text_log(3000, seed)[0][:8000] for seed in range(3)]
MESSAGES = [hostile.true_message(random.Random(seed)).text for seed in range(40)] + [
    b"last message repeated 3 times", b"message repeated 5 times: [ TCP: Possible SYN flooding on port 80. Sending cookies.]",
]  # fmt: skip
KMSG = [b"6,1234,22536160488069,-;" + one + b"\n SUBSYSTEM=net\n" for one in MESSAGES]
JOURNAL = [b"1795148625123456 web1 kernel: " + one for one in MESSAGES] + [
    b"1795148625.123456 web1 kernel[1]: " + MESSAGES[0], b"2026-11-20T04:23:45+00:00 web1 kernel: " + MESSAGES[0],
]  # fmt: skip


def diag(family: int, state: int, address: str, *attributes: bytes, port: int = 80, retrans: int = 0) -> bytes:
    """An answer of sock_diag as Linux 6.18 gives it."""
    packed = socket.inet_pton(family, address).ljust(16, b"\0")
    data = struct.pack("=BBBB", family, state, 0, retrans) + struct.pack("!HH", port, 40000) + packed + packed
    data += struct.pack("=I8sIIIII", 0, b"\1" * 8, 900, 3, 128, 0, 4711)
    return netlink.message(netlink.SOCK_DIAG_BY_FAMILY, 2, data + b"".join(attributes))


_SHUTDOWN = netlink.attribute(8, b"\0")
_MEMINFO = netlink.attribute(7, struct.pack("=9I", 0, 131072, 0, 16384, 0, 0, 0, 0, 5))
LISTENERS = [
    diag(socket.AF_INET, 10, "127.0.0.1", _SHUTDOWN, _MEMINFO, netlink.attribute(21, struct.pack("=Q", 77))),
    diag(socket.AF_INET6, 10, "::", _SHUTDOWN, netlink.attribute(11, b"\0"), _MEMINFO, netlink.attribute(19, netlink.attribute(1, b"mptcp\0"))),
]
HALF_OPEN = [
    diag(socket.AF_INET, 3, "192.0.2.7", netlink.attribute(15, bytes(4)), retrans=2) * 3,
    diag(socket.AF_INET6, 3, "2001:db8::7", port=443) + diag(socket.AF_INET, 3, "192.0.2.8", _SHUTDOWN),
]
ADDRESSES = [
    netlink.message(20, 2, struct.pack("=BBBBI", family, 24, 0, 0, 1) + netlink.attribute(1, packed) + netlink.attribute(2, packed))
    for family, packed in ((socket.AF_INET, b"\xc0\0\2\7"), (socket.AF_INET6, b"\x20\1\x0d\xb8" + bytes(11) + b"\7"))
]
DEVICES = [
    netlink.message(
        16, 2, struct.pack("=BxHiII", 0, 1, 2, 1, 0) + netlink.attribute(3, b"eth0\0") + netlink.attribute(23, struct.pack("=24Q", *range(24)))
        + netlink.attribute(18, netlink.attribute(4, b"bridge\0")) + netlink.attribute(43, netlink.attribute(2, b"\1")),
    )
]  # fmt: skip
UNIX = [
    netlink.message(20, 2, struct.pack("=BBBBI8s", 1, 1, 10, 0, 4711, b"\1" * 8) + netlink.attribute(0, b"/run/x.sock")
                    + netlink.attribute(4, struct.pack("=II", 3, 128)) + netlink.attribute(1, struct.pack("=II", 9, 25)))
]  # fmt: skip

NETSTAT = [
    (b"TcpExt: SyncookiesSent SyncookiesRecv ListenOverflows ListenDrops TCPReqQFullDoCookies TCPReqQFullDrop\n"
     b"TcpExt: 1 2 3 4 5 6\nIpExt: InNoRoutes InCsumErrors\nIpExt: 7 8\n"),
    b"Ip: Forwarding InDiscards InHdrErrors\nIp: 1 2 3\nTcp: PassiveOpens InErrs InCsumErrors\nTcp: 9 8 7\n",
]
SNMP6 = [b"Ip6InReceives \t5\nIp6InDiscards \t7\nIp6InHdrErrors \t1\nIp6InNoRoutes 3\n"]
SOFTNET = [b"0000f6d2 00000001 00000002 " + b"00000000 " * 9 + b"00000000 00000000 00000000\n", b"00000010 00000001 00000002 00000000\n"]
CONNTRACK = [
    (b"entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create"
     b" expect_delete search_restart\n00000012  00000000 00000000 00000000 00000001 00000003 00000000 00000000 00000000 00000002 00000001 00000004"
     b" 00000000  00000000 00000000 00000000 00000000\n")
]
TRACE_STATS = [b"entries: 0\noverrun: 5\ncommit overrun: 0\nbytes: 52\noldest event ts:  1.5\nnow ts: 2.5\ndropped events: 3\nread events: 8\n"]
TCP_TABLE = [
    (b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
     b"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0\n"
     b"   1: 0100007F:1F90 0200007F:C350 03 00000000:00000000 01:00000064 00000001     0        0 0 1 0000000000000000\n")
]
MOUNTINFO = [
    (b"30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
     b"31 23 0:27 / /sys/fs/cgroup/cpu\\040x rw - cgroup cgroup rw,cpu,cpuacct\n"
     b"40 23 0:40 / /proc/sys ro,relatime - proc proc rw\n")
]
MEMBERSHIP = [
    b"0::/system.slice/nginx.service\n", b"1:name=systemd:/system.slice/docker-%s.scope\n0::/\n" % ID.encode(),
    b"0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service\n", b"12:cpu,cpuacct:/docker/%s\n" % ID.encode(),
    b"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod01234567_89ab_cdef_0123_456789abcdef.slice/cri-containerd-%s.scope\n"
    % ID.encode(),
    b"0::/machine.slice/machine-web.scope\n",
]  # fmt: skip
PASSWD = [b"root:x:0:0:root:/root:/bin/bash\nweb:x:1000:1000::/home/web:/bin/sh\n"]
ENGINES = [
    b'[{"id":"%s","names":["web"],"layer":"x"},{"id":"ab","names":[]}]' % ID.encode(),
    b'{"Name":"/web","ID":"%s"}' % ID.encode(),
    b'{"hostname":"web","annotations":{"io.kubernetes.cri.sandbox-namespace":"default","io.kubernetes.cri.sandbox-name":"web"}}',
    b'{"annotations":{"nerdctl/name":"web"}}', b'{"data-root":"/srv/docker"}', b'[storage]\ngraphroot = "/srv/containers"\n',
    b"NAME=web\nCLASS=container\nSERVICE=systemd-nspawn\nUNIT=systemd-nspawn@web.service\nLEADER=123\n",
]  # fmt: skip
NAMES = [b"k8s_nginx_web-1_default_01234567-89ab_0", b"0123456789ab-infra", b"web", b"docker:web", b"kube:default/web-1", b"web\\x2d1"]

PROC_STAT = [b"4711 (a) b) S 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3\n"]
STATUS = [b"Name:\tnginx\nState:\tS (sleeping)\nTgid:\t4711\nFDSize:\t64\nvoluntary_ctxt_switches:\t5\n"]
LIMITS = [(b"Limit                     Soft Limit           Hard Limit           Units\n"
           b"Max open files            1024                 unlimited            files\n")]
CPU_STAT = [b"usage_usec 5\nnr_periods 7\nnr_throttled 2\nthrottled_usec 9\n"]
ENVIRONMENT = [b"PATH=/bin\0SSH_CONNECTION=192.0.2.7 50000 192.0.2.1 22\0HOME=/root\0"]


def elf() -> bytes:
    """An executable with Go's build id."""
    notes = struct.pack("<III4s", 4, 4, 4, b"Go\0\0") + b"abcd"
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 4, 4, 120, 0, 0, len(notes), len(notes), 4) + notes


ELF = [elf(), elf()[:5] + b"\2" + elf()[6:], elf()[:4] + b"\1" + elf()[5:]]

SYSCTL_FILES = [
    b"# sizes\nnet.core.somaxconn = 4096\n-net/ipv4/tcp_max_syn_backlog=8192\n; no\nnet.ipv4.tcp_syncookies=1 \\\n 2\n",
    (b"net.core.*=1024\n-net.core.some*\nnet.*.s?maxconn=7\n-net.core.somaxconn\nnet.ipv4.conf.{all,default}.rp_filter = 1\n"
     b"\xef\xbb\xbfnet.core.somaxconn=5\nnet.core.somaxcon=7\n"),
    b"sysctl -w net.core.somaxconn=4096\nnet.core.somaxconn 4096\nNET.CORE.SOMAXCONN=4096\n",
]
CMDLINES = [b'BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro sysctl.net.core.somaxconn=4096 "sysctl.net.ipv4.tcp_syncookies=2" quiet -- x\n']
GLOBS = [b"net/core/*", b"net/{core,ipv4/{a,b}}/[a-z!]?max*", b"[!]-a]\\*", b"{{a,b},{c,d}}", b"[[:alpha:]]*"]
TUNED = [
    (b"[main]\nsummary=x\ninclude=throughput-performance, ${f:virt_check:a:b}\n[sysctl]\nnet.core.somaxconn=>4096\nnet.ipv4.tcp_syncookies=${x}\n"
     b"[variables]\nx=1\n[my]\ntype=sysctl\nreplace=1\nnet.core.somaxconn=12\n"),
    b"reapply_sysctl = 1\ndaemon = 1\n", b"virtual-guest balanced\n",
]  # fmt: skip
SHELL = [
    b"#!/bin/sh\nset -e\nN=4096\nif [ -e /x ]; then\n  sysctl -qw net.core.somaxconn=$N\nfi\necho 8192 > /proc/sys/net/ipv4/tcp_max_syn_backlog\n",
    (b"cat <<EOF | sysctl -p -\nnet.core.somaxconn = 5\nEOF\n"
     b"printf '%s' 1 | tee /proc/sys/net/ipv4/tcp_syncookies >/dev/null; f() { sysctl -p /etc/x.conf; }\n"),
    (b"sh -c 'sysctl -w net.core.somaxconn=\"1024\"' && nsenter -t 1 -n sysctl --system || true # done\n"
     b"su - root -c \"echo 1 > /proc/sys/net/ipv4/tcp_syncookies\"\n"),
]
UNITS = [
    (b"[Unit]\nAfter=systemd-sysctl.service network.target\n[Service]\nType=oneshot\nExecStart=/bin/sh -c 'sysctl -w net.core.somaxconn=4096'\n"
     b"ExecStartPost=-/usr/sbin/sysctl \\\n  -w net.ipv4.tcp_syncookies=1\n[Install]\nWantedBy=multi-user.target\n")
]
UDEV = [(b'ACTION=="add", SUBSYSTEM=="net", RUN+="/sbin/sysctl -w net.core.somaxconn=4096", ATTR{[net/core]somaxconn}="5"\n# x\n'
         b'SYSCTL{net/core/somaxconn}="7"\n')]
INTERFACES = [(b"auto lo eth0\niface eth0 inet dhcp\n  up sysctl -w net.core.somaxconn=4096\nsource /etc/network/interfaces.d/*\n"
               b"  post-up \\\n echo 1\n")]
CRONTABS = [b"@reboot root sysctl -w net.core.somaxconn=4096\n*/5 * * * * root echo 5 > /proc/sys/net/core/somaxconn\nMAILTO=x\n"]
CLOUD = [(b"#cloud-config\nruncmd:\n  - sysctl -w net.core.somaxconn=4096\n  - [ sysctl, -w, net.core.somaxconn=5 ]\nwrite_files:\n"
          b"- path: /etc/sysctl.d/9.conf\n")]
SAPTUNE = [b'TUNE_FOR_NOTES="1410736 941735"\nNOTE_APPLY_ORDER="1410736"\n', (b"[version]\n[sysctl]\nnet.core.somaxconn = 4096\n"
                                                                              b"net.ipv4.tcp_syncookies > 1\n")]
UFW = [b"ENABLED=yes\nIPT_SYSCTL=/etc/ufw/sysctl.conf\n", b"IPT_SYSCTL='/etc/x'\nENABLED=no\n"]

RELEASES = [
    b"6.1.0-13-amd64", b"5.15.0-91-generic", b"2.6.32-754.el6.x86_64", b"6.18.44", b"#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29)",
    b"Ubuntu 5.15.0-91.101-generic 5.15.131\nUbuntu 5.15.0-91.101-generic 5.15.131", b"5.15.0-91-generic\n5.15.0-91-generic",
    b"6.6.87.2-microsoft-standard-WSL2", b"6.12.0-rc3+",
]  # fmt: skip
NFT = [
    (b'{"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}}, {"table": {"family": "inet", "name": "linuxnet_tcp", "handle": 1}},'
     b' {"set": {"family": "inet", "name": "blocked4", "table": "linuxnet_tcp", "type": ["ipv4_addr", "inet_service"], "flags": '
     b'["interval", "timeout"],'
     b' "elem": [{"elem": {"val": {"concat": [{"prefix": {"addr": "198.51.100.0", "len": 24}}, 80]}, "timeout": 600, "expires": 590, "counter":'
     b' {"packets": 5, "bytes": 300}}}]}}, {"set": {"name": "blocked6"}}, {"set": {"name": "passed4", "elem": ["192.0.2.7"]}}, {"set": '
     b'{"name": "passed6",'
     b' "elem": [{"prefix": {"addr": "2001:db8::", "len": 64}}]}}, {"chain": {"name": "input", "hook": "input", "prio": -300}},'
     b' {"rule": {"chain": "input", "expr": [{"match": {"right": "@blocked4"}}, {"drop": null}]}}]}')
]
IPTABLES = [
    (b"-N SYN_BACKLOG\n-A SYN_BACKLOG -s 192.0.2.7/32 -m comment --comment linuxnet.tcp.syn_backlog -j RETURN\n"
     b"-A SYN_BACKLOG -s 198.51.100.0/24 -p tcp"
     b" -m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN -m comment --comment linuxnet.tcp.syn_backlog -j DROP\n"),
    b"-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m comment --comment linuxnet.tcp.syn_backlog -j SYN_BACKLOG\n",
]
COUNTED = [
    (b"Chain SYN_BACKLOG (1 references)\n    pkts      bytes target     prot opt in     out     source               destination\n"
     b"       7      420 DROP       tcp  --  *      *       198.51.100.0/24      0.0.0.0/0  /* linuxnet.tcp.syn_backlog */\n")
]
RECORDS = [
    (b'{"schema": 1, "since": "2026-11-20T04:23:45Z", "boot_id": "01234567-89ab-cdef-0123-456789abcdef", "network_namespace": null, '
     b'"namespace_cookie": null, "sysctls":'
     b' {"tcp_syncookies": {"before": 0, "set": 1}}, "boot": {}, "listeners": [{"family": "ipv4", "address": "0.0.0.0", "port": 80, '
     b'"device": null, "inode": 5, "before": 128, "set": 4096}], "backend": "nftables", "blocks": [{"network": "198.51.100.0/24",'
     b' "port": 80, "until": "2026-11-20T05:23:45Z"}], "passes": ["192.0.2.7"], "syn_limit": 20, "limited": [{"family": "ipv6", "port": 443}],'
     b' "spared": ["2001:db8::/64"], "firewall": {}, "causes": ["spoofed"]}'),
    b'{"schema": 1, "boot_id": "b", "raised": [{"network_namespace": 1, "inode": 2, "time": "2026-11-20T04:23:45Z", "before": 5, "drops": null}]}',
]  # fmt: skip
HOSTS = [b"web1", b"web-1.example.com", b"192.0.2.7", b"fe80::1%eth0", b"2001:db8::7", b"all", b"web*", b"{{ x }}"]
TOTALS = [b'{"schema": 1, "boot": "b", "totals": {"drops": 5.5}, "last": {"drops": 7}}']
TRACE = [
    (b"          <idle>-0       [001] ..s1.  5.123456: kfree_skb: skbaddr=00000000abcdef12 rx_sk=0000000000000000 protocol=2048"
     b" location=tcp_v4_rcv+0x5c/0x1000 reason: NO_SOCKET\nCPU:1 [LOST 12 EVENTS]\n")
]
