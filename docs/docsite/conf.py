# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sphinx: the manual's pages as they are, and the plugins' documentation as antsibull-docs makes it. See build_site.py."""

from __future__ import annotations

project = "linuxnet.tcp"
project_copyright = "the linuxnet.tcp authors"
html_title = "linuxnet.tcp"
html_theme = "furo"
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["commands.css"]
extensions = ["myst_parser", "sphinx_antsibull_ext"]
pygments_style = "ansible"
highlight_language = "text"
highlight_options = {}

# Headings get GitHub's names, so that links to them work in both places
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
root_doc = "index"
exclude_patterns = ["docs/docsite"]
nitpicky = False
