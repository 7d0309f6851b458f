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
        listeners=(
            application.other("the control channel of BIND (rndc)", 953, defaults=(5,)),
            application.other("the statistics channel of BIND", 8053, 8080, backlogs=(5,), defaults=(5,)),
        ),
        source="bind bin/include/defaultconfig.h, doc/arm/reference.rst; measured on 9.18: control and statistics 5",
    ),
    application.Application(
        "dnsmasq", ("dnsmasq",), None, defaults=(5, 32), instead=application.NO_SETTING,
        source="dnsmasq src/config.h TCP_BACKLOG (5 before 2.77)",
    ),
    application.Application(
        "Unbound", ("unbound",), None, defaults=(5, 256), instead=application.NO_SETTING,
        listeners=(application.other("the control channel of Unbound (unbound-control)", 8953, defaults=(5, 256)),),
        source="unbound services/listen_dnsport.c (5 before 1.5)",
    ),
    application.fixed("NSD", "nsd", defaults=(256,), source="nsd; measured on 4.6", listeners=(
        application.other("the control channel of NSD (nsd-control)", 8952),
    )),
    application.fixed("Knot DNS", "knotd", units=("knot",), defaults=(10,), source="knot; measured on 3.2"),
    application.Application(
        "Knot Resolver", ("kresd",), "set `net.tcp_backlog({n})`", "in /etc/knot-resolver/kresd.conf",
        defaults=(128,), source="knot-resolver docs, net.tcp_backlog (128); measured on 5.6: 128",
    ),
    application.fixed(
        "PowerDNS", "pdns_server", "pdns_recursor", units=("pdns", "pdns-recursor"), defaults=(128,),
        listeners=(application.other("the web server of PowerDNS (API and metrics)", 8081, 8082, defaults=(10,)),),
        source="pdns; measured on 4.7 and recursor 4.8: 128, web server 10",
    ),
    application.Application(
        "389 Directory Server", ("ns-slapd",), "run `dsconf INSTANCE config replace nsslapd-listen-backlog-size={n}`",
        defaults=(128,), units=("dirsrv",), source="389-ds-base, nsslapd-listen-backlog-size (cn=config)",
    ),
    application.Application(
        "Kerberos KDC", ("krb5kdc",), "set `kdc_tcp_listen_backlog = {n}` under [kdcdefaults]",
        "in /etc/krb5kdc/kdc.conf (Debian) or /var/kerberos/krb5kdc/kdc.conf (RHEL)", defaults=(5,),
        units=("krb5-kdc",), source="MIT krb5 documentation, kdc.conf, kdc_tcp_listen_backlog (5)",
    ),
    application.Application(
        "ClamAV", ("clamd",), "set `MaxConnectionQueueLength {n}`", "in /etc/clamav/clamd.conf (Debian) or "
        "/etc/clamd.d/scan.conf (RHEL)", defaults=(200,), configured_by=("-c",), units=("clamav-daemon", "clamd"),
        source="clamav clamd/tcpserver.c; measured on 1.0: 200, and 77 where set",
    ),
    application.fixed(
        "Postgrey", "postgrey", runtimes=("perl",), **application.LIBC, source="Net::Server; measured on 1.37",
    ),
)
