# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of README, manual and plugin documentation: where they stand, and what Ansible can make of them."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT

PAGES = [
    *sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "roles").rglob("*.md")]),
    *sorted((ROOT / "docs").rglob("*.rst")),
]
PLUGINS = sorted([
    *(ROOT / "plugins" / "modules").glob("*.py"), *(ROOT / "plugins" / "filter").glob("*.py"),
    *(ROOT / "extensions" / "eda" / "plugins").rglob("*.py"),
])  # fmt: skip
#: The playbook that a page's snippet of variables is meant for, by how their names begin
PLAYBOOK_OF = {"syn_backlog_mitigate_": "mitigate", "audit_": "audit"}


class Block(NamedTuple):
    """An example: its file, its number there, its language, and its text."""

    file: str
    number: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return "%s, example %d" % (self.file, self.number)


def blocks(page: Path) -> list[Block]:
    """The examples of a page. One that names no language has the language ''."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".rst":
        found = [
            (language, re.sub(r"^\$ ", "", textwrap.dedent(body), flags=re.MULTILINE))
            for language, body in re.findall(r"^\.\. code-block:: *(\w*)\n\n((?:    .*\n|\n)+)", text, re.MULTILINE)
        ]
    else:
        fences = re.finditer(r"^( *)```(.*)\n((?:.*\n)*?)\1```$", text, re.MULTILINE)
        found = [(one[2].strip(), re.sub("^" + one[1], "", one[3], flags=re.MULTILINE)) for one in fences]
    return [Block(page.relative_to(ROOT).as_posix(), number, *one) for number, one in enumerate(found, start=1)]


def examples(plugin: Path) -> list[Block]:
    """EXAMPLES of a plugin."""
    name = plugin.relative_to(ROOT).as_posix()
    for node in ast.parse(plugin.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            return [Block(name, 1, "yaml", ast.literal_eval(node.value))]
    raise AssertionError("no EXAMPLES in " + name)


def playbook(block: Block) -> tuple[str, ...]:
    """The words after `ansible-playbook`, and the content of the file example.yml that they name.

    A list of plays is a playbook; a list of tasks, or tasks with their variables, are those of a play; variables alone are
    given to the playbook that takes them.
    """
    content = yaml.safe_load(block.text)
    head = "- hosts: all\n  gather_facts: false\n"
    if isinstance(content, dict):
        if set(content) == {"vars", "tasks"}:
            return "example.yml", head + textwrap.indent(block.text, "  ")
        (name,) = {name for key in content for begin, name in PLAYBOOK_OF.items() if key.startswith(begin)}
        return "linuxnet.tcp." + name, "-e", "@example.yml", block.text
    if any("hosts" in one or "ansible.builtin.import_playbook" in one for one in content):
        return "example.yml", block.text
    return "example.yml", head + "  tasks:\n" + textwrap.indent(block.text, "    ")


def tasks(content: Any) -> Iterator[dict[str, Any]]:
    """Every task of plays, or of tasks, those in blocks among them."""
    for one in content if isinstance(content, list) else []:
        below = [one[key] for key in ("pre_tasks", "tasks", "post_tasks", "block", "rescue", "always") if key in one]
        if not below and not {"hosts", "ansible.builtin.import_playbook"} & set(one):
            yield one
        for part in below:
            yield from tasks(part)
