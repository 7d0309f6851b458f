# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all tests share: Hypothesis without a clock, its examples kept out of the tree; the fixture `in_utc`."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import configuration, settings

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COLLECTIONS = os.path.join(ROOT, ".collections")

# What a test starts finds the collection as the test does, also where pytest was started by hand
_OTHERS = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path not in ("", COLLECTIONS)]
os.environ["PYTHONPATH"] = os.pathsep.join([COLLECTIONS] + _OTHERS)

configuration.set_hypothesis_home_dir(os.path.join(ROOT, ".build", "cache", "hypothesis"))
# On a busy machine a slow example is no defect; a failing one prints how to run it again
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


@pytest.fixture
def in_utc(monkeypatch):
    """Local time is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
