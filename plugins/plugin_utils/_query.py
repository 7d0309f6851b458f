# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils is PRIVATE to the collection: its interface may change at any time.

"""JMESPath, evaluated on the controller."""

from __future__ import annotations

import json
import typing as t

from ansible.errors import AnsibleError

try:
    import jmespath
    from jmespath.exceptions import JMESPathError
except ImportError:
    jmespath = None  # type: ignore[assignment]


def compile_query(option: str, expression: t.Any) -> t.Any:
    """The compiled expression.

    :raises AnsibleError: no jmespath on the controller, or a broken expression; names the option and the value.
    """
    if jmespath is None:
        raise AnsibleError("{0}: needs the Python package jmespath on the controller".format(option))
    if not isinstance(expression, str) or not expression.strip():
        raise AnsibleError(
            "{0}: {1!r} is not a JMESPath expression; expected text such as 'listeners[].port'".format(
                option, expression
            )
        )
    try:
        return jmespath.compile(expression)
    except JMESPathError as error:
        raise AnsibleError(
            "{0}: {1!r} is not a valid JMESPath expression: {2}".format(option, expression, error)
        ) from error


def search(option: str, compiled: t.Any, data: t.Any) -> t.Any:
    """What the expression selects from data.

    JMESPath's functions look at exact types, which Ansible's own string and
    list types are not: the data makes a round trip through JSON.

    :raises AnsibleError: an unknown function, or one applied to the wrong type; data that is no JSON, or too deep.
    """
    try:
        return compiled.search(json.loads(json.dumps(data)))
    except (JMESPathError, ArithmeticError, RecursionError, TypeError, ValueError) as error:
        raise AnsibleError("{0}: cannot be evaluated: {1}".format(option, error)) from error
