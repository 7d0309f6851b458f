# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Servers that Ruby, Perl, Node.js, PHP and others run."""

from __future__ import annotations

from . import application

ENTRIES = (
    application.Application(
        "Puma", ("puma",),
        "add `?backlog={n}` to its bind, as in `tcp://{listen}?backlog={n}`", "in config/puma.rb",
        defaults=(1024,), runtimes=("ruby", "java"), source="puma lib/puma/binder.rb",
    ),
    application.Application(
        "Unicorn", ("unicorn", "unicorn_rails"),
        "set `:backlog => {n}` on its `listen`", "in config/unicorn.rb", defaults=(1024,), runtimes=("ruby", "java"),
        source="unicorn lib/unicorn/socket_helper.rb",
    ),
    application.Application(
        "Thin", ("thin",), None, defaults=(100,), runtimes=("ruby",), instead=application.NO_SETTING,
        source="EventMachine (100); measured on 1.8",
    ),
    application.Application(
        "Passenger", ("PassengerAgent", "Passenger core", "passenger"),
        "set `--socket-backlog {n}` (or PassengerSocketBacklog {n} for Apache)",
        "on Passenger's command line", defaults=(2048,), options=("--socket-backlog",),
        source="Passenger reference, passenger_socket_backlog; measured on 6.0: 2048",
    ),
    application.Application(
        "Starman", ("starman",), "set `--backlog {n}`", "on starman's command line", defaults=(1024,),
        options=("--backlog",), runtimes=("perl",), source="starman(1), --backlog (1024); measured on 0.40",
    ),
    application.fixed(
        "Mojolicious", "hypnotoad", "morbo", runtimes=("perl",), defaults=(128, 4096),
        default="SOMAXCONN of Perl's Socket",
        source="Mojo::IOLoop::Server backlog; measured on 9.31: 4096",
    ),
    application.fixed(
        "plackup", "plackup", runtimes=("perl",), defaults=(128, 4096), default="SOMAXCONN of Perl's Socket",
        source="HTTP::Server::PSGI; measured on 1.0050: 4096",
    ),
    application.Application(
        "Deno", ("deno",), "pass `tcpBacklog: {n}` to Deno.serve() or Deno.listen()", "in the application's code",
        defaults=(511,),
        source="docs.deno.com, Deno.ServeTcpOptions.tcpBacklog; measured on 2.9: 511, and 77 where set",
    ),
    application.fixed(
        "Bun", "bun", "bun.exe", "bunx", defaults=(512,),
        source="measured on 1.x from npm: 512 in Bun.serve(), and for a `backlog` of node:net as well",
    ),
    application.Application(
        "a PHP program", ("php", "php[5-8]*"), "set the backlog that it passes when it listens to {n}",
        "in its code or configuration",
        listeners=(
            application.Listener(
                "PHP's own server (`php -S`), which is meant for development", titles=("* -S *", "* -S[0-9a-z[]*"),
                instead="run the application under PHP-FPM", **application.LIBC,
            ),
        ),
        source="php-src sapi/cli/php_cli_server.c (SOMAXCONN); measured on 8.2: 4096",
    ),
    application.Application(
        "Jellyfin", ("jellyfin",), None, defaults=(512,), runtimes=("dotnet",), instead=application.NO_SETTING,
        source="ASP.NET Core SocketTransportOptions.Backlog (512)",
    ),
    # ---- Rust: mio and the standard library pass 128, tokio through older mio 1024, and nothing in a file changes that
    application.fixed(
        "Vaultwarden", "vaultwarden", **application.RUST, source=application.RUST_SOURCE,
    ),
    application.fixed("linkerd2-proxy", "linkerd2-proxy", **application.RUST, source=application.RUST_SOURCE),
    application.fixed("Vector", "vector", **application.RUST, source=application.RUST_SOURCE),
    application.fixed("SurrealDB", "surreal", **application.RUST, source=application.RUST_SOURCE),
    application.fixed("Conduit", "conduit", "conduwuit", "tuwunel", **application.RUST, source=application.RUST_SOURCE),
)
