# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""report.html: one page that needs nothing else, made of the templates, styles and scripts beside it.

Its policy lets the browser run this very script and this very style, known by their hashes, and nothing else: no
network, no markup out of texts. What comes from hosts is data in a JSON block, and the script shows it as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import typing as t

import jinja2
import markupsafe

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.text import printable

from .._fleet.kind import KINDS
from .._fleet.summary import Fleet
from .data import Data

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_STYLES = ("style.css", "panel.css", "media.css")
_SCRIPTS = (
    "data.js",
    "elements.js",
    "charts.js",
    "remedies.js",
    "virtual.js",
    "views.js",
    "panel.js",
    "overview.js",
    "page.js",
)
_CANNOT_END = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}  # a JSON text that no parser of HTML can leave early


def page(fleet: Fleet, data: Data, compared: t.Any = None) -> t.Iterator[str]:
    """The page, piece by piece."""
    style = _joined(_STYLES)
    script = '(() => {{\n"use strict";\n{0}}})();\n'.format(_joined(_SCRIPTS))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").generate(
        policy="; ".join(_policy(style, script)),
        style=markupsafe.Markup(style),
        script=markupsafe.Markup(script),
        data=markupsafe.Markup(_embedded(data.whole(fleet, compared))),
        title=_title(fleet, data),
        standing=_standing(fleet),
        hosts=fleet.hosts,
        listeners=fleet.listeners,
        kinds={kind: fleet.kinds[kind] for kind in KINDS},
    )


def _title(fleet: Fleet, data: Data) -> str:
    return printable(data.names[0]) if fleet.hosts == 1 else "{0:,} hosts".format(fleet.hosts)


def _standing(fleet: Fleet) -> str:
    """What was looked at, in one line; how it fares is told by the tiles below."""
    answered = fleet.hosts - len(fleet.errors)
    listeners = "{0:,} listener{1}".format(fleet.listeners, "" if fleet.listeners == 1 else "s")
    if fleet.hosts == 1:
        return listeners if answered else "no answer"
    return "{0} on {1:,} host{2} that answered".format(listeners, answered, "" if answered == 1 else "s")


def _policy(style: str, script: str) -> list[str]:
    return [
        "default-src 'none'",
        "script-src '{0}'".format(_hash(script)),
        "style-src '{0}'".format(_hash(style)),
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _embedded(whole: t.Mapping[str, t.Any]) -> str:
    """JSON in ASCII, in which nothing ends a script element or begins a comment."""
    text = json.dumps(whole, separators=(",", ":"), default=str)
    for character, escaped in _CANNOT_END.items():
        text = text.replace(character, escaped)
    return text


def _joined(names: t.Iterable[str]) -> str:
    return "".join(_read(name) for name in names)


def _read(name: str) -> str:
    with open(os.path.join(_FOLDER, name), encoding="utf-8") as file:
        return file.read()
