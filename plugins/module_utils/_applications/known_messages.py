# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Message brokers, coordination, chat and telephony."""

from __future__ import annotations

from . import application

ENTRIES = (
    application.Application(
        "RabbitMQ", (),
        "set `tcp_listen_options.backlog = {n}`", "in /etc/rabbitmq/rabbitmq.conf",
        defaults=(128,), shared=("beam.smp", "erl_child_setup"), arguments=("rabbit",),
        source="rabbitmq-server deps/rabbit/docs/rabbitmq.conf.example",
    ),
    application.Application(
        "Mosquitto", ("mosquitto",), None, defaults=(100,), instead=application.NO_SETTING, source="mosquitto src/net.c",
    ),
)
