# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Files and programs that are passed on: network file systems, transfer, peer to peer, caches, builds."""

from __future__ import annotations

from . import application

ENTRIES = (
    application.fixed(
        "Samba", "smbd", "samba", defaults=(50,),
        source="samba source3/smbd/server.c SMBD_LISTEN_BACKLOG; measured on 4.17",
        units=("smbd", "samba-ad-dc", "smb"),
    ),
    application.fixed(
        "Deluge", "deluged", defaults=(5,), runtimes=("python",),
        listeners=(
            application.other("the control port of Deluge (RPC)", 58846, defaults=(50,)),
            application.Listener("the peer port of Deluge", backlogs=(5,), defaults=(5,)),
        ),
        source="libtorrent settings_pack listen_queue_size (5); Twisted (50); measured on 2.0",
    ),
    application.fixed(
        "Deluge's web interface", "deluge-web", defaults=(50,), runtimes=("python",),
        source="Twisted; measured on 2.0: 50",
    ),
    application.Application(
        "qBittorrent", ("qbittorrent", "qbittorrent-nox"), "set the option \"Socket backlog size\" to {n}",
        "(Tools, Options, Advanced)", defaults=(30,),
        listeners=(application.other("the web interface of qBittorrent", 8080, defaults=(50,)),),
        source="qbittorrent src/base/bittorrent/sessionimpl.cpp socketBacklogSize (30); measured on 4.5",
    ),
    application.fixed(
        "Transmission", "transmission-daemon", "transmission-gtk", "transmission-qt", defaults=(128,),
        listeners=(application.other("the web and RPC port of Transmission", 9091, defaults=(128,)),),
        source="transmission libtransmission/net.cc; libevent evhttp (128); measured on 3.0",
    ),
    application.fixed("aria2", "aria2c", defaults=(1024,), source="aria2 src/SocketCore.cc; measured on 1.36"),
    application.in_go(
        "Syncthing", "syncthing", listeners=(application.other("the web interface of Syncthing", 8384, same=True),),
        source="docs.syncthing.net, GUI listen address (8384)",
    ),
    application.in_go(
        "MinIO", "minio", listeners=(application.other("the console of MinIO", 9001, same=True),),
        source="min.io documentation (9000, --console-address)",
    ),
    application.in_go("Gitea", "gitea", "forgejo", source="docs.gitea.com, configuration cheat sheet (Go)"),
    application.fixed("git daemon", "git-daemon", defaults=(5,), source="git daemon.c; measured on 2.39"),
    application.fixed("distcc", "distccd", defaults=(10, 1024), source="distcc; measured on 3.4: 1024"),
    application.fixed("apt-cacher-ng", "apt-cacher-ng", defaults=(250,), source="apt-cacher-ng; measured on 3.7"),
    application.Application(
        "GlusterFS", ("glusterd",), "set `option transport.listen-backlog {n}`", "in /etc/glusterfs/glusterd.vol",
        defaults=(10, 1024),
        source="glusterfs glusterd.vol, volume option transport.listen-backlog; measured on 10.3: 1024",
    ),
    application.Application(
        "a GlusterFS brick", ("glusterfsd",), "run `gluster volume set VOLUME transport.listen-backlog {n}`",
        defaults=(10, 1024), source="glusterfs volume option transport.listen-backlog",
    ),
    application.fixed("Bacula's file daemon", "bacula-fd", defaults=(50,), source="bacula; measured on 9.6"),
    application.fixed(
        "gdbserver", "gdbserver", defaults=(1,),
        listeners=(application.Listener("the debugging port of gdbserver", defaults=(1,)),),
        source="gdbserver/remote-utils.cc; measured on 13",
    ),
)
