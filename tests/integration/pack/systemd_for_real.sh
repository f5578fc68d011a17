#!/bin/sh
# Becomes systemd in namespaces of its own, where nothing of this machine can be changed: `ITS_DIR PROJECT PYTHON_HOME`.
# The project is at /opt/risk-manager there, as the unit wants it, and there is a user risk-manager.
set -e
own=$1 project=$2 python=$3
mount --make-rprivate /
mount --bind /proc/sys /proc/sys
mount -o remount,ro,bind /proc/sys
mkdir -p "$own/python"
mount --bind "$python" "$own/python"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd/system /run/lock
cp -r "$own/units/." /run/systemd/system/
mount -t tmpfs -o mode=755 tmpfs /opt
mkdir /opt/risk-manager
mount --bind "$project" /opt/risk-manager
cp -r "$project/data/sessions" "$own/sessions"
mount -t tmpfs -o mode=755 tmpfs /opt/risk-manager/data
cp -r "$own/sessions" /opt/risk-manager/data/
chmod -R a+rX /opt/risk-manager/data
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t tmpfs -o mode=755 tmpfs /var/log
case $python in
    /root/*) # a home that nobody else may enter
        mount -t tmpfs -o mode=755 tmpfs /root
        mkdir -p "$python"
        mount --bind "$own/python" "$python" ;;
esac
for file in passwd group; do
    cp "/etc/$file" "$own/$file"
done
echo 'risk-manager:x:64711:64711::/opt/risk-manager:/usr/sbin/nologin' >> "$own/passwd"
echo 'risk-manager:x:64711:' >> "$own/group"
mount --bind "$own/passwd" /etc/passwd
mount --bind "$own/group" /etc/group
export container=unshare
exec /lib/systemd/systemd --system --unit=only.target --log-target=console --show-status=no
