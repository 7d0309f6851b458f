#!/bin/sh
# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# boot.sh NAME FOLDER: the first process of a host. Runs inside fresh network, mount, process, UTS and IPC namespaces, gives
# the host a root of its own (what it writes lies in memory and goes with it), and becomes its sshd.
set -eu
name=$1 folder=$2
echo up      # whoever started this now joins the host to the network...
read -r _go  # ...and says when that is done

mount -t tmpfs -o mode=0755 tmpfs "$folder/root"
cd "$folder/root"
mkdir upper work merged
chmod 0755 upper
mount -t overlay -o "lowerdir=/,upperdir=upper,workdir=work" overlay merged
cd merged
rm -f .dockerenv  # a host, whatever this machine is
rm -f root/.bashrc root/.bash_profile root/.profile  # what this machine's owner runs in each shell costs a host nothing
mkdir -p etc/ssh/here
cp "$folder/host_key" "$folder/authorized_keys" "$folder/sshd_config" etc/ssh/here/
[ ! -e "$folder/boot_script" ] || cp "$folder/boot_script" etc/ssh/here/
chmod 0600 etc/ssh/here/host_key
chmod 0644 etc/ssh/here/authorized_keys etc/ssh/here/sshd_config
echo "$name" > etc/hostname
echo "127.0.0.1 localhost $name" > etc/hosts
mount -t proc -o nosuid,nodev,noexec proc proc
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t tmpfs -o mode=0755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir -p run/sshd run/lock mnt
pivot_root . mnt
umount -l /mnt
cd /
hostname "$name"
[ ! -e /etc/ssh/here/boot_script ] || sh /etc/ssh/here/boot_script < /dev/null
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /usr/sbin/sshd -D -e -f /etc/ssh/here/sshd_config < /dev/null
