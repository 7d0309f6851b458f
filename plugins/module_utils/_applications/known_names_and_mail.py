# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Name, directory and mail servers."""

from __future__ import annotations

from . import application

ENTRIES = (
    application.Application(
        "OpenLDAP", ("slapd",), None, defaults=(1024, 2048), instead=application.NO_SETTING,
        source="openldap servers/slapd/daemon.c (2048; 1024 before 2.5)",
    ),
    application.Application(
        "Postfix", (),
        "set `default_process_limit = {n}` in /etc/postfix/main.cf, or {n} in the maxproc column of the service",
        "in /etc/postfix/master.cf",
        default="100, its default_process_limit", shared=("master",), arguments=("postfix",),
        source="postfix src/master/master_listen.c, src/global/mail_params.h",
    ),
    application.Application(
        "Dovecot", ("dovecot",),
        "set process_limit × client_limit of the login service to {n}", "in /etc/dovecot/conf.d/10-master.conf",
        default="process_limit × client_limit of the service", source="dovecot src/master/service-listen.c",
    ),
    application.Application(
        "Exim", ("exim", "exim4"),
        "set `smtp_connect_backlog = {n}`", "in /etc/exim4/ (Debian) or /etc/exim/exim.conf (RHEL)",
        defaults=(20,), source="exim src/globals.c",
    ),
    application.Application(
        "BIND", ("named",),
        "set `tcp-listen-queue {n};` among the options",
        "in /etc/bind/named.conf.options (Debian) or /etc/named.conf (RHEL)",
        defaults=(10,), units=("bind9",),
        listeners=(application.other("the control channel of BIND (rndc)", 953, defaults=(5,)),),
        source="bind bin/include/defaultconfig.h, doc/arm/reference.rst",
    ),
    application.Application(
        "dnsmasq", ("dnsmasq",), None, defaults=(5, 32), instead=application.NO_SETTING,
        source="dnsmasq src/config.h TCP_BACKLOG (5 before 2.77)",
    ),
    application.Application(
        "Unbound", ("unbound",), None, defaults=(5, 256), instead=application.NO_SETTING,
        source="unbound services/listen_dnsport.c (5 before 1.5)",
    ),
)
