# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Which file of the catalogue knows a name, so that the others need not be imported.

`tests/unit/plugins/module_utils/_applications/test_shelves.py` says what to write here for a new entry.
"""

from __future__ import annotations

import fnmatch
from typing import Iterable, List, Tuple

from . import application

#: Every name of a shelf's entries: programs, names that they share, units
NAMES = {
    "system": (
        "cups", "cupsd", "docker-proxy", "dropbear", "proftpd", "rsyslog", "rsyslogd", "ssh", "sshd",
        "sshd-session", "systemd", "vsftpd",
    ),
    "web": (
        "apache2", "cache-main", "envoy", "haproxy", "httpd", "lighttpd", "nginx", "php*-fpm", "php-fpm*", "squid",
        "stunnel", "stunnel4", "stunnel5", "unitd", "varnish", "varnishd",
    ),
    "databases": (
        "clickhouse", "clickhouse-server", "mariadbd", "memcached", "mongod", "mongos", "mysql", "mysqld",
        "pgbouncer", "postgres", "postgresql", "postmaster", "redis", "redis-server", "valkey", "valkey-server",
    ),
    "messages": (
        "beam.smp", "erl_child_setup", "mosquitto",
    ),
    "names_and_mail": (
        "bind9", "dnsmasq", "dovecot", "exim", "exim4", "master", "named", "slapd", "unbound",
    ),
    "python": (
        "SimpleHTTPServer", "gunicorn", "gunicorn3", "http.server", "uvicorn", "uwsgi", "uwsgi-core", "uwsgi_*",
    ),
    "java": (
        "java",
    ),
    "scripts": (
        "puma", "unicorn", "unicorn_rails",
    ),
}

#: In which order an entry is looked for
ORDER = tuple(NAMES)


def candidates(names: Iterable[str]) -> List[application.Application]:
    """The entries of the shelves that know one of the names, in the order in which they are tried."""
    names = tuple(names)
    found = []  # type: List[application.Application]
    for shelf in ORDER:
        if any(matches(name, NAMES[shelf]) for name in names):
            found.extend(entries(shelf))
    return found


def matches(name: str, patterns: Tuple[str, ...]) -> bool:
    """Whether the name is one of the shell patterns."""
    if name in patterns:
        return True
    return any(fnmatch.fnmatchcase(name, one) for one in patterns if "*" in one)


def entries(shelf: str) -> Tuple[application.Application, ...]:
    if shelf == "system":
        from . import known_system

        return known_system.ENTRIES
    if shelf == "web":
        from . import known_web

        return known_web.ENTRIES
    if shelf == "databases":
        from . import known_databases

        return known_databases.ENTRIES
    if shelf == "messages":
        from . import known_messages

        return known_messages.ENTRIES
    if shelf == "names_and_mail":
        from . import known_names_and_mail

        return known_names_and_mail.ENTRIES
    if shelf == "python":
        from . import known_python

        return known_python.ENTRIES
    if shelf == "java":
        from . import known_java

        return known_java.ENTRIES
    if shelf == "scripts":
        from . import known_scripts

        return known_scripts.ENTRIES
    return ()
