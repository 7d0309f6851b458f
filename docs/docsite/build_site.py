# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the site: `make docs`. Pages of the repository are copied to where their links lead, plugin pages are made, Sphinx does the rest.

Every warning of Sphinx is an error.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE, SITE = ROOT / ".build" / "docs" / "source", ROOT / ".build" / "docs" / "site"
INDEX = """\
```{include} docs/README.md
:relative-docs: docs/
:relative-images:
```

```{toctree}
:hidden:
:caption: Start here

docs/quick-start
docs/my-server-drops-connections
docs/recipes
```

```{toctree}
:hidden:
:caption: Understand

docs/how-the-kernel-decides
docs/findings/README
docs/security
```

```{toctree}
:hidden:
:caption: Run it on a fleet

docs/performance
docs/scale
docs/cookbook
docs/event-driven
roles/syn_backlog/README
```

```{toctree}
:hidden:
:caption: Reference

Modules, filters, role <collection/index>
README
docs/architecture
CONTRIBUTING
```
"""
FINDINGS = "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"


def pages() -> None:
    """Copies keep their places, so that the links between them hold."""
    for name in ("README.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "COPYING", "roles/syn_backlog/README.md"):
        goal = SOURCE / name
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, goal)
    shutil.copytree(ROOT / "docs", SOURCE / "docs", ignore=shutil.ignore_patterns("docsite"))
    (SOURCE / "changelogs").mkdir()
    (SOURCE / "index.md").write_text(INDEX, encoding="utf-8")
    with (SOURCE / "docs" / "findings" / "README.md").open("a", encoding="utf-8") as findings:
        findings.write(FINDINGS)
    shutil.copy(ROOT / "docs" / "docsite" / "conf.py", SOURCE)


def plugins() -> None:
    goal = SOURCE / "collection"
    goal.mkdir()
    settings = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".collections"), ANSIBLE_CONFIG=os.devnull)
    run("antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(goal), "linuxnet.tcp", env=settings)


def run(program: str, *arguments: str, **named: object) -> None:
    path = pathlib.Path(sys.executable).parent
    done = subprocess.run([str(path / program), *arguments], check=False, **{"env": dict(os.environ), **named})  # type: ignore[call-overload]
    if done.returncode != 0:
        sys.exit(done.returncode)


def main() -> None:
    shutil.rmtree(SOURCE.parent, ignore_errors=True)
    SOURCE.mkdir(parents=True)
    pages()
    plugins()
    run("sphinx-build", "-q", "-W", "--keep-going", "-b", "html", str(SOURCE), str(SITE))
    print("The site: " + str((SITE / "index.html").relative_to(ROOT)))


if __name__ == "__main__":
    main()
