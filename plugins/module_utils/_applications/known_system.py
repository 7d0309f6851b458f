# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What an operating system brings: login, printing, logs, files, time."""

from __future__ import annotations

from . import application

_SESSION = ("sshd: [!/]*",)  # the listening sshd shows its absolute path there
_AGAIN = "end that ssh connection and forward the port again"

ENTRIES = (
    application.Application(
        # Before every other: a socket that systemd holds was opened by it, whichever service shares it.
        "systemd", ("systemd",),
        "set `Backlog={n}` in the [Socket] section of the unit that `systemctl list-sockets` shows for {place}",
        "(`systemctl edit NAME.socket`)",
        defaults=(128, 4096, application.SYSTEM),
        default="all that net.core.somaxconn allows, but 128 or 4096 before systemd 254",
        restart="stop its service, then restart the socket unit",
        source="systemd src/core/socket.c, src/basic/socket-util.h (SOMAXCONN_DELUXE), man systemd.socket",
    ),
    application.Application(
        "docker-proxy", ("docker-proxy",), None, defaults=(application.SYSTEM,), runtimes=("go",),
        default="net.core.somaxconn as it was when the proxy started",
        instead="restart it, for it reads net.core.somaxconn when it starts",
        restart="restart the container that publishes port {port}",
        source="moby cmd/docker-proxy (Go: see the runtime)",
    ),
    application.Application(
        "sshd", ("sshd",), None, defaults=(128,), again=application.RELOAD, units=("ssh",),
        instead="let systemd hold the port (ssh.socket on Debian, sshd.socket on RHEL) "
                "with `Backlog={n}` in its [Socket] section",
        listeners=(
            application.Listener(
                "an X11 display that an ssh session forwards", span=(6000, 6999), titles=_SESSION, loopback=True,
                defaults=(128,), restart=_AGAIN,
            ),
            application.Listener(
                "a port that an ssh client forwards (`ssh -R`)", titles=_SESSION,
                defaults=(128,), restart=_AGAIN,
            ),
        ),
        source="openssh ssh.h SSH_LISTEN_BACKLOG; measured on 9.2: HUP opens the sockets anew",
    ),
    application.fixed(  # OpenSSH 9.8 and later: sessions are a program of their own
        "sshd session", "sshd-session", defaults=(128,), restart=_AGAIN,
        listeners=(
            application.Listener(
                "an X11 display that an ssh session forwards", span=(6000, 6999), loopback=True,
                defaults=(128,), restart=_AGAIN,
            ),
            application.Listener(
                "a port that an ssh client forwards (`ssh -R`)",
                defaults=(128,), restart=_AGAIN,
            ),
        ),
        source="openssh channels.c channel_setup_fwd_listener_tcpip(), x11_create_display_inet(); ssh.h",
    ),
    application.fixed(
        "ssh", "ssh", defaults=(128,), restart=_AGAIN,
        listeners=(
            application.Listener("a port that this ssh client forwards (`ssh -L` or `ssh -D`)", defaults=(128,)),
        ),
        source="openssh channels.c channel_setup_fwd_listener_tcpip(); ssh.h SSH_LISTEN_BACKLOG; measured on 9.2",
    ),
    application.Application(
        "Dropbear", ("dropbear",), None, default="30, its MAX_UNAUTH_CLIENTS", instead=application.NO_SETTING,
        source="dropbear src/sysoptions.h, src/default_options.h",
    ),
    application.Application(
        "CUPS", ("cupsd",), None, units=("cups",), defaults=(5, 128, application.SYSTEM),
        instead=application.NO_SETTING,
        source="cups cups/http-addr.c (128 from November 2020, INT_MAX from March 2023)",
    ),
    application.Application(
        "rsyslog", ("rsyslogd",), units=("rsyslog",),
        change='set `socketBacklog="{n}"` on the imptcp input, or on imtcp from early 2025 releases on',
        where="in /etc/rsyslog.conf or /etc/rsyslog.d/",
        default="imtcp a tenth of MaxSessions plus 5, imptcp 5 or, from 2025, 64",
        source="rsyslog runtime/nsd_ptcp.c, plugins/imptcp/imptcp.c",
    ),
    application.Application(
        "vsftpd", ("vsftpd",), None, defaults=(32,), instead=application.NO_SETTING,
        source="vsftpd defs.h VSFTP_LISTEN_BACKLOG",
    ),
    application.Application(
        "ProFTPD", ("proftpd",),
        "set `TCPBacklog {n}`", "in /etc/proftpd/proftpd.conf (Debian) or /etc/proftpd.conf (RHEL)",
        defaults=(128, application.SYSTEM), source="proftpd include/options.h, doc/modules/mod_core.html",
    ),
    application.fixed("rsync", "rsync", defaults=(5,), source="rsync; measured on 3.2"),
    application.fixed("svnserve", "svnserve", defaults=(128,), source="subversion; measured on 1.14"),
    application.fixed("rpcbind", "rpcbind", **application.LIBC, source="rpcbind; measured on 1.2"),
    application.fixed("tgt", "tgtd", units=("tgt",), **application.LIBC, source="tgt; measured on 1.0"),
    application.fixed("nbd-server", "nbd-server", defaults=(10,), source="nbd; measured on 3.24"),
    application.fixed("xrdp", "xrdp", defaults=(2,), source="xrdp; measured on 0.9"),
    application.fixed("xrdp-sesman", "xrdp-sesman", defaults=(2,), source="xrdp; measured on 0.9", listeners=(
        application.other("the session manager of xrdp", 3350, defaults=(2,)),
    )),
    application.fixed("shellinabox", "shellinaboxd", units=("shellinabox",), **application.LIBC,
                      source="shellinabox; measured on 2.21"),
    application.fixed("NUT", "upsd", units=("nut-server",), defaults=(16,), source="nut; measured on 2.8"),
    application.fixed("Pure-FTPd", "pure-ftpd", defaults=(9,), source="pure-ftpd; measured on 1.0"),
    application.fixed(
        "FRRouting", "bgpd", "zebra", "ospfd", units=("frr",),
        listeners=(
            application.Listener("the terminal port (vty) of an FRRouting daemon", span=(2600, 2630), defaults=(3,)),
        ),
        source="frr lib/vty.c; measured on 8.4: vty 3",
    ),
    application.fixed(
        "iperf", "iperf", "iperf3", defaults=(application.SYSTEM,), default="all that net.core.somaxconn allows",
        instead="restart it, for it asks for all that net.core.somaxconn allows", source="measured on 2.1 and 3.12",
    ),
)
