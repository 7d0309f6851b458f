# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""What nft lists of our table: the networks that are dropped, for how long still, and how often so far."""

from __future__ import annotations

import os
import subprocess
from typing import NamedTuple, Optional

from .._model import nft_table
from . import firewall

_SECONDS = 10.0


class NoAnswer(Exception):
    """nft cannot be run, does not end, or tells something that is no listing."""


class Done(NamedTuple):
    """What a run of nft said."""

    status: int
    output: str
    errors: str


def run(command: str, *arguments: str, stdin: str = "") -> Done:
    """Run nft to its end.

    :raises NoAnswer: it could not be started, or did not end in time and was ended.
    """
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [command, *arguments],
            input=stdin.encode(),
            capture_output=True,
            timeout=_SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoAnswer("nft did not end within {0:g} seconds".format(_SECONDS)) from None
    except OSError as error:
        raise NoAnswer("nft cannot be run: {0}".format(error.strerror)) from error
    return Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def table(command: str) -> Optional[nft_table.Table]:
    """Our table as it is now; None where there is none.

    :raises NoAnswer: it is there, and nft does not tell what it holds.
    """
    if not firewall.has_our_table():
        return None
    done = run(command, "-j", "list", "table", nft_table.FAMILY, nft_table.TABLE)
    if done.status != 0:
        if not firewall.has_our_table():
            return None  # gone since
        raise NoAnswer("nft does not list the table {0}".format(nft_table.TABLE))
    try:
        return nft_table.parse_listing(done.output)
    except ValueError as error:
        raise NoAnswer("nft -j list table: {0}".format(error)) from error
