# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module_utils is PRIVATE to the collection: its interface may change at any time.

"""Message brokers, coordination, chat and telephony."""

from __future__ import annotations

from . import application

_ERLANG = (
    application.Listener(
        "the port that joins Erlang nodes (distribution)", (25672,),
        change="add `-kernel inet_dist_listen_options [{{backlog,{n}}}]`",
        where="to the arguments of its Erlang virtual machine", defaults=(128,),
    ),
)
_RABBITMQ = (
    application.other("the management interface of RabbitMQ", 15672, defaults=(1024,)),
    application.other(
        "the management interface of RabbitMQ (TLS)", 15671, defaults=(1024,),
        change="set `management.ssl.backlog = {n}`", where="in /etc/rabbitmq/rabbitmq.conf",
    ),
    application.other("the metrics port of RabbitMQ", 15692, defaults=(1024,)),
    application.other(
        "the metrics port of RabbitMQ (TLS)", 15691, defaults=(1024,),
        change="set `prometheus.ssl.backlog = {n}`", where="in /etc/rabbitmq/rabbitmq.conf",
    ),
    application.Listener(
        "the cluster port of RabbitMQ (Erlang distribution)", (25672,),
        change="add `-kernel inet_dist_listen_options [{{backlog,{n}}}]` to RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
        where="in /etc/rabbitmq/rabbitmq-env.conf", defaults=(128,),
    ),
)

ENTRIES = (
    application.Application(
        "RabbitMQ", (),
        "set `tcp_listen_options.backlog = {n}`", "in /etc/rabbitmq/rabbitmq.conf",
        defaults=(128,), shared=("beam.smp", "erl_child_setup"), arguments=("rabbit",),
        listeners=_RABBITMQ,
        source="rabbitmq-server deps/rabbit/docs/rabbitmq.conf.example, rabbitmq_management.schema; measured on 3.10",
    ),
    application.Application(
        "Mosquitto", ("mosquitto",), None, defaults=(100,), instead=application.NO_SETTING,
        source="mosquitto src/net.c",
    ),
    application.Application(
        "ejabberd", (), "set `backlog: {n}` on the listener of {place}",
        "in /etc/ejabberd/ejabberd.yml", defaults=(5,), shared=("beam.smp", "erl_child_setup"),
        arguments=("ejabberd",), listeners=_ERLANG,
        source="docs.ejabberd.im, Listen Options; measured on 23.1: 5, and 77 where set",
    ),
    application.Application(
        "EMQX", (), "set `listeners.tcp.default.tcp_options.backlog = {n}`", "in etc/emqx.conf",
        defaults=(1024,), shared=("beam.smp", "erl_child_setup"), arguments=("emqx",), listeners=_ERLANG,
        source="EMQX configuration manual, tcp_opts.backlog (1024)",
    ),
    application.Application(
        "an Erlang or Elixir program", ("beam.smp", "beam"), "pass `{{backlog, {n}}}` where it listens",
        "in the application's code or configuration", listeners=_ERLANG,
        default="5 in gen_tcp, 1024 in Cowboy (Ranch)",
        source="Erlang kernel, gen_tcp:listen/2; ranch_tcp.erl; measured on OTP 25: 5",
    ),
    application.fixed(
        "epmd", "epmd", **application.LIBC, source="otp erts/epmd/src/epmd_srv.c; measured on OTP 25: 4096",
    ),
    application.in_go(
        "NATS", "nats-server", units=("nats",),
        listeners=(
            application.other("the cluster port of NATS (routes)", 6222, same=True),
            application.other("the monitoring port of NATS", 8222, same=True),
        ),
        source="docs.nats.io, server configuration; measured on 2.9: somaxconn",
    ),
    application.fixed("beanstalkd", "beanstalkd", defaults=(1024,), source="beanstalkd net.c; measured on 1.12"),
    application.Application(
        "Gearman", ("gearmand",), "set `--backlog={n}`", "on gearmand's command line (/etc/default/gearman-job-server)",
        units=("gearman-job-server",), defaults=(32,), options=("-b", "--backlog"),
        source="gearmand --help (--backlog); measured on 1.1: 32, and 77 where set",
    ),
    application.fixed(
        "Asterisk", "asterisk", defaults=(10,),
        listeners=(application.other("the control port of Asterisk (manager interface)", 5038, defaults=(10,)),),
        source="asterisk main/tcptls.c ast_tcptls_server_start() (10)",
    ),
    application.fixed(
        "coturn", "turnserver", units=("coturn",), defaults=(1024,), source="coturn; measured on 4.6",
    ),
    application.Application(
        "Prosody", ("prosody",), change="set `network_settings = {{ tcp_backlog = {n} }}`",
        where="in /etc/prosody/prosody.cfg.lua",
        defaults=(128,), shared=("lua*",), arguments=("prosody",),
        source="prosody net/server_epoll.lua (tcp_backlog = 128); measured on 0.12",
    ),
    application.fixed("Kamailio", "kamailio", defaults=(1024,), source="kamailio; measured on 5.6"),
    application.Application(
        "InspIRCd", ("inspircd",), 'set `somaxconn="{n}"` in the <performance> tag', "in /etc/inspircd/inspircd.conf",
        defaults=(128,), source="docs.inspircd.org, performance somaxconn; measured on 3.15",
    ),
    application.fixed(
        "Mumble", "murmurd", "mumble-server", units=("mumble-server",), defaults=(50,),
        source="Qt QTcpServer; measured on 1.3",
    ),
    application.fixed("Icecast", "icecast2", "icecast", defaults=(5,), source="icecast; measured on 2.4"),
    application.fixed("MPD", "mpd", defaults=(5,), source="mpd; measured on 0.23"),
)
