# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real daemons, each with its own configuration in its own directory, inside a network namespace.

    with daemons.Nginx(namespace, directory) as nginx:
        nginx.configure(backlog=2000)
        nginx.reload()

Debian's binaries in the foreground, ended by their pid.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from ansible_collections.linuxnet.tcp.tests.live import lab

PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def program(name: str, package: str) -> str:
    """The path of a program that `make setup` installs; the test fails without it."""
    path = shutil.which(name, path=PATH)
    if path is None:
        pytest.fail("%s is missing: install the Debian package %s" % (name, package))
    return path


class Daemon:
    """One daemon in the foreground, listening on `port` while the `with` lasts."""

    port = 8080
    reload_signal = signal.SIGHUP

    def __init__(self, namespace: lab.Netns, directory: pathlib.Path, backlog: int | None = None) -> None:
        self.namespace, self.directory = namespace, directory
        self.process: subprocess.Popen | None = None
        self.log = directory / "log"
        self.configure(backlog)

    def configure(self, backlog: int | None) -> None:
        """Write the configuration; None leaves the backlog to the daemon."""
        raise NotImplementedError

    def argv(self) -> list[str]:
        raise NotImplementedError

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = self.namespace.popen(
                self.argv(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=str(self.directory)
            )
        if not lab.wait_for(lambda: self.listens() or self.process.poll() is not None, 30) or not self.listens():
            self.stop()
            raise AssertionError("%s does not listen: %s" % (self.argv()[0], self.log.read_text(errors="replace")[-2000:]))

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def reload(self) -> None:
        os.kill(self.pid, self.reload_signal)

    def listens(self) -> bool:
        return lab.row_count(self.namespace, self.port, "0A") > 0

    def write(self, name: str, text: str) -> None:
        (self.directory / name).write_text(text)

    def __enter__(self) -> Daemon:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()


class Nginx(Daemon):
    def configure(self, backlog: int | None) -> None:
        self.write(
            "nginx.conf",
            "daemon off; pid %s/pid; error_log stderr; events {} http { access_log off; server { listen %d%s; } }\n"
            % (self.directory, self.port, "" if backlog is None else " backlog=%d" % backlog),
        )

    def argv(self) -> list[str]:
        return [program("nginx", "nginx-light"), "-p", str(self.directory), "-c", str(self.directory / "nginx.conf")]


class Apache(Daemon):
    def configure(self, backlog: int | None) -> None:
        modules = "/usr/lib/apache2/modules/mod_%s.so"
        lines = [
            "ServerName localhost",
            "ServerRoot %s" % self.directory,
            "DefaultRuntimeDir %s" % self.directory,
            "PidFile %s/pid" % self.directory,
            "ErrorLog /dev/stderr",
            "LoadModule mpm_event_module " + modules % "mpm_event",
            "LoadModule authz_core_module " + modules % "authz_core",
            "Listen %d" % self.port,
        ]
        if backlog is not None:
            lines.append("ListenBacklog %d" % backlog)
        self.write("apache.conf", "\n".join(lines) + "\n")

    def argv(self) -> list[str]:
        return [program("apache2", "apache2"), "-DFOREGROUND", "-f", str(self.directory / "apache.conf")]


class Haproxy(Daemon):
    """In master-worker mode, as its service runs it; maxconn is 1500."""

    reload_signal = signal.SIGUSR2

    def configure(self, backlog: int | None) -> None:
        lines = [
            "global", " maxconn 1500",
            "defaults", " mode tcp", " timeout client 1s", " timeout server 1s", " timeout connect 1s",
            "frontend web", " bind :%d" % self.port, " default_backend none",
        ]  # fmt: skip
        if backlog is not None:
            lines.append(" backlog %d" % backlog)
        self.write("haproxy.cfg", "\n".join([*lines, "backend none", " server none 127.0.0.1:1"]) + "\n")

    def argv(self) -> list[str]:
        return [program("haproxy", "haproxy"), "-W", "-f", str(self.directory / "haproxy.cfg")]


class Redis(Daemon):
    def configure(self, backlog: int | None) -> None:
        lines = ["port %d" % self.port, 'save ""', "dir %s" % self.directory, "bind 0.0.0.0", "protected-mode no"]
        if backlog is not None:
            lines.append("tcp-backlog %d" % backlog)
        self.write("redis.conf", "\n".join(lines) + "\n")

    def argv(self) -> list[str]:
        return [program("redis-server", "redis-server"), str(self.directory / "redis.conf")]


class Sshd(Daemon):
    """Has no backlog to configure. Its separation directory is made where the host has none yet."""

    SEPARATION = pathlib.Path("/run/sshd")

    def configure(self, backlog: int | None) -> None:
        assert backlog is None
        self.write("sshd_config", "Port %d\nListenAddress 0.0.0.0\nPidFile none\nUsePAM no\n" % self.port)
        key = self.directory / "key"
        if not key.exists():
            argv = [program("ssh-keygen", "openssh-client"), "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
            subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)

    def argv(self) -> list[str]:
        return [
            program("sshd", "openssh-server"), "-D", "-e",
            "-f", str(self.directory / "sshd_config"), "-h", str(self.directory / "key"),
        ]  # fmt: skip

    def __enter__(self) -> Daemon:
        self.made = not self.SEPARATION.exists()
        self.SEPARATION.mkdir(mode=0o755, exist_ok=True)
        return super().__enter__()

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        if self.made:
            self.SEPARATION.rmdir()


class Command(Daemon):
    """Anything that a command line starts; `{port}` and `{dir}` in it are filled in. Skips where it is not installed."""

    def __init__(self, namespace: lab.Netns, directory: pathlib.Path, package: str, *argv: str) -> None:
        self.command = [one.replace("{port}", str(self.port)).replace("{dir}", str(directory)) for one in argv]
        path = shutil.which(self.command[0], path=PATH)
        if path is None:
            pytest.skip("%s is not installed (Debian package %s)" % (self.command[0], package))
        self.command[0] = path
        super().__init__(namespace, directory)

    def configure(self, backlog: int | None) -> None:
        assert backlog is None

    def argv(self) -> list[str]:
        return self.command
