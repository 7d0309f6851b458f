# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/architecture.md, kept: which storey imports which, how small and pure their files are, and that each is in its table."""

from __future__ import annotations

import ast
import os
import re
import sys
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGE = "ansible_collections.linuxnet.tcp.plugins"


class Storey(NamedTuple):
    """Where a file lives, which storeys it may import beside its own, and which packages of others."""

    folder: str  # below plugins/
    below: Tuple[str, ...] = ()
    others: Tuple[str, ...] = ()  # first words of what it may import from outside; () is the standard library alone
    pure: bool = False  # no file, socket, process or clock


KERNEL = Storey("module_utils/_kernel", pure=True)
BOOT = Storey("module_utils/_boot", pure=True)
LOG = Storey("module_utils/_log", pure=True)
WRITERS = Storey("module_utils/_writers", (KERNEL.folder, BOOT.folder), pure=True)
GROUND = (KERNEL.folder, BOOT.folder, LOG.folder)
MODEL = Storey("module_utils/_model", GROUND, pure=True)
APPLICATIONS = Storey("module_utils/_applications", (MODEL.folder, *GROUND), pure=True)
FINDINGS = Storey("module_utils/_findings", (MODEL.folder, *GROUND), pure=True)
REPORT = Storey("module_utils/_report", (APPLICATIONS.folder, FINDINGS.folder, MODEL.folder, *GROUND), pure=True)
CHANGE = Storey("module_utils/_change", (APPLICATIONS.folder, MODEL.folder, *GROUND), pure=True)
WATCH = Storey("module_utils/_watch", (MODEL.folder, *GROUND), pure=True)
METRICS = Storey("module_utils/_metrics", pure=True)
READ = Storey("module_utils/_read", (WATCH.folder, MODEL.folder, WRITERS.folder, *GROUND))
WRITE = Storey("module_utils/_write", (CHANGE.folder, READ.folder, MODEL.folder, *GROUND))
MODULE = Storey(
    "module_utils/_module",
    (REPORT.folder, WRITE.folder, CHANGE.folder, READ.folder, WATCH.folder, METRICS.folder, FINDINGS.folder, MODEL.folder, *GROUND),
    ("ansible",),
)
CONTROLLER = Storey("plugin_utils", (REPORT.folder, MODEL.folder, *GROUND), ("ansible", "jmespath"))
TUNE = Storey("plugin_utils/_tune", (CHANGE.folder, APPLICATIONS.folder, MODEL.folder, *GROUND))
FLEET = Storey("plugin_utils/_fleet", (APPLICATIONS.folder, MODEL.folder, *GROUND))
TEXT = Storey("plugin_utils/_text", (FLEET.folder, APPLICATIONS.folder, MODEL.folder, *GROUND))
PAGE = Storey("plugin_utils/_page", (FLEET.folder, APPLICATIONS.folder, MODEL.folder, *GROUND), ("jinja2", "markupsafe"))
REPORTS = Storey("plugin_utils/_report", (TEXT.folder, PAGE.folder, FLEET.folder, MODEL.folder, *GROUND), ("ansible",))
EXPORTER = Storey("plugin_utils/_exporter")
ON_THE_CONTROLLER = (CONTROLLER, TUNE, FLEET, TEXT, PAGE, REPORTS, EXPORTER)
STOREYS = (
    KERNEL,
    BOOT,
    LOG,
    WRITERS,
    MODEL,
    APPLICATIONS,
    FINDINGS,
    REPORT,
    CHANGE,
    WATCH,
    METRICS,
    READ,
    WRITE,
    MODULE,
    *ON_THE_CONTROLLER,
    Storey("modules", (MODULE.folder,), ("ansible",)),
    Storey("action", (*(one.folder for one in ON_THE_CONTROLLER), MODEL.folder, *GROUND), ("ansible",)),
    Storey("filter", (*(one.folder for one in ON_THE_CONTROLLER), CHANGE.folder, MODEL.folder, *GROUND), ("ansible",)),
    Storey("doc_fragments"),
)

# What pure code may import. More is welcome here as long as it touches nothing outside of the process.
PURE_MODULES = set(
    "__future__ bisect collections contextlib datetime enum fnmatch functools heapq ipaddress itertools json math "
    "operator posixpath re shlex string struct textwrap typing unicodedata".split()
)
# Names that reach a file, a terminal or a clock even so
IMPURE_CALLS = set(
    "open input print exec eval __import__ now utcnow today exists isfile isdir islink lexists realpath abspath "
    "expanduser getsize".split()
)

LINES_OF_A_FILE = 450
LINES_OF_A_MODULE = 600  # most of which are its documentation
LINES_OF_MAIN = 20


def python_files() -> List[str]:
    """Paths below plugins/ of every Python file in it."""
    top = os.path.join(ROOT, "plugins")
    walk = ((folder, name) for folder, _below, names in os.walk(top) for name in names if name.endswith(".py"))
    return sorted(os.path.relpath(os.path.join(folder, name), top) for folder, name in walk)


FILES = python_files()


def source(path: str) -> str:
    with open(os.path.join(ROOT, "plugins", path), encoding="utf-8") as text:
        return text.read()


def storey_of(path: str) -> Optional[Storey]:
    folder = os.path.dirname(path)
    return next((storey for storey in STOREYS if storey.folder == folder), None)


def absolute(path: str, node: ast.ImportFrom) -> str:
    """The dotted name that "from … import" in this file refers to."""
    if not node.level:
        return node.module or ""
    folder = os.path.dirname(path).replace("/", ".").split(".")
    parts = (PACKAGE.split(".") + folder)[: len(PACKAGE.split(".")) + len(folder) - node.level + 1]
    return ".".join(parts + ([node.module] if node.module else []))


def imports(path: str) -> Iterator[Tuple[int, str]]:
    """(line, dotted name) of all that a file imports, at its top or inside of functions."""
    for node in ast.walk(ast.parse(source(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = absolute(path, node)
            # "from . import x" may name a module, "from .x import y" something in it: the longer name tells either
            for alias in node.names:
                yield node.lineno, base + "." + alias.name


def file_of(name: str) -> Optional[str]:
    """The file below plugins/ that a dotted name of the collection leads to."""
    if not name.startswith(PACKAGE + "."):
        return None
    parts = name[len(PACKAGE) + 1 :].split(".")
    for length in (len(parts), len(parts) - 1):
        path = "/".join(parts[:length]) + ".py"
        if path in FILES:
            return path
    return None


def module_name(path: Optional[str]) -> str:
    """".room" of the path of a room."""
    return "." + os.path.basename(path or "")[: -len(".py")]


def tables() -> Set[str]:
    """The files that docs/architecture.md names in its tables, as paths below plugins/."""
    with open(os.path.join(ROOT, "docs", "architecture.md"), encoding="utf-8") as page:
        rows = re.findall(r"^\| (room|room of `plugin_utils`|`\w.*?`) \| (.*) \|$", page.read(), re.MULTILINE)
    found, top = set(), ""
    for first, second in rows:
        if first.startswith("room"):
            top = "plugin_utils" if "plugin_utils" in first else "module_utils"
        elif first.endswith("/`"):
            found |= {"%s/%s%s.py" % (top, first.strip("`"), name) for name in re.findall(r"`(\w+)`", second)}
        else:
            found |= {"%s/%s.py" % (top, name) for name in re.findall(r"`(\w+)`", first)}
    return found


def test_each_file_is_in_the_table_of_its_rooms() -> None:
    there = {path for path in FILES if path.startswith(("module_utils/", "plugin_utils/")) and not path.endswith("__init__.py")}
    assert sorted(there - tables()) == [], "not in docs/architecture.md, Which file knows what"
    assert sorted(tables() - there) == [], "in docs/architecture.md, and no file"


def test_there_is_a_house() -> None:
    assert len(FILES) > 20


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith(("module_utils", "modules"))])
def test_rooms_are_imported_not_names_out_of_them(path: str) -> None:
    """Ansible looks every imported name up on disk, in every run: a room costs one look-up, each name out of it another."""
    names = [(line, name) for line, name in imports(path) if file_of(name) and not name.endswith(module_name(file_of(name)))]
    assert not names, "import the room and say room.name: %s" % names


@pytest.mark.parametrize("path", FILES)
def test_every_file_lives_in_a_storey(path: str) -> None:
    if path.endswith("__init__.py"):
        assert source(path) == "", "stays empty: Ansible ships it to targets, and ansible-test wants it so"
    else:
        assert storey_of(path) is not None, "no storey for this folder: draw it in docs/architecture.md and add it here"


@pytest.mark.parametrize("path", FILES)
def test_imports_go_down(path: str) -> None:
    storey = storey_of(path)
    if storey is None:
        return  # __init__.py, or told by the test above
    for line, name in imports(path):
        where = "%s:%d imports %s" % (path, line, name)
        first = name.split(".")[0]
        if first == "ansible_collections":
            goal = file_of(name)
            assert goal is not None, where + ", which is no file of the collection"
            assert os.path.dirname(goal) in (storey.folder,) + storey.below, where + ", which is not below it"
        elif first == "ansible":
            assert "ansible" in storey.others, where + ": this storey knows nothing of Ansible"
            if storey.folder == "modules" or storey == MODULE:
                assert name.startswith("ansible.module_utils."), where + ", which a target does not have"
        elif first not in storey.others:
            if storey.pure:
                assert first in PURE_MODULES, where + ", which is not known to be pure"
            if sys.version_info >= (3, 10):
                assert first in sys.stdlib_module_names, where + ": the standard library must do"


@pytest.mark.parametrize("path", [path for path in FILES if (storey_of(path) or READ).pure])
def test_pure_code_opens_nothing_and_asks_no_clock(path: str) -> None:
    for node in ast.walk(ast.parse(source(path))):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert called not in IMPURE_CALLS, "%s:%d calls %s()" % (path, node.lineno, called)


def circle(graph: Dict[str, Set[str]]) -> List[str]:
    """One circle of the graph, as the path around it; [] where there is none."""
    done = set()  # type: Set[str]

    def walk(path: List[str]) -> List[str]:
        for goal in sorted(graph.get(path[-1], ())):
            if goal in path:
                return path[path.index(goal) :] + [goal]
            if goal not in done:
                found = walk(path + [goal])
                if found:
                    return found
        done.add(path[-1])
        return []

    return next(filter(None, (walk([start]) for start in sorted(graph))), [])


def test_no_import_goes_in_a_circle() -> None:
    goals = {path: {file_of(name) for _line, name in imports(path)} for path in FILES}
    found = circle({path: {goal for goal in files if goal} for path, files in goals.items()})
    assert not found, " -> ".join(found)


def test_a_circle_would_be_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []


@pytest.mark.parametrize("path", FILES)
def test_files_stay_small(path: str) -> None:
    most = LINES_OF_A_MODULE if path.startswith("modules/") else LINES_OF_A_FILE
    assert source(path).count("\n") <= most


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("modules/")])
def test_a_module_is_documentation_and_a_short_main(path: str) -> None:
    tree = ast.parse(source(path))
    names = {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets}
    assert {"DOCUMENTATION", "EXAMPLES", "RETURN"} <= names
    functions = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    assert [function.name for function in functions] == ["main"]
    last = max(node.lineno for node in ast.walk(functions[0]) if hasattr(node, "lineno"))
    assert last - functions[0].lineno < LINES_OF_MAIN


@pytest.mark.parametrize("path", [path for path in FILES if path.startswith("module")])
def test_targets_may_run_python_3_7(path: str) -> None:
    grammar = {"feature_version": (3, 7)} if sys.version_info >= (3, 8) else {}  # 3.7 knows its own and no other
    ast.parse(source(path), filename=path, **grammar)
