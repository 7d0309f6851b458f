# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the site: `make docs`. Pages of the repository are copied to where their links lead, plugin pages are made, Sphinx does the rest.

Every warning of Sphinx is an error, and so is a link within the site that leads nowhere.
"""

from __future__ import annotations

import html.parser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse
from typing import Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import page_links

SOURCE, SITE = ROOT / ".build" / "docs" / "source", ROOT / ".build" / "docs" / "site"
FORGE = "https://github.com/linuxnet-collections/linuxnet.tcp/blob/main/"
PAGES = [
    "README.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "roles/syn_backlog/README.md",
    *(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")),
]  # fmt: skip
PICTURES = [path.relative_to(ROOT).as_posix() for kind in ("*.png", "drawings/*.svg") for path in (ROOT / "docs").glob(kind)]
#: What the side shows below the parts of docs/README.md
REFERENCE = ["Modules, filters, role <collection/index>", "README <README>", "CODE_OF_CONDUCT", "ansible"]
#: Labels of Ansible's own documentation that plugin pages refer to, and where they lead
ANSIBLES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
    "ansible_collections.ansible.builtin.free_strategy": "collections/ansible/builtin/free_strategy.html",
    "ansible_collections.ansible.builtin.ping_module": "collections/ansible/builtin/ping_module.html",
}


def toctree(entries: list, caption: str = "") -> str:
    return "\n```{toctree}\n:hidden:\n%s\n%s\n```\n" % (":caption: " + caption + "\n" if caption else "", "\n".join(entries))


def contents(index: str) -> list:
    """The parts of the index, each a title in bold and a list of links, as the side shows them."""
    parts = re.split(r"^\*\*(.*)\*\*$", index, flags=re.MULTILINE)[1:]
    links = [re.findall(r"\[([^\]]+)\]\(([^):#]+)\.md\)", text) for text in parts[1::2]]
    found = [(title, ["%s <%s>" % link for link in of_part]) for title, of_part in zip(parts[::2], links)]
    return [*found, ("Reference", REFERENCE)]


def pages() -> None:
    """Copies keep their places, so that the links between them hold; other files are linked where everybody can read them."""
    for name in PAGES:
        goal = SOURCE / name
        goal.parent.mkdir(parents=True, exist_ok=True)
        goal.write_text(linked(ROOT / name), encoding="utf-8")
    for picture in PICTURES:
        (SOURCE / picture).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / picture, SOURCE / picture)
    index = (SOURCE / "docs" / "README.md").read_text(encoding="utf-8")
    (SOURCE / "docs" / "README.md").unlink()
    index = re.sub(r"\]\((?!https?:)", "](docs/", index).replace("](docs/../", "](")
    (SOURCE / "index.md").write_text(
        index.replace("# Manual", "# linuxnet.tcp", 1) + "".join(toctree(entries, title) for title, entries in contents(index)),
        encoding="utf-8",
    )
    findings = sorted(path.stem for path in (SOURCE / "docs" / "findings").glob("*.md") if path.stem != "README")
    with (SOURCE / "docs" / "findings" / "README.md").open("a", encoding="utf-8") as page:
        page.write(toctree(findings))
    parts = ["Ansible's own documentation\n===========================\n"]
    for label, place in ANSIBLES.items():
        title = label.rpartition(".")[2].replace("_", " ")
        parts.append(".. _%s:\n\n%s\n%s\n\nhttps://docs.ansible.com/projects/ansible/latest/%s\n" % (label, title, "-" * len(title), place))
    (SOURCE / "ansible.rst").write_text("\n".join(parts), encoding="utf-8")
    shutil.copy(ROOT / "docs" / "docsite" / "conf.py", SOURCE)
    shutil.copytree(ROOT / "docs" / "docsite" / "static", SOURCE / "static")


def linked(path: pathlib.Path) -> str:
    """A page whose links to files that are neither pages nor pictures of the site lead to the forge."""

    def address(goal: str) -> Optional[str]:
        shown = goal in PAGES and goal != "docs/README.md" or goal in PICTURES
        return None if shown else FORGE + goal

    return page_links.to_forge(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix(), address)


def plugins() -> None:
    goal = SOURCE / "collection"
    goal.mkdir()
    run("antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(goal), "linuxnet.tcp")


def run(program: str, *arguments: str) -> None:
    programs = str(pathlib.Path(sys.executable).parent)
    settings = dict(
        os.environ,
        ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".collections"),
        ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
        PATH=programs + os.pathsep + os.environ.get("PATH", ""),
    )
    done = subprocess.run([os.path.join(programs, program), *arguments], check=False, env=settings)
    if done.returncode != 0:
        sys.exit(done.returncode)


class Links(html.parser.HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, page: pathlib.Path) -> None:
        super().__init__()
        self.links, self.anchors = set(), {""}
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list) -> None:
        for name, value in attrs:
            if name == "id":
                self.anchors.add(value)
            elif value and (name == "href" or name == "src" and tag == "img"):
                self.links.add(value)


def broken_links() -> list:
    """Links within the site that lead nowhere."""
    found = {page: Links(page) for page in SITE.rglob("*.html")}
    broken = []
    for page, it in found.items():
        for link in it.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            goal = (page.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else page
            anchor = urllib.parse.unquote(parts.fragment)
            if not goal.exists() or (goal in found and anchor not in found[goal].anchors):
                broken.append("%s: %s" % (page.relative_to(SITE), link))
    return sorted(broken)


def main() -> None:
    shutil.rmtree(SOURCE.parent, ignore_errors=True)
    SOURCE.mkdir(parents=True)
    pages()
    plugins()
    run("sphinx-build", "-q", "-W", "--keep-going", "-b", "html", str(SOURCE), str(SITE))
    broken = broken_links()
    if broken:
        sys.exit("Broken links:\n" + "\n".join(broken))
    print("The site: " + str((SITE / "index.html").relative_to(ROOT)))


if __name__ == "__main__":
    main()
