# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a zipapp of the exporter starts with."""

from __future__ import annotations

import json

_TEXT = """import sys

from ansible_collections.linuxnet.tcp.plugins.module_utils._module import exporter


def report(facts, width):
    import socket

    from ansible_collections.linuxnet.tcp.plugins.plugin_utils._text import table as _audit_table

    return _audit_table.audit_table({socket.gethostname(): facts}, width)


def watched(told, width):
    import socket

    from ansible_collections.linuxnet.tcp.plugins.plugin_utils._text import watch_table as _watch_table

    return _watch_table.watch_table({socket.gethostname(): told}, width)


if __name__ == "__main__":
    sys.exit(exporter.main(sys.argv[1:], VERSION, report, watched))
"""


def text(version: str) -> str:
    """The source of its __main__.py."""
    return _TEXT.replace("VERSION", json.dumps(version))
