# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of the catalogue, run for real as far as they are installed: who they are, what they ask for, which listener it is."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.recognise import recognise
from ansible_collections.linuxnet.tcp.tests.live import daemons, lab
from ansible_collections.linuxnet.tcp.tests.live.report import report

ALL = 30000  # of somaxconn, an odd number that no program has compiled in

FILES = {
    "config.ru": "run lambda { |env| [200, {}, []] }\n",
    "app.psgi": "sub { [200, [], []] }\n",
    "danted.conf": (
        "internal: 127.0.0.1 port=8080\nexternal: lo\nsocksmethod: none\nclientmethod: none\n"
        "client pass { from: 0/0 to: 0/0 }\n"
    ),
    "h2o.conf": "listen:\n  host: 127.0.0.1\n  port: 8080\nhosts:\n  default:\n    paths:\n      /:\n        file.dir: /\n",
    "zabbix.conf": "Server=127.0.0.1\nServerActive=127.0.0.1\nHostname=a\nLogType=console\nAllowRoot=1\nListenPort=8080\nListenIP=127.0.0.1\n",
    "monit.conf": "set httpd port 8080 use address 127.0.0.1 allow localhost\nset daemon 5\n",
    "torrc": "",
    "tinyproxy.conf": "Port 8080\nListen 127.0.0.1\nMaxClients 5\n",
}

# application, backlog, Debian package, command
PROGRAMS = [
    ("aria2", 1024, "aria2", ["aria2c", "--enable-rpc", "--disable-ipv6=true", "--rpc-listen-port=8080"]),
    ("an Erlang or Elixir program", 5, "erlang-base", [
        "erl", "-noshell", "-eval", "{ok,_}=gen_tcp:listen(8080,[]), timer:sleep(60000).",
    ]),
    ("beanstalkd", 1024, "beanstalkd", ["beanstalkd", "-l", "127.0.0.1", "-p", "8080"]),
    ("busybox httpd", 9, "busybox", ["busybox", "httpd", "-f", "-p", "127.0.0.1:8080"]),
    ("Caddy", ALL, "caddy", ["caddy", "file-server", "--listen", "127.0.0.1:8080"]),
    ("Dante", 511, "dante-server", ["danted", "-f", "{dir}/danted.conf"]),
    ("dnsdist", 4096, "dnsdist", ["dnsdist", "--supervised", "-C", "/dev/null", "-l", "127.0.0.1:8080"]),
    ("gdbserver", 1, "gdbserver", ["gdbserver", "127.0.0.1:8080", "/bin/sleep", "60"]),
    ("Gearman", 32, "gearman-job-server", ["gearmand", "-L", "127.0.0.1", "-p", "8080", "-l", "stderr"]),
    ("Gearman", 77, "gearman-job-server", ["gearmand", "-L", "127.0.0.1", "-p", "8080", "-l", "stderr", "-b", "77"]),
    ("git daemon", 5, "git", ["/usr/lib/git-core/git-daemon", "--base-path=/", "--listen=127.0.0.1", "--port=8080"]),
    ("h2o", ALL, "h2o", ["h2o", "-c", "{dir}/h2o.conf"]),
    ("iperf", ALL, "iperf3", ["iperf3", "-s", "-p", "8080"]),
    ("Monit", 1024, "monit", ["monit", "-I", "-c", "{dir}/monit.conf", "-p", "{dir}/pid"]),
    ("NATS", ALL, "nats-server", ["nats-server", "-a", "127.0.0.1", "-p", "8080"]),
    ("Ncat", 10, "ncat", ["ncat", "-lk", "127.0.0.1", "8080"]),
    ("a PHP program", 4096, "php-cli", ["php", "-S", "127.0.0.1:8080"]),
    ("a Prometheus exporter", ALL, "prometheus-node-exporter", [
        "prometheus-node-exporter", "--web.listen-address=127.0.0.1:8080",
    ]),
    ("plackup", 4096, "libplack-perl", ["plackup", "-l", "127.0.0.1:8080", "{dir}/app.psgi"]),
    ("rsync", 5, "rsync", ["rsync", "--daemon", "--no-detach", "--config=/dev/null", "--address=127.0.0.1", "--port=8080"]),
    ("socat", 5, "socat", ["socat", "TCP4-LISTEN:8080,fork", "-"]),
    ("Starman", 1024, "starman", ["starman", "-l", "127.0.0.1:8080", "{dir}/app.psgi"]),
    ("svnserve", 128, "subversion", ["svnserve", "-d", "--foreground", "--listen-host=127.0.0.1", "--listen-port=8080"]),
    ("Thin", 100, "thin", ["thin", "-R", "{dir}/config.ru", "-a", "127.0.0.1", "-p", "8080", "start"]),
    ("tinyproxy", 1024, "tinyproxy", ["tinyproxy", "-d", "-c", "{dir}/tinyproxy.conf"]),
    ("Tor", ALL, "tor", ["tor", "-f", "{dir}/torrc", "--SocksPort", "8080", "--DataDirectory", "{dir}/tor"]),
    ("Twisted", 50, "python3-twisted", ["twistd3", "-n", "web", "--listen", "tcp:8080:interface=127.0.0.1"]),
    ("Zabbix", 4096, "zabbix-agent", ["zabbix_agentd", "-f", "-c", "{dir}/zabbix.conf"]),
]  # fmt: skip


@pytest.fixture
def namespace(netns: lab.Netns) -> lab.Netns:
    netns.sysctl("net.core.somaxconn", ALL)
    return netns


@pytest.mark.parametrize(
    ("application", "backlog", "package", "argv"), PROGRAMS, ids=["%s-%d" % (one[0], one[1]) for one in PROGRAMS]
)
def test_a_program_of_the_catalogue(namespace, tmp_path, application, backlog, package, argv) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text.replace("{dir}", str(tmp_path)))
        (tmp_path / name).chmod(0o600)
    with daemons.Command(namespace, tmp_path, package, *argv) as daemon:
        told = report(namespace, daemon.port)
        assert (told.application, told.backlog) == (application, backlog)
        hint = recognise(told.processes)
        least = hint.would_get(ALL)
        assert least is None or least <= backlog, "the catalogue's default, or the least of them"


# ---------------------------------------------------------------- listeners that are not the service


def test_ports_that_ssh_forwards_are_told_from_sshd(namespace, tmp_path) -> None:
    """-R is held by sshd's session, -L by the client: neither is told to use ssh.socket."""
    with daemons.Sshd(namespace, tmp_path) as sshd:
        key = tmp_path / "id"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        keys = tmp_path / "authorized"
        keys.write_text(key.with_suffix(".pub").read_text())
        with pathlib.Path(tmp_path / "sshd_config").open("a") as config:
            config.write("AuthorizedKeysFile %s\nStrictModes no\nPermitRootLogin yes\n" % keys)
        sshd.restart()
        argv = [
            "ssh", "-F", "/dev/null", "-p", str(sshd.port), "-i", str(key), "-o", "StrictHostKeyChecking=no",
            "-o", "UserKnownHostsFile=/dev/null", "-N", "-R", "127.0.0.1:8022:127.0.0.1:1", "-L", "127.0.0.1:8024:127.0.0.1:1",
            "root@127.0.0.1",
        ]  # fmt: skip
        client = namespace.popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert lab.wait_for(lambda: all(lab.row_count(namespace, port, "0A") for port in (8022, 8024)), 20)
            for port, option in ((8022, "`ssh -R`"), (8024, "`ssh -L` or `ssh -D`")):
                told = report(namespace, port)
                assert told.backlog == 128
                assert told.lasting.startswith("To admit more, there is nothing to set: this is a port that ")
                assert option in told.lasting and "ssh.socket" not in told.remedy
            assert "ssh.socket" in report(namespace, sshd.port).remedy
        finally:
            client.terminate()
            client.wait()
