# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Running a command of the host's firewall to its end, and never for longer than it may take."""

from __future__ import annotations

import os
import subprocess
from typing import NamedTuple

_SECONDS = 15.0


class NoAnswer(Exception):
    """It cannot be run, does not end, or tells something else than it should."""


class Done(NamedTuple):
    """What a run of it said."""

    status: int
    output: str
    errors: str

    @property
    def first_error(self) -> str:
        """The first line of what it complains of."""
        return (self.errors.strip().splitlines() or ["it ended with status {0}".format(self.status)])[0]


def run(command: str, *arguments: str, stdin: str = "") -> Done:
    """Run a command, given by its path.

    :raises NoAnswer: it could not be started, or did not end in time and was ended.
    """
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    name = os.path.basename(command)
    try:
        # Rooms that read have no module to ask; pylint: disable-next=ansible-bad-function
        done = subprocess.run(
            [command, *arguments],
            input=stdin.encode(),
            capture_output=True,
            timeout=_SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoAnswer("{0} did not end within {1:g} seconds".format(name, _SECONDS)) from None
    except OSError as error:
        raise NoAnswer("{0} cannot be run: {1}".format(name, error.strerror)) from error
    return Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
