# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of README, manual and plugin documentation runs, in the order of its page, on a host of its own.

What does not run stands in a table here, with its reason. A new example runs unless it is added there.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from ansible_collections.linuxnet.tcp.tests.live import prestarted, sandbox
from ansible_collections.linuxnet.tcp.tests.live.commands import ROOT, command, environment
from ansible_collections.linuxnet.tcp.tests.live.example_host import web1
from ansible_collections.linuxnet.tcp.tests.live.examples import (
    PAGES,
    PLUGINS,
    Block,
    blocks,
    examples,
    playbook,
    tasks,
)
from ansible_collections.linuxnet.tcp.tests.live.sandbox import isolated

QUICK_START = ROOT / "docs" / "quick-start.md"
#: Languages of which nothing runs here
NO_RUN = {
    "text": "output and drawings, and lines of HAProxy's configuration",
    "jinja": "tests/unit/plugins/filter/test_cookbook.py asks each question of a fleet",
    "json": "an event as it arrives; tests/eda",
    "bash": "provokes an alert; tests/live/test_metrics_docs.py",
    "nginx": "a server's configuration", "apacheconf": "a server's configuration",
}  # fmt: skip
#: YAML and settings of other programs: the file, what the example says, and why it does not run here
OF_OTHERS = [
    ("docs/containers.md", "securityContext:", "a pod of Kubernetes"),
    ("docs/recipes.md", "kind: Pod", "a pod of Kubernetes"),
    ("docs/recipes.md", "[Socket]", "a unit of systemd"),
    ("docs/metrics.md", "scrape_configs:", "Prometheus; tests/live/test_metrics_docs.py runs it"),
    ("docs/event-driven.md", "filters:", "sources of a rulebook; tests/eda/test_content.py"),
    ("docs/event-driven.md", "receivers:", "Alertmanager"),
    ("docs/event-driven.md", "alert: SynFlood", "Prometheus"),
    ("extensions/eda/plugins/event_filter/syn_flood.py", "filters:", "needs ansible-rulebook; tests/eda/test_content.py"),
    ("extensions/eda/plugins/event_source/kernel_log.py", "kernel_log:", "needs ansible-rulebook; tests/eda/test_content.py"),
]
#: Programs of console blocks that do not run here
PROGRAMS = {
    "make": "the checkout's own targets, `make test` among them",
    "ansible-galaxy": "installs over a network, or what `make build` made; tests/tools/release.py installs that",
    "ansible-rulebook": "needs Java; tests/eda/test_loop.py runs it",
    "ansible-runner": "needs a fleet of 10,000 hosts",
    "ansible-pull": "needs a repository; its playbook runs",
    "pip": "installs over a network",
    "cp": "copies from a collection that was installed by ansible-galaxy",
    "docker": "needs an image",
    "/usr/local/sbin/linuxnet-tcp-exporter": "runs until it is ended; tests/live/test_metrics_docs.py",
}
#: Programs of console blocks that run, beside those of Ansible
HARMLESS = {"cat", "linuxnet-tcp-exporter"}
#: Tasks that have nothing to do on a host that is well and has no systemd
MAY_BE_SKIPPED = {
    "Tell what is left alone, or restored in spite of the evidence": "nothing is",
    "Restart the services among them": "no service of systemd owns a listener here",
    "Write the unit": "a part of the role's metrics; Molecule's scenario metrics runs it",
    "Start the service, now and at boot": "the same",
}
#: Files with examples about the report of an audit that has been run
AUDITED = {"docs/cookbook.md", "plugins/filter/fleet_summary.py"}

ALL = [block for page in PAGES for block in blocks(page)] + [block for plugin in PLUGINS for block in examples(plugin)]


#: Each command, and the first example that shows it, which runs it for all
FIRST = {line: block for block in reversed(ALL) if block.language == "console" for line in block.text.splitlines() if line}


def program(line: str) -> str:
    return shlex.split(line, comments=True)[0]


def lines(block: Block) -> list[str]:
    """The commands of a console block that run."""
    return [line for line in block.text.splitlines() if line and program(line) not in PROGRAMS and FIRST[line] == block]


def runs(block: Block) -> bool:
    if block.language == "console":
        return bool(lines(block))
    return block.language not in NO_RUN and not any(block.file == file and said in block.text for file, said, _why in OF_OTHERS)


RUNNING = [block for block in ALL if runs(block)]
FILES = sorted({block.file for block in RUNNING} - {QUICK_START.relative_to(ROOT).as_posix()})


def sooner(text: str) -> str:
    """The same, but it watches for a second."""
    return re.sub(r"(duration|counters_window)([:=] ?)\d+", r"\1\g<2>1", text).replace("exporter watch", "exporter watch --duration 1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where examples run: the same for all, so that Ansible is imported once. What they write there, each has for itself."""
    return tmp_path_factory.mktemp("checkout")


def run(folder: Path, place: str, *argv: str) -> str:
    """What a program of Ansible's says, which has to end well."""
    # What Ansible's own gathering finds no example reads, and it takes longer than most of them
    done = prestarted.run([command(argv[0]), *argv[1:]], cwd=folder, env=environment(ANSIBLE_GATHERING="explicit"), timeout=120)
    told = "%s: %s\n%s%s" % (place, shlex.join(argv), done.stdout, done.stderr)
    assert done.returncode == 0, told
    if argv[0] == "ansible-playbook":
        recap = done.stdout.partition("PLAY RECAP")[2]
        assert " ok=" in recap and not re.search(r"(unreachable|failed|rescued|ignored)=[1-9]", recap), told
        assert "no hosts matched" not in done.stdout, told
        skipped = {name.rpartition(" : ")[2] for name in re.findall(r"^TASK \[(.*)\] \**\n(?:.*\n)??skipping: ", done.stdout, re.MULTILINE)}
        assert skipped <= set(MAY_BE_SKIPPED), told
    else:
        assert re.search(r"^\S+ \| (SUCCESS|CHANGED) => ", done.stdout, re.MULTILINE), told
    return done.stdout


def run_yaml(folder: Path, block: Block) -> None:
    *words, content = playbook(block)
    sandbox.write(str(folder / "example.yml"), sooner(content.replace("/shared/", str(folder) + "/")))
    output = run(folder, block.place, "ansible-playbook", *words)
    begun = re.findall(r"^TASK \[(?:.* : )?(.*)\] \**$", output, re.MULTILINE)
    wanted = list(tasks(yaml.safe_load(block.text)))
    assert {one["name"] for one in wanted if "name" in one} <= set(begun) and len(begun) >= len(wanted), block.place + "\n" + output


def run_ini(folder: Path, block: Block) -> None:
    """Ansible's settings are all read, and an inventory reaches its host."""
    if "[defaults]" not in block.text:
        sandbox.write(str(folder / "example.ini"), block.text)
        run(folder, block.place, "ansible", "-i", "example.ini", "all", "-m", "linuxnet.tcp.syn_backlog_sysctls_info")
        return
    sandbox.write(str(folder / "ansible.cfg"), block.text)
    argv = [command("ansible-config"), "dump", "--only-changed", "-t", "all"]
    settings = {name: value for name, value in environment().items() if name != "ANSIBLE_CONFIG"}
    done = subprocess.run(argv, cwd=folder, env=settings, capture_output=True, text=True, check=True)
    for value in re.findall(r"^\w+ *= *(.*?)(?: +;.*)?$", block.text, re.MULTILINE):
        assert "ansible.cfg) = %s\n" % value in done.stdout, done.stdout


def run_console(folder: Path, block: Block) -> str:
    """What its commands say."""
    told = []
    for line in lines(block):
        argv = shlex.split(sooner(line), comments=True)
        if argv[0] in ("ansible", "ansible-playbook"):
            told.append(run(folder, block.place, *argv))
            continue
        assert argv[0] in HARMLESS, "%s: whether %s may run here has to be said in this file" % (block.place, argv[0])
        done = subprocess.run(["bash", "-ec", sooner(line)], cwd=folder, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, "%s: %s\n%s%s" % (block.place, line, done.stdout, done.stderr)
        told.append(done.stdout)
    return "".join(told)


@pytest.mark.ansible
@pytest.mark.parametrize("file", FILES)
@isolated
def test_examples_run(file: str, folder: Path) -> None:
    """With all that they name listening; only times are shorter."""
    mine = [block for block in RUNNING if block.file == file]
    with web1(folder, "\n".join(block.text for block in mine)):
        if file in AUDITED:
            run(folder, "the audit before " + file, "ansible-playbook", "-i", "inventory.ini", "linuxnet.tcp.audit")
        for block in mine:
            {"yaml": run_yaml, "console": run_console, "ini": run_ini}[block.language](folder, block)


@pytest.mark.parametrize("block", [pytest.param(one, id=one.place) for one in ALL if one.language in ("console", "bash")])
def test_shell_examples_parse(block: Block) -> None:
    done = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.ansible
@isolated
def test_the_quick_start_tells_what_it_says(folder: Path) -> None:
    with web1(folder, ""), sandbox.unchanged():
        outputs = [run_console(folder, block) for block in blocks(QUICK_START)]
    assert len(outputs) == 5
    least, listeners, report, limits, change = outputs
    assert '"tcp_max_syn_backlog"' in least and '"listeners"' not in least
    assert '"listeners": []' in listeners  # nothing listens in this namespace
    assert "localhost: Linux" in report
    assert '"accept_queue": 4097' in limits and '"syn_queue": 4097' in limits
    assert "99-zz-linuxnet-tcp.conf" in change


def test_each_example_names_its_language() -> None:
    """One that nothing checks has a language that nothing here can check."""
    known = {"yaml", "console", "ini", *NO_RUN}
    assert [(block.place, block.language) for block in ALL if block.language not in known] == []


def test_the_tables_name_only_what_is_there() -> None:
    assert len(FILES) > 25 and len(RUNNING) > 50
    assert set(NO_RUN) <= {block.language for block in ALL}
    for file, said, _why in OF_OTHERS:
        assert any(block.file == file and said in block.text for block in ALL), (file, said)
    assert set(PROGRAMS) | HARMLESS <= {program(line) for line in FIRST}
