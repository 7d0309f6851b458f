# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The links between the pages of a release: which there are, and which have to lead to the forge instead."""

from __future__ import annotations

import os
import posixpath
import re
from typing import Callable, List, Optional

# Examples come first, so that what looks like a link in them is none
LINK = re.compile(r"```.*?```|`[^`\n]*`|\]\(([^)\s]+)\)", re.DOTALL)
SCHEME = re.compile(r"[a-z]+:")
PICTURES = (".png", ".svg")
# Galaxy shows these without the files beside them
ALONE = re.compile(r"(roles/\w+/)?README\.md")


def goal(page: str, target: str) -> Optional[str]:
    """The path that a link of this page leads to, both below the root; None where it leads to the page itself or elsewhere."""
    name = target.partition("#")[0]
    if not name or SCHEME.match(name):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), name))


def goals(page: str, text: str) -> List[str]:
    """The paths that the relative links of this page lead to."""
    found = [goal(page, one[1]) for one in LINK.finditer(text) if one[1]]
    return [one for one in found if one is not None]


def to_forge(text: str, page: str, address: Callable[[str], Optional[str]]) -> str:
    """This page with another address for the paths that have one."""

    def link(found: re.Match[str]) -> str:
        path = goal(page, found[1]) if found[1] else None
        there = address(path) if path is not None else None
        return found[0] if there is None else "](%s%s)" % (there, "".join(found[1].partition("#")[1:]))

    return LINK.sub(link, text)


def turn(tree: str, source: str, forge: str, ref: str) -> None:
    """Have the pages of TREE, which holds some files of SOURCE, lead to the forge's REF for the others, and wherever Galaxy shows them alone."""
    for folder, _below, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            page = os.path.relpath(path, tree)
            if not name.endswith(".md"):
                continue

            def address(goal: str, alone: bool = ALONE.fullmatch(page) is not None) -> Optional[str]:
                if not alone and os.path.exists(os.path.join(tree, goal)):
                    return None
                kind = "tree" if os.path.isdir(os.path.join(source, goal)) else "raw" if goal.endswith(PICTURES) else "blob"
                return "%s/%s/%s/%s" % (forge, kind, ref, goal)

            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(to_forge(text, page, address))
