# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of README, manual and plugin documentation: YAML is read, tasks and plays pass a syntax check, shell parses.

The commands of the quick start run exactly as they are printed.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from ansible_collections.linuxnet.tcp.tests.live import sandbox
from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT, command, environment
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "roles").rglob("*.md")])
PLUGINS = sorted(path for kind in ("modules", "filter") for path in (ROOT / "plugins" / kind).glob("*.py"))
QUICK_START = ROOT / "docs" / "quick-start.md"


class Block(NamedTuple):
    """An example: where it stands, its language, and its text."""

    place: str
    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    found = re.finditer(r"^( *)```(\w+)\n(.*?)^ *```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    name = page.relative_to(ROOT).as_posix()
    texts = [(one[2], re.sub("^" + one[1], "", one[3], flags=re.MULTILINE)) for one in found]
    return [Block("%s, example %d" % (name, number), *one) for number, one in enumerate(texts, start=1)]


def examples(plugin: Path) -> list[Block]:
    """EXAMPLES of a plugin, of the file itself or of its sidecar."""
    name = plugin.relative_to(ROOT).as_posix()
    for node in ast.parse(plugin.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            return [Block(name, "yaml", ast.literal_eval(node.value))]
    raise AssertionError("no EXAMPLES in " + name)


ALL = [block for page in PAGES for block in blocks(page)] + [block for plugin in PLUGINS for block in examples(plugin)]
YAML = [block for block in ALL if block.language == "yaml"]


def plays(content: Any) -> list[dict[str, Any]]:
    """What Ansible can check of an example; nothing for YAML that is another program's, and for parts of a rulebook."""
    if isinstance(content, dict) and set(content) == {"vars", "tasks"}:
        return [{"hosts": "all", "gather_facts": False, **content}]
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        return []
    if any("filters" in one or "sources" in one for one in content):
        return []
    if all("hosts" in one or "ansible.builtin.import_playbook" in one for one in content):
        return content
    return [{"hosts": "all", "gather_facts": False, "tasks": content}]


def test_there_are_examples() -> None:
    assert len(YAML) > 25 and len(PLUGINS) > 18
    assert sum(bool(plays(yaml.safe_load(block.text))) for block in YAML) > 25


@pytest.mark.ansible
def test_yaml_examples_pass_a_syntax_check(tmp_path: Path) -> None:
    files = []
    for number, block in enumerate(YAML):
        checked = plays(yaml.safe_load(block.text))
        if checked:
            files.append(tmp_path / ("%03d.yml" % number))
            files[-1].write_text("# %s\n%s" % (block.place, yaml.safe_dump(checked, sort_keys=False)), encoding="utf-8")
    argv = [command("ansible-playbook"), "-i", "localhost,", "--syntax-check", *map(str, files)]
    done = subprocess.run(argv, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("playbook: ") == len(files)


@pytest.mark.parametrize("block", [pytest.param(one, id=one.place) for one in ALL if one.language in ("console", "bash")])
def test_shell_examples_parse(block: Block) -> None:
    done = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.ansible
@isolated
def test_the_quick_start_runs_as_printed() -> None:
    """In a folder of its own, with this checkout's configuration, where the report may lie."""
    os.mkdir("/run/checkout")
    settings = environment(PATH=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
    outputs = []
    with sandbox.unchanged():
        for block in blocks(QUICK_START):
            assert block.language == "console"
            done = subprocess.run(
                ["bash", "-ec", block.text], cwd="/run/checkout", env=settings, capture_output=True, text=True, check=False, timeout=120
            )
            assert done.returncode == 0, block.text + done.stdout + done.stderr
            outputs.append(done.stdout)
    assert len(outputs) == 5
    least, listeners, report, limits, change = outputs
    assert '"tcp_max_syn_backlog"' in least and '"listeners"' not in least
    assert '"listeners": []' in listeners  # nothing listens in this namespace
    assert "localhost: Linux" in report
    assert '"accept_queue": 4097' in limits and '"syn_queue": 4097' in limits
    assert "99-zz-linuxnet-tcp.conf" in change


def test_the_language_of_each_example_is_known() -> None:
    """One that nothing checks has a language that nothing here can check."""
    languages = {block.language for block in ALL}
    assert languages == {"yaml", "console", "text", "jinja", "ini", "json", "nginx", "apacheconf", "bash"}
