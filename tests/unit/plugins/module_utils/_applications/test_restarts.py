# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.linuxnet.tcp.plugins.module_utils._applications.restarts import reload, restart
from ansible_collections.linuxnet.tcp.plugins.module_utils._model.units import Unit

ID = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        (Unit("nginx.service"), "run `systemctl restart nginx.service`"),
        (Unit("a\\x2db.service"), "run `systemctl restart 'a\\x2db.service'`"),
        (Unit("web.service", 1000), "run `systemctl --user --machine=1000@ restart web.service`"),
        (Unit("docker-%s.scope" % ID), "run `docker restart 0123456789ab`"),
        (Unit("libpod-%s.scope" % ID), "run `podman restart 0123456789ab`"),
        (Unit("cri-containerd-%s.scope" % ID), "restart the pod of container 0123456789ab"),
        (Unit("session-3.scope"), "restart nginx (pid 7)"),
        (None, "restart nginx (pid 7)"),
    ],
)
def test_restart(unit: Unit | None, words: str) -> None:
    assert restart(unit, "nginx", 7) == words


def test_reload() -> None:
    assert reload(Unit("nginx.service"), "nginx", 7) == "run `systemctl reload nginx.service`"
    assert reload(None, "nginx", 7) == "run `kill -HUP 7`"
    assert reload(None, "nginx", None) == "reload nginx"
