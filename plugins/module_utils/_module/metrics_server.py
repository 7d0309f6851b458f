# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Metrics over HTTP on a port or a UNIX socket, from a thread that gives away what was read last."""

from __future__ import annotations

import http.server
import os
import socket
import socketserver
import stat
import threading
from typing import Any, Optional

_PATIENCE = 5.0  # seconds for a client to ask
_OPENMETRICS = "application/openmetrics-text"


class Server:
    """Answers who asks with what `tell` was given last."""

    def __init__(self, server: Any, path: Optional[str]) -> None:
        self._server, self._path = server, path
        server.texts = (b"", b"")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 3600}, daemon=True).start()

    def tell(self, openmetrics: bytes, classic: bytes) -> None:
        """What clients get from now on: the first one who asks for OpenMetrics."""
        self._server.texts = (openmetrics, classic)

    def close(self) -> None:
        """Give the port or the socket up."""
        self._server.server_close()
        if self._path:
            try:
                os.unlink(self._path)
            except OSError:
                pass  # somebody else removed it


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = _PATIENCE

    def do_GET(self) -> None:  # pylint: disable=invalid-name  # http.server calls it so
        openmetrics, classic = self.server.texts  # type: ignore[attr-defined]
        if self.path.partition("?")[0] not in ("/", "/metrics"):
            self.send_error(404)
            return
        if not classic:
            self.send_error(503)  # before the first reading
            return
        if _OPENMETRICS in (self.headers.get("Accept") or ""):
            body, kind = openmetrics, _OPENMETRICS + "; version=1.0.0; charset=utf-8"
        else:
            body, kind = classic, "text/plain; version=0.0.4; charset=utf-8"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "client"

    def log_message(self, *_args: Any, **_named: Any) -> None:  # a line for each scrape helps nobody
        return


class _Tcp(socketserver.TCPServer):
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        return  # a client that went away


class _Tcp6(_Tcp):
    address_family = socket.AF_INET6


class _Unix(socketserver.UnixStreamServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        return  # a client that went away


def serve(listen: Optional[str], path: Optional[str]) -> Server:
    """Serve on ``listen`` (ADDRESS:PORT) or on the UNIX socket ``path``.

    :raises ValueError: no such address. :raises OSError: it is taken, or not ours to take.
    """
    if path:
        if os.path.lexists(path):
            if not stat.S_ISSOCK(os.lstat(path).st_mode):
                raise ValueError("--socket %s: there is something else than a socket" % path)
            os.unlink(path)
        return Server(_Unix(path, _Handler), path)
    address, _colon, port = (listen or "").rpartition(":")
    if not address or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError("--listen %s: wanted ADDRESS:PORT with a port of 1 to 65535, such as 127.0.0.1:9819" % listen)
    address = address.strip("[]")
    return Server((_Tcp6 if ":" in address else _Tcp)((address, int(port)), _Handler), None)
