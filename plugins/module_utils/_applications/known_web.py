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
        listeners=(application.other("what looks like the statistics page of HAProxy", 8404, 1936, same=True),),
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
        defaults=(128, application.SYSTEM),
        listeners=(application.other("the admin interface of Envoy", 9901, 15000, 19000),),
        source="envoy config.listener.v3.Listener.tcp_backlog_size",
    ),
    application.Application(
        "Varnish", ("varnishd", "cache-main"),
        "set `-p listen_depth={n}` on varnishd's command line", "(`systemctl edit varnish.service`)",
        defaults=(1024,), options=("listen_depth",), units=("varnish",),
        source="varnish include/tbl/params.h (MUST_RESTART)",
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
        "set `listen.backlog = {n}` in the pool that listens on {place}",
        "in /etc/php/*/fpm/pool.d/ (Debian) or /etc/php-fpm.d/ (RHEL)",
        defaults=(511, application.SYSTEM), default="511 up to PHP 8.1, all that net.core.somaxconn allows from 8.2",
        source="php-src fpm_sockets.h, pull request 8410; measured on 8.2: a reload does not call listen()",
    ),
    application.Application(
        "OpenResty", ("openresty",), "set `backlog={n}` on `listen {listen}`",
        "in /usr/local/openresty/nginx/conf/nginx.conf", defaults=(511,), again=application.RELOAD_IF_EDITED,
        shared=("nginx",), arguments=("openresty",), configured_by=("-c",), source="nginx, which it is built from",
    ),
    application.Application(
        "Angie", ("angie",), "set `backlog={n}` on `listen {listen}`", "in /etc/angie/http.d/", defaults=(511,),
        again=application.RELOAD_IF_EDITED, configured_by=("-c",),
        source="angie src/core/ngx_connection.c, src/os/unix/ngx_linux_config.h (NGX_LISTEN_BACKLOG, as in nginx)",
    ),
    application.Application(
        "Tengine", ("tengine",), "set `backlog={n}` on `listen {listen}`", "in its nginx.conf", defaults=(511,),
        again=application.RELOAD_IF_EDITED, shared=("nginx",), arguments=("tengine",), configured_by=("-c",),
        source="nginx, which it is built from",
    ),
    application.Application(
        # Its nginx is started as the controller's defBinary and cfgPath say, which no distribution's unit does.
        "ingress-nginx", (), None, defaults=(application.SYSTEM,), shared=("nginx",),
        arguments=("master process /usr/bin/nginx -c /etc/nginx/nginx.conf", "ingress-nginx"),
        default="net.core.somaxconn as it was when the controller started, and 511 at least",
        instead="restart its pod, for the controller writes `backlog` from net.core.somaxconn when it starts",
        listeners=(
            application.other("the profiler of ingress-nginx", 10245, same=True),
            application.other("the status port of ingress-nginx", 10246, same=True),
            application.other("the stream configuration port of ingress-nginx", 10247, same=True),
        ),
        source="ingress-nginx internal/ingress/controller/util.go sysctlSomaxconn(), internal/nginx/main.go",
    ),
    application.in_go(
        "the ingress-nginx controller", "nginx-ingress-controller",
        listeners=(
            application.other("the health and metrics port of the ingress-nginx controller", 10254, same=True),
            application.other("the admission webhook of the ingress-nginx controller", 8443, same=True),
        ),
        source="ingress-nginx pkg/flags/flags.go",
    ),
    application.in_go(
        "Caddy", "caddy", listeners=(application.other("the admin API of Caddy", 2019, loopback=True, same=True),),
        source="caddyserver.com/docs/api (localhost:2019); measured on 2.6: somaxconn",
    ),
    application.in_go(
        "Traefik", "traefik",
        listeners=(application.other("the dashboard, API and metrics port of Traefik", 8080, same=True),),
        source="doc.traefik.io, entry point traefik (8080)",
    ),
    application.in_go("frp", "frps", "frpc", source="github.com/fatedier/frp (Go)"),
    application.fixed(
        "h2o", "h2o", defaults=(65535, application.SYSTEM), default="65535",
        source="h2o include/h2o.h H2O_SOMAXCONN; measured on 2.2: somaxconn of 30000",
    ),
    application.fixed("Dante", "danted", "sockd", defaults=(511,), source="Dante; measured on 1.4"),
    application.Application(
        "dnsdist", ("dnsdist",), "set `tcpListenQueueSize={n}` in addLocal() or setLocal()",
        "in /etc/dnsdist/dnsdist.conf",
        **application.LIBC, configured_by=("-C", "--config"),
        listeners=(
            application.other("the console of dnsdist", 5199, defaults=(5,)),
            application.other("the web server of dnsdist (statistics)", 8083, defaults=(5,)),
        ),
        source="dnsdist addLocal() reference, tcpListenQueueSize (SOMAXCONN); measured on 1.7: 4096, and 77 where set",
    ),
    application.fixed("busybox httpd", "busybox", defaults=(9,), source="busybox networking/httpd.c; measured on 1.35"),
    application.Application(
        "Hitch", ("hitch",), "set `backlog = {n}`", "in /etc/hitch/hitch.conf", defaults=(100,), options=("--backlog",),
        configured_by=("--config",), source="hitch.conf(5) (backlog); measured on 1.7: 100, and 77 where set",
    ),
    application.fixed("tinyproxy", "tinyproxy", defaults=(1024,), source="tinyproxy; measured on 1.11"),
    application.fixed("Privoxy", "privoxy", defaults=(128,), source="privoxy; measured on 3.0"),
    application.fixed(
        "Apache Traffic Server", "traffic_server", "[TS_MAIN]", units=("trafficserver",),
        defaults=(65535, application.SYSTEM),
        default="all that net.core.somaxconn allows, up to 65535",
        instead="restart it, for it asks for all that net.core.somaxconn allows",
        source="trafficserver; measured on 9.2: somaxconn of 30000",
    ),
    application.fixed("Tor", "tor", defaults=(application.SYSTEM,), default="all that net.core.somaxconn allows",
                      instead="restart it, for it asks for all that net.core.somaxconn allows",
                      listeners=(application.other("the control port of Tor", 9051, same=True),),
                      source="tor src/core/mainloop/connection.c tor_listen(); measured on 0.4: somaxconn"),
    application.fixed("sslh", "sslh", "sslh-select", "sslh-ev", defaults=(50,), source="sslh; measured on 1.22"),
    application.fixed(
        "Shadowsocks", "ss-server", "ss-local", defaults=(1024,), source="shadowsocks-libev; measured on 3.3",
    ),
    application.fixed("rinetd", "rinetd", defaults=(128,), source="rinetd; measured on 0.73"),
    application.Application(
        "socat", ("socat",), "add `backlog={n}` to its listening address", "on socat's command line", defaults=(5,),
        source="socat(1), option backlog (5); measured on 1.7",
    ),
    application.fixed("Ncat", "ncat", defaults=(10,), source="ncat; measured on 7.93"),
    application.fixed(
        "mini_httpd", "mini_httpd", units=("mini-httpd",), defaults=(1024,), source="mini_httpd; measured on 1.30",
    ),
    application.fixed("webfsd", "webfsd", defaults=(64,), source="webfs; measured on 1.21"),
    application.fixed(
        "OpenVPN", "openvpn", defaults=(32,),
        listeners=(application.Listener("the management interface of OpenVPN", backlogs=(1,), defaults=(1,)),),
        source="openvpn socket.c, manage.c; measured on 2.6: 32, management 1",
    ),
)
