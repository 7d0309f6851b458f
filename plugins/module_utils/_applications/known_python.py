# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Servers that Python runs, and uWSGI."""

from __future__ import annotations

from . import application

ENTRIES = (
    application.Application(
        "Gunicorn", ("gunicorn", "gunicorn3"),
        "set `--backlog {n}` (or `backlog = {n}`)", "on gunicorn's command line or in gunicorn.conf.py",
        defaults=(2048,), options=("--backlog",), runtimes=("python",), source="gunicorn gunicorn/config.py, arbiter.py reload()",
    ),
    application.Application(
        "Uvicorn", ("uvicorn",),
        "set `--backlog {n}`", "on uvicorn's command line", defaults=(2048,), options=("--backlog",), runtimes=("python",),
        source="uvicorn uvicorn/config.py",
    ),
    application.Application(
        "uWSGI", ("uwsgi", "uwsgi-core", "uwsgi_*"),
        "set `listen = {n}` (uWSGI does not start where that exceeds net.core.somaxconn)",
        "in /etc/uwsgi/apps-enabled/ (Debian) or /etc/uwsgi.d/ (RHEL)",
        defaults=(100,), options=("--listen", "-l"), runtimes=("python",), source="uwsgi core/init.c, core/socket.c",
    ),
    application.Application(
        "Python http.server", ("http.server", "SimpleHTTPServer"),
        None, defaults=(5,), runtimes=("python",), instead="run the application under another server, such as Gunicorn",
        source="CPython Lib/socketserver.py request_queue_size",
    ),
)
