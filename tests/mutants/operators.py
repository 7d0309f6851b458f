# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which changes a mutant may have: those of cosmic-ray that a slip of the hand could make, and a return value that is lost.

What cosmic-ray replaces beside these (== by `is`, + by <<) no hand would write, or does the same.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple

import cosmic_ray.plugins
import parso
from cosmic_ray.ast import Visitor, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator

COMPARISONS = (
    "Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt", "Is_IsNot", "IsNot_Is",
)  # fmt: skip
ARITHMETIC = ("Add_Sub", "Sub_Add", "Mul_Div", "FloorDiv_Mul", "BitAnd_BitOr", "BitOr_BitAnd")
OTHERS = (
    "NumberReplacer", "ReplaceAndWithOr", "ReplaceOrWithAnd", "AddNot", "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
)  # fmt: skip


class ReturnNone(Operator):
    """`return value` becomes `return None`."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        if node.type == "return_stmt" and node.children[1].get_code().strip() != "None":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return parso.python.tree.Name(node.children[0].prefix + "return None", node.start_pos)

    @classmethod
    def examples(cls) -> Any:
        return ()


def operators() -> Dict[str, Operator]:
    """Each operator by a short name."""
    names = ["ReplaceComparisonOperator_" + one for one in COMPARISONS]
    names += ["ReplaceBinaryOperator_" + one for one in ARITHMETIC] + list(OTHERS)
    found = {name: cosmic_ray.plugins.get_operator("core/" + name)() for name in names}
    found["ReturnNone"] = ReturnNone()
    return found


class Mutant(NamedTuple):
    path: str  # below the checkout
    operator: str
    occurrence: int  # of this operator in this file, from 0
    first: int  # lines, from 1
    last: int


class _Places(Visitor):
    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.found: List[Any] = []

    def visit(self, node: Any) -> Any:
        self.found.extend(self.operator.mutation_positions(node))
        return node


def mutants(path: str, source: str, known: Dict[str, Operator]) -> Iterator[Mutant]:
    """Every mutant of a file."""
    tree = get_ast(source)
    for name, operator in known.items():
        places = _Places(operator)
        places.walk(tree)
        for occurrence, (start, end) in enumerate(places.found):
            yield Mutant(path, name, occurrence, start[0], end[0])


def mutated(source: str, mutant: Mutant, known: Dict[str, Operator]) -> str:
    return mutate_code(source, known[mutant.operator], mutant.occurrence) or source
