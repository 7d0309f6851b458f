# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exporter as one file: a zipapp of the collection's own files, the same bytes whenever it is built."""

from __future__ import annotations

import ast
import importlib.util
import io
import json
import typing as t
import zipapp
import zipfile
from pathlib import Path

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._exporter import main as _exporter_main

_PACKAGE = "ansible_collections.linuxnet.tcp.plugins"
_START = (
    _PACKAGE + ".module_utils._module.exporter",
    _PACKAGE + ".plugin_utils._text.table",
    _PACKAGE + ".plugin_utils._text.watch_table",
)
_THEN = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can tell
_MODE = 0o100644 << 16


def built(interpreter: str) -> bytes:
    """The zipapp. ``interpreter``: the target's Python, an absolute path or a command that ``env`` finds."""
    command = interpreter if interpreter.startswith("/") else "/usr/bin/env " + interpreter
    files = {_path(name): _source(name) for name in _closure()}
    for name in list(files):
        files.update(
            ("/".join(name.split("/")[:depth]) + "/__init__.py", b"") for depth in range(1, name.count("/") + 1)
        )
    files["__main__.py"] = _exporter_main.text(_version()).encode("utf-8")
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _THEN)
            entry.create_system, entry.external_attr = 3, _MODE
            archive.writestr(entry, files[name])
    plain.seek(0)
    whole = io.BytesIO()
    zipapp.create_archive(t.cast(t.Any, plain), t.cast(t.Any, whole), interpreter=command)
    return whole.getvalue()


def _closure() -> t.Iterator[str]:
    """The names of all files that the commands import, wherever in a file an import stands."""
    seen: set[str] = set()
    left = list(_START)
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        left += [found for found in _imports(name) if found.startswith(_PACKAGE + ".") and _is_file(found)]


def _imports(name: str) -> t.Iterator[str]:
    for node in ast.walk(ast.parse(_source(name))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = name.rsplit(".", node.level)[0] if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            yield base
            yield from (base + "." + alias.name for alias in node.names)


def _is_file(name: str) -> bool:
    return _file(name).is_file()


def _file(name: str) -> Path:
    return _top() / (name[len(_PACKAGE) + 1 :].replace(".", "/") + ".py")


def _top() -> Path:
    """The folder plugins/."""
    spec = importlib.util.find_spec(_PACKAGE + ".plugin_utils._exporter.main")
    if spec is None or not spec.origin:
        raise ValueError("the files of the collection are not found on this controller")
    return Path(spec.origin).parents[2]


def _version() -> str:
    """The collection's version; a checkout has it in galaxy.yml, an installed collection in MANIFEST.json."""
    folder = _top().parent
    try:
        told = json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(told["collection_info"]["version"])
    except FileNotFoundError:
        lines = (folder / "galaxy.yml").read_text(encoding="utf-8").splitlines()
        return next(line.split()[1] for line in lines if line.startswith("version:"))


def _path(name: str) -> str:
    return name.replace(".", "/") + ".py"


def _source(name: str) -> bytes:
    return _file(name).read_bytes()
