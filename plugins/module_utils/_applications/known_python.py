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
        defaults=(2048,), options=("--backlog",), runtimes=("python",),
        source="gunicorn gunicorn/config.py, arbiter.py reload()",
    ),
    application.Application(
        "Uvicorn", ("uvicorn",),
        "set `--backlog {n}`", "on uvicorn's command line", defaults=(2048,), options=("--backlog",),
        runtimes=("python",),
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
    application.Application(
        "Hypercorn", ("hypercorn",), "set `--backlog {n}` (or `backlog = {n}`)",
        "on hypercorn's command line or in its configuration file",
        defaults=(100,), options=("--backlog",), runtimes=("python",), source="hypercorn src/hypercorn/config.py",
    ),
    application.Application(
        "Granian", ("granian",), "set `--backlog {n}`", "on granian's command line (or GRANIAN_BACKLOG)",
        defaults=(1024,), options=("--backlog",), runtimes=("python",),
        source="granian granian/cli.py, server/common.py",
    ),
    application.Application(
        "waitress", ("waitress-serve", "waitress"), "set `--backlog={n}` (or `backlog={n}` for waitress.serve())",
        "on waitress-serve's command line or in the code", defaults=(1024,), options=("--backlog",),
        runtimes=("python",), source="waitress docs/arguments.rst, adjustments.py",
    ),
    application.Application(
        "Daphne", ("daphne",), "give it an endpoint with `-e tcp:port={port}:backlog={n}` in place of -b and -p",
        "on daphne's command line", defaults=(50,), runtimes=("python",),
        source="Twisted endpoints (backlog=50); daphne README (-e); measured on 4.0",
    ),
    application.Application(
        "Twisted", ("twistd", "twistd3", "twist"), "add `backlog={n}` to its endpoint, as in `tcp:{port}:backlog={n}`",
        "on twistd's command line or in its code", defaults=(50,), runtimes=("python",),
        source="Twisted, Getting Connected with Endpoints (backlog); twisted/internet/tcp.py; measured",
    ),
    application.Application(
        "Synapse", ("synapse_homeserver", "synapse.app.homeserver", "synapse.app.generic_worker"), None,
        defaults=(50,), runtimes=("python",), units=("matrix-synapse",), instead=application.NO_SETTING,
        source="synapse synapse/app/_base.py listen_tcp(backlog=50)",
    ),
    application.Application(
        "CherryPy", ("cherryd", "cherrypy"), "set `server.socket_queue_size: {n}`", "in its configuration",
        defaults=(5,), runtimes=("python",), source="CherryPy cherrypy/_cpserver.py socket_queue_size; measured",
    ),
    application.Application(
        "Flask's own server", ("flask",), None, defaults=(128,), runtimes=("python",),
        instead="run the application under another server, such as Gunicorn",
        source="werkzeug serving.py LISTEN_QUEUE; measured",
    ),
    application.Application(
        "Sanic", ("sanic",), "pass `backlog={n}` to app.run()", "in the application's code", defaults=(100,),
        runtimes=("python",), source="sanic sanic/mixins/startup.py (backlog: int = 100); measured",
    ),
    application.Application(
        "Jupyter", ("jupyter-lab", "jupyter-notebook", "jupyter-server", "jupyterhub"), None, runtimes=("python",),
        defaults=(128,), instead=application.NO_SETTING, source="tornado netutil.py bind_sockets() (128); measured",
    ),
    application.Application(
        "supervisord", ("supervisord",), None, runtimes=("python",), units=("supervisor",),
        instead=application.NO_SETTING,
        listeners=(application.Listener("the control interface of supervisord (inet_http_server)", defaults=(1024,)),),
        source="supervisor medusa/http_server.py listen(1024); measured",
    ),
    application.Application(
        "mitmproxy", ("mitmproxy", "mitmdump", "mitmweb"), None, runtimes=("python",), defaults=(100,),
        instead=application.NO_SETTING, source="CPython Lib/asyncio/base_events.py (100); measured",
    ),
)
