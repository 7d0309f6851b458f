# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every parser and everything that judges facts, given mutated samples until the time is up. Prints how many inputs each one had.

python -m ansible_collections.linuxnet.tcp.tests.fuzz.fuzz [--seconds N] [--seed SEED] [--only PART-OF-A-NAME]

A failing input is printed as small as Hypothesis can make it, as bytes to put into a unit test, with the seed that leads to it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from typing import Any, Dict, NamedTuple, Optional

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from .parsers import PARSERS
from .properties import Property, any_input, truths

AT_ONCE = 40  # examples with one seed; then the clock is asked


class Fuzzed(NamedTuple):
    inputs: int
    failure: Optional[str]


def everything() -> Dict[str, Property]:
    """All there is to try, by name."""
    found = {one.name: any_input(one) for one in PARSERS}
    found.update({one.name + ": what is true among it": truths(one) for one in PARSERS if one.truth})
    found.update(of_facts())
    return found


def of_facts() -> Dict[str, Property]:
    """Facts that lie, into the findings, the filters, reports and plans of the controller; none without Ansible."""
    try:
        from ansible_collections.linuxnet.tcp.tests.unit.plugins.plugin_utils import test_mutated_facts as facts
    except BaseException as error:  # pytest's Skipped is no Exception
        print("left out, the controller: %s" % error)
        return {}
    found = {
        "facts that lie": ((facts.CHANGES,), facts.test_a_host_that_lies_breaks_nothing),
        "changes that lie": ((facts.OF_APPLIED,), facts.test_nor_does_what_it_says_of_a_change),
        "outputs of commands that lie": (facts.OUTPUTS, facts.test_nor_do_the_outputs_of_commands),
    }
    name = "findings and the controller: "
    return {name + what: Property(strategies, test.hypothesis.inner_test) for what, (strategies, test) in found.items()}


def fuzzed(tried: Property, number: int, until: float) -> Fuzzed:
    """Try it with this seed, the next one and so on, until that moment."""
    counted = [0]

    def counting(values: Any) -> None:
        counted[0] += 1
        tried.holds(*values)

    patient = settings(
        max_examples=AT_ONCE, deadline=None, database=None, print_blob=False, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    while True:
        try:
            seed(number)(patient(given(st.tuples(*tried.strategies))(counting)))()
        except Exception:
            return Fuzzed(counted[0], "seed %d\n%s" % (number, traceback.format_exc()))
        number += 1
        if time.monotonic() >= until:
            return Fuzzed(counted[0], None)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", default="", help="only those with this in their name")
    asked = parser.parse_args()
    first = random.SystemRandom().randrange(1000000) if asked.seed is None else asked.seed
    tests = {name: test for name, test in everything().items() if asked.only in name}
    print("%d parsers, %d seconds, seed %d" % (len(tests), asked.seconds, first), flush=True)
    end, failures, total = time.monotonic() + asked.seconds, [], 0  # type: Tuple[float, List[str], int]
    for left, (name, test) in zip(range(len(tests), 0, -1), tests.items()):
        began = time.monotonic()
        found = fuzzed(test, first, began + max(end - began, 0) / left)
        total += found.inputs
        print("%-60s %7d inputs %s" % (name, found.inputs, "FAILED" if found.failure else ""), flush=True)
        if found.failure:
            failures.append("FAILED %s, with %s" % (name, found.failure))
    print("%d inputs, seeds from %d on, %d failures" % (total, first, len(failures)))
    print("\n\n".join(failures), end="")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
