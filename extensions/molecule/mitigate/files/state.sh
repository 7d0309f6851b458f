#!/bin/sh
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# state.sh keep|compare NAME: all that a mitigation could change, read with tools that are not the collection's. Packets come and
# go, so times and counters are left out, and so is the record of raised listeners: a raise stays true, also once it is undone.
set -eu
{
    sysctl -a --pattern '^net\.(core|ipv4\.tcp)'
    ss -Hltn | awk '{ print $4, $3 }' | sort
    for command in iptables-save ip6tables-save; do
        "$command" | sed -e '/^#/d' -e 's/ \[[0-9]*:[0-9]*\]$//'
    done
    find /etc/sysctl.d /run/linuxnet.tcp -type f ! -name raised.json -exec sha256sum {} + 2>/dev/null || true
} > /root/now
case $1 in
    keep) mv /root/now "/root/$2" ;;
    compare) diff -u "/root/$2" /root/now ;;
esac
