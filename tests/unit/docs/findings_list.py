# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists of docs/findings/README.md, made from the rules and the pages.

The rules give the ids and their order. The line "In short: …" of a finding's page gives the text.
`PYTHONPATH=.collections python3 tests/unit/docs/findings_list.py` writes them.
"""

from __future__ import annotations

import pathlib
import re
from typing import Dict, List

from ansible_collections.linuxnet.tcp.plugins.module_utils._findings import findings, of_watch

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "findings" / "README.md"
BEGIN = "<!-- findings of %s: made by tests/unit/docs/findings_list.py -->\n"
END = "<!-- end of the findings of %s -->\n"


def ids() -> Dict[str, List[str]]:
    """The ids of each list, in its order. A watch's list leaves out what the first one has."""
    gathered = list(dict.fromkeys(one[0] for one in findings.RULES))
    return {"the facts": gathered, "a watch": [one for one, _rule in of_watch.RULES if one not in gathered]}


def in_short(identifier: str) -> str:
    """The text of a finding: the line below the heading of its page."""
    path = PAGE.with_name(identifier + ".md")
    found = re.match(r"# %s\n\nIn short: (.+)\.\n\n## " % identifier, path.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("%s: below the heading one line is wanted: In short: … (with a full stop)" % path.name)
    return found[1]


def table(identifiers: List[str]) -> str:
    rows = ["| [%s](%s.md) | %s |" % (one, one, in_short(one)) for one in identifiers]
    return "\n" + "\n".join(["| id | in short |", "|---|---|", *rows]) + "\n\n"


def written(page: str) -> str:
    """The page with its lists made anew; all else stays."""
    for name, identifiers in ids().items():
        before, begin, rest = page.partition(BEGIN % name)
        _old, end, after = rest.partition(END % name)
        if not begin or not end:
            raise ValueError("docs/findings/README.md has lost the marks of the findings of " + name)
        page = before + begin + table(identifiers) + end + after
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
