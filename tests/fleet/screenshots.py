# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the README's pictures of what a fleet's audit left: screenshots.py FOLDER

FOLDER has report.html and report.txt, as `make fleet` leaves them in .build/fleet/before. The pictures go to docs.
"""

from __future__ import annotations

import html
import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, ".collections"))

from ansible_collections.linuxnet.tcp.plugins.plugin_utils._text.colour import coloured
from ansible_collections.linuxnet.tcp.tests.browser.chromium import Browser, chromium

LARGEST = 200_000  # bytes of a picture
SIZE = (1120, 720)
OPENED = "web01"  # which is under a flood
# The kernel's own name of whoever makes the pictures is left out
UNNAMED = "for (const one of document.querySelectorAll('#panel p')) one.textContent = one.textContent.replace(/ [(][0-9.]+-[^)]*[)]/, '')"
LINES = 34  # of the table
COLOURS = {"31": "#ff6b68", "32": "#5fd38d", "33": "#e5c07b", "1": "#ffffff; font-weight: bold", "2": "#9aa3ad"}
TERMINAL = """<!DOCTYPE html><meta charset="utf-8"><style>
body { margin: 0; background: #16191d; } pre { margin: 0; padding: 18px 22px; color: #d7dce2; font: 13px/1.4 monospace; }
</style><pre>%s</pre>"""


def terminal(text: str) -> str:
    """The page of a terminal that shows the text in its colours."""
    shown = html.escape(coloured(text))
    shown = re.sub(r"\x1b\[0m", "</span>", shown)
    return TERMINAL % re.sub(r"\x1b\[([0-9]+)m", lambda found: '<span style="color: %s">' % COLOURS[found[1]], shown)


def settled(browser: Browser) -> None:
    browser.run("new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 400))")


def beginning(text: str) -> str:
    """What fits the picture, cut behind a host's last note, and the result."""
    lines = text.rstrip().splitlines()
    whole = max((number for number, line in enumerate(lines[:LINES], 1) if line.startswith("note:")), default=LINES)
    return "\n".join([*lines[:whole], "", "…", "", lines[-1][:137] + "…" if len(lines[-1]) > 138 else lines[-1]])


def picture(browser: Browser, name: str) -> None:
    path = os.path.join(ROOT, "docs", name)
    browser.picture(path)
    size = os.path.getsize(path)
    print("docs/%s: %d KB" % (name, size // 1000))
    if size >= LARGEST:
        sys.exit("docs/%s is too large for a repository" % name)


def main(folder: str) -> None:
    page = os.path.join(folder, "report.html")
    with open(os.path.join(folder, "report.txt"), encoding="utf-8") as report:
        text = beginning(report.read())
    with chromium() as browser, tempfile.TemporaryDirectory() as place:
        browser.open(page, *SIZE, "light")
        settled(browser)
        picture(browser, "page-light.png")
        browser.open(page, *SIZE, "dark")
        browser.run("[...document.querySelectorAll('.row')].find((one) => one.textContent.includes('%s')).click()" % OPENED)
        browser.run(UNNAMED)
        settled(browser)
        picture(browser, "page-dark.png")
        shown = os.path.join(place, "terminal.html")
        with open(shown, "w", encoding="utf-8") as file:
            file.write(terminal(text) + '<script>document.documentElement.dataset.ready = "yes"</script>')
        browser.open(shown, 1180, 400)
        browser.look(1180, browser.run("document.querySelector('pre').offsetHeight"))
        picture(browser, "table.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
