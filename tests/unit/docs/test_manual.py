# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manual says what the code says: the table by kernel version, the findings, the recipes, and each link leads somewhere."""

from __future__ import annotations

import pathlib
import re
import xml.etree.ElementTree

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications import application, index
from ansible_collections.linuxnet.tcp.plugins.module_utils._findings import findings, of_watch
from ansible_collections.linuxnet.tcp.plugins.module_utils._kernel import level, rules
from ansible_collections.linuxnet.tcp.tests.unit.docs import findings_list, kernel_table

ROOT = pathlib.Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "roles").rglob("*.md")])


def read(path: pathlib.Path) -> str:
    return path.read_text(encoding="utf-8")


def without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


# ---------------------------------------------------------------- how the kernel decides


def test_the_table_by_kernel_version_is_the_models() -> None:
    _head, found, _tail = kernel_table.parts(read(kernel_table.PAGE))
    assert found == kernel_table.table(), "run: PYTHONPATH=.collections python3 tests/unit/docs/kernel_table.py"


def test_a_row_of_the_table_holds_for_all_its_releases() -> None:
    """No boundary of the model lies inside a row, but for stable releases, which the page lists."""
    firsts = [level.parse_level(first) for first, _name in kernel_table.ROWS]
    assert firsts == sorted(firsts)
    for first, after in zip(firsts, firsts[1:]):
        last = [one for one in ([level.Level(2, 6, n) for n in range(32, 40)] + [level.Level(major, minor) for major in (3, 4, 5, 6) for minor in range(21)])
                if first <= one < after and not (one[0] == 3 and one[1] > 19) and not (one[0] == 5 and one[1] > 19)][-1]  # fmt: skip
        for rule in (rules.syn_queue_rule, rules.max_syn_backlog_caps_queue, rules.first_synack_timeout, rules.backlog_bits):
            assert rule(first) == rule(last), (rule.__name__, first, last)
        assert rules.forces_cookies(first, 2) == rules.forces_cookies(last, 2)


def test_the_page_lists_the_stable_releases_that_took_the_last_rule() -> None:
    listed = re.search(r"stable releases of older branches: ([\d., and]+)\. Distributions", " ".join(read(kernel_table.PAGE).split()))
    assert listed is not None
    assert set(re.findall(r"[\d.]*\d", listed[1])) == {"%d.%d.%d" % (*branch, patch) for branch, patch in rules.PLUS_1_BACKPORTS.items()}


def test_drawings_are_for_light_and_dark_and_are_shown() -> None:
    drawings = sorted((DOCS / "drawings").glob("*.svg"))
    assert len(drawings) == 3
    for drawing in drawings:
        root = xml.etree.ElementTree.fromstring(read(drawing))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "prefers-color-scheme: dark" in read(drawing)
        assert "(drawings/%s)" % drawing.name in read(kernel_table.PAGE)


# ---------------------------------------------------------------- findings


def test_the_list_of_findings_is_made_from_the_rules_and_the_pages() -> None:
    page = read(findings_list.PAGE)
    assert page == findings_list.written(page), "run: PYTHONPATH=.collections python3 tests/unit/docs/findings_list.py"
    listed = re.findall(r"^\| \[([a-z0-9-]+)\]\(([a-z0-9-]+)\.md\) \| .+ \|$", page, re.MULTILINE)
    assert listed == [(one, one) for identifiers in findings_list.ids().values() for one in identifiers]


def test_an_edit_of_the_list_by_hand_would_be_seen() -> None:
    page = read(findings_list.PAGE)
    for changed in (page.replace("| every SYN that arrived was answered |", "| all is well |"), page.replace("[syncookies-off]", "[syncookies-of]")):
        assert changed != page and findings_list.written(changed) == page
    with pytest.raises(ValueError, match="lost the marks"):
        findings_list.written(page.replace("<!-- end of the findings of a watch -->\n", ""))


def test_each_finding_has_its_page_and_no_page_is_left_over() -> None:
    ids = {one[0] for one in findings.RULES} | {one for one, _rule in of_watch.RULES}
    pages = {path.stem: path for path in (DOCS / "findings").glob("*.md") if path.stem != "README"}
    assert set(pages) == ids
    for name, path in pages.items():
        headings = re.findall(r"^#+ .*$", read(path), re.MULTILINE)
        assert headings[0] == "# " + name
        assert {"## What it means", "## How it is known", "## What to do"} <= set(headings), name


# ---------------------------------------------------------------- recipes

#: the heading of the recipe, and the application of the catalogue
RECIPES = {
    "nginx": "nginx", "HAProxy": "HAProxy", "Apache httpd": "Apache httpd", "Redis": "Redis", "PostgreSQL": "PostgreSQL",
    "systemd sockets": "systemd", "Docker": "docker-proxy",
}  # fmt: skip


def catalogue(name: str) -> application.Application:
    (found,) = [one for part in index.ORDER for one in index.entries(part) if one.name == name]
    return found


def recipe(heading: str) -> str:
    return " ".join(re.split(r"^## ", read(DOCS / "recipes.md").split("## %s\n" % heading)[1], flags=re.MULTILINE)[0].split())


@pytest.mark.parametrize("heading", sorted(RECIPES))
def test_a_recipe_says_what_the_catalogue_says(heading: str) -> None:
    one, text = catalogue(RECIPES[heading]), recipe(heading)
    assert one.default_words in text
    if one.change is not None:
        wanted = application.filled(one.change, 4096, "", "0.0.0.0", 443)
        for setting in re.findall("`([^`]*)`", wanted):
            assert setting in text, setting
    if heading != "Docker":
        assert ("A reload applies it" in text) == (one.again == application.RELOAD_IF_EDITED), one.again
        assert ("estart" in text) == (one.again == application.RESTART), one.again


def test_what_the_recipe_for_kubernetes_says_of_go_and_ingress_nginx() -> None:
    text = recipe("Kubernetes")
    for name in ("CoreDNS", "Traefik", "etcd", "kube-apiserver"):
        assert name in text and catalogue(name).runtimes == ("go",)
        assert catalogue(name).default_words in text
    assert "511 at least" in catalogue("ingress-nginx").default_words and "511 at least" in text
    assert catalogue("PgBouncer").defaults == (128,) and "where the default is 128" in recipe("PostgreSQL")


# ---------------------------------------------------------------- security


def test_what_runs_as_root_names_every_module() -> None:
    table = read(DOCS / "security.md").split("## What runs as root")[1].split("\n## ")[0]
    names = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__"}
    assert names - set(re.findall(r"`(\w+)`", table)) == set()


# ---------------------------------------------------------------- what was measured

#: Figures that docs/scale.md takes from docs/performance.md: the row there, its column, and the line here
SHARED = [
    ("audit over ssh, the controller's CPU a host, 24 hosts", "beside", r"^\| `-m ping` over ssh \| (.+?) of CPU \*\(m\)\* \|"),
    ("audit over ssh, the controller's CPU a host, 24 hosts", "ours", r"^\| `linuxnet\.tcp\.audit` over ssh \| (.+?) of CPU \*\(m\)\* \|"),
    ("audit over ssh, the controller's CPU a host, 24 hosts", "ratio", r"an audit costs ([\d.]+) times a ping \*\(m\)\*"),
    ("facts, idle host, the module's own process", "beside", r"^\| `-m ping` over ssh \| .+ \| ([^|]+?) of a process \*\(m\)\* \|"),
    ("facts, idle host, the module's own process", "ours", r"^\| `linuxnet\.tcp\.audit` over ssh \| .+ \| ([^|]+?) of a process \*\(m\)\* \|"),
    ("what one quiet host returns", "ours", r"for an answer of (.+?) \*\(m\)\* \|"),
    ("what one quiet host returns", "ours", r"what a host returns, which is (.+?) \*\(m\)\* for a quiet one"),
]


def measured(row: str, column: str) -> str:
    cells = [[cell.strip() for cell in line.split("|")] for line in read(DOCS / "performance.md").split("\n") if line.startswith("| %s |" % row)]
    assert len(cells) == 1, "docs/performance.md has no row %r" % row
    return cells[0][{"ours": 2, "beside": 4, "ratio": 5}[column]]


@pytest.mark.parametrize(("row", "column", "line"), SHARED)
def test_the_page_on_scale_has_the_figures_of_the_measured_page(row: str, column: str, line: str) -> None:
    found = re.search(line, read(DOCS / "scale.md"), re.MULTILINE)
    assert found is not None, line
    assert found[1] == measured(row, column), "docs/scale.md: the figure is another one in docs/performance.md, row %r" % row


def test_no_other_figure_is_marked_as_one_of_the_measured_page() -> None:
    _explained, rest = read(DOCS / "scale.md").split("## What a host costs")
    assert rest.count("*(m)*") == len(SHARED)


# ---------------------------------------------------------------- links


def anchors(text: str) -> set:
    """The names that GitHub and the site give to headings."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [path.relative_to(ROOT).as_posix() for path in PAGES])
def test_links_within_the_manual_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(read(path))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _hash, anchor = target.partition("#")
        goal = (path.parent / name).resolve() if name else path
        assert goal.exists(), "%s: %s" % (page, target)
        if anchor and goal.suffix == ".md":
            assert anchor in anchors(read(goal)), "%s: %s" % (page, target)


def test_every_page_of_the_manual_is_in_its_table_of_contents() -> None:
    contents = read(DOCS / "README.md")
    missing = [path.name for path in DOCS.glob("*.md") if path.name != "README.md" and "(%s)" % path.name not in contents]
    assert missing == []
