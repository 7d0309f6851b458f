# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays one of the four stories of docs/my-server-drops-connections.md, as root: `make story N=1`."""

from __future__ import annotations

import os
import sys

from ansible_collections.linuxnet.tcp.tests.live import lab
from ansible_collections.linuxnet.tcp.tests.live.separate import separate
from ansible_collections.linuxnet.tcp.tests.stories import drop_open_request, flood, honest_clients, three_limits
from ansible_collections.linuxnet.tcp.tests.stories.stage import StoryError

STORIES = {"1": drop_open_request.play, "2": flood.play, "3": three_limits.play, "4": honest_clients.play}


def main(arguments: list[str]) -> None:
    if len(arguments) != 1 or arguments[0] not in STORIES:
        sys.exit("Which story? N is 1, 2, 3 or 4: make story N=1")
    if os.geteuid() != 0:
        sys.exit("A story needs root: it makes network namespaces and sends raw packets. Nothing leaves them.")
    try:
        separate()
        lab.remove_stale()
        STORIES[arguments[0]]()
    except StoryError as error:
        sys.exit("The story does not hold: %s" % error)
    print("\nThe story holds.")


if __name__ == "__main__":
    main(sys.argv[1:])
