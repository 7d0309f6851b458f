"""The fixtures of the live tests that these need: the machine stays as it is."""

from __future__ import annotations

from ansible_collections.linuxnet.tcp.tests.live import conftest as live

root = live.root
_host_stays_as_it_is = live._host_stays_as_it_is
