# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Web servers, proxies and load balancers."""

from __future__ import annotations

from . import application

ENTRIES = (
    application.Application(
        "nginx", ("nginx",),
        "set `backlog={n}` on `listen {listen}`", "in /etc/nginx/sites-enabled/ (Debian) or /etc/nginx/conf.d/ (RHEL)",
        defaults=(511,), again=application.RELOAD_IF_EDITED, configured_by=("-c",),
        source="nginx src/os/unix/ngx_linux_config.h, src/core/ngx_cycle.c; measured on 1.22",
    ),
    application.Application(
        "Apache httpd", ("apache2", "httpd"),
        "set `ListenBacklog {n}`", "in /etc/apache2/apache2.conf (Debian) or /etc/httpd/conf/httpd.conf (RHEL)",
        defaults=(511,), configured_by=("-f",),
        source="httpd include/mpm_common.h, server/listen.c; measured on 2.4: neither graceful nor HUP calls listen()",
    ),
    application.Application(
        "HAProxy", ("haproxy",),
        "set `backlog {n}` in the frontend that binds {listen}", "in /etc/haproxy/haproxy.cfg",
        default="the frontend's maxconn", configured_by=("-f",),
        source="haproxy src/listener.c listener_backlog(); measured on 2.6: a reload passes the open socket on",
    ),
    application.Application(
        "lighttpd", ("lighttpd",),
        "set `server.listen-backlog = {n}`", "in /etc/lighttpd/lighttpd.conf",
        defaults=(1024, 4096), configured_by=("-f",),
        source="lighttpd src/network.c (1024; max(SOMAXCONN, 1024) from 1.4.79)",
    ),
    application.Application(
        "NGINX Unit", ("unitd",),
        'set `"backlog": {n}` on the listener through the control API', "(Unit 1.33 and later)",
        defaults=(511, application.SYSTEM), source="unit src/nxt_listen_socket.h, docs/changes.xml",
    ),
    application.Application(
        "Envoy", ("envoy",),
        "set `tcp_backlog_size: {n}` on the listener", "in the Envoy bootstrap or LDS",
        defaults=(128, application.SYSTEM), source="envoy config.listener.v3.Listener.tcp_backlog_size",
    ),
    application.Application(
        "Varnish", ("varnishd", "cache-main"),
        "set `-p listen_depth={n}` on varnishd's command line", "(`systemctl edit varnish.service`)",
        defaults=(1024,), options=("listen_depth",), units=("varnish",), source="varnish include/tbl/params.h (MUST_RESTART)",
    ),
    application.Application(
        "Squid", ("squid",),
        "set `max_filedescriptors {four}` (Squid asks for a quarter of it)", "in /etc/squid/squid.conf",
        default="a quarter of its file descriptor limit", again=application.RELOAD, configured_by=("-f",),
        source="squid src/comm/TcpAcceptor.cc; measured on 5.7: HUP opens the sockets anew",
    ),
    application.Application(
        "stunnel", ("stunnel", "stunnel4", "stunnel5"), None,
        defaults=(128, 4096), default="SOMAXCONN of its C library",
        instead=application.NO_SETTING, source="stunnel src/stunnel.c",
    ),
    application.Application(
        "PHP-FPM", ("php-fpm*", "php*-fpm"),
        "set `listen.backlog = {n}`",
        "in /etc/php/*/fpm/pool.d/ (Debian) or /etc/php-fpm.d/ (RHEL)",
        defaults=(511, application.SYSTEM), default="511 up to PHP 8.1, all that net.core.somaxconn allows from 8.2",
        source="php-src fpm_sockets.h, pull request 8410; measured on 8.2: a reload does not call listen()",
    ),
)
