# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._model.errors import InvalidOption
from ansible_collections.linuxnet.tcp.plugins.module_utils._module.linux import require_linux


@pytest.mark.parametrize("system", ["Darwin", "FreeBSD", "SunOS", ""])
def test_other_systems_are_refused_by_name(system: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        require_linux(system)
    assert str(caught.value).startswith("target: {0!r} is not allowed; only Linux".format(system))


def test_linux_is_welcome() -> None:
    require_linux("Linux")
