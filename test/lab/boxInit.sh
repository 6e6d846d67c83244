#!/bin/sh
# PID 1 of a box of the lab. Gives the box its own /proc, /sys, /dev, /run, /etc/hotpair and
# /var/lib/hotpair, keeps the agent running (restart within a second), reaps orphans (every wait of
# the shell does), and on SIGTERM shuts the box down in order.
set -eu

box=$1 run=$2 disk=$3 binary=$4

# Still the machine's /proc: this is the number by which the lab knows this process.
read -r pid rest </proc/self/stat
echo "$pid" >"$run/$box.pid.new"
mv "$run/$box.pid.new" "$run/$box.pid"

mount -t proc proc /proc
mount -t sysfs sysfs /sys
hostname "$box"
mount --bind "$disk/etc" /etc/hotpair
mount --bind "$disk/lib" /var/lib/hotpair

if [ -e "$run/$box.serial" ]; then
  # The port is in the machine's /dev/pts, which is out of sight in a moment.
  : >"$run/$box.ttyS1"
  mount --bind "$(cat "$run/$box.serial")" "$run/$box.ttyS1"
fi

mount -t tmpfs -o mode=0755,size=4m tmpfs /dev
mknod -m 666 /dev/null c 1 3
mknod -m 666 /dev/zero c 1 5
mknod -m 666 /dev/full c 1 7
mknod -m 666 /dev/random c 1 8
mknod -m 666 /dev/urandom c 1 9
mknod -m 666 /dev/tty c 5 0
mkdir /dev/shm /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /dev/pts
ln -s pts/ptmx /dev/ptmx
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr
if [ -e "$run/$box.serial" ]; then
  : >/dev/ttyS1
  mount --bind "$run/$box.ttyS1" /dev/ttyS1
fi
: >/dev/watchdog
mount --bind "$run/$box.watchdog" /dev/watchdog
mount -t tmpfs -o mode=0755 tmpfs /run
# Each power-on is a boot of its own.
cat /proc/sys/kernel/random/uuid >/run/boot-id
mount --bind /run/boot-id /proc/sys/kernel/random/boot_id
# Files outside the database, on the disk of the box.
mkdir /run/recordings
mount --bind "$disk/recordings" /run/recordings

cd /
exec </dev/null
export HOME=/root PATH="${binary%/*}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

agent= stopping=
stop() {
  stopping=1
  [ -z "$agent" ] || kill -TERM "$agent" 2>/dev/null || :
}
trap stop TERM

say() { echo "$(date -u +%H:%M:%S.%3N) $box init: $*"; }

say "power on"
while [ -z "$stopping" ]; do
  if [ ! -e "$disk/agent-enabled" ]; then
    sleep 0.1
    continue
  fi
  if [ -e "$disk/clock" ]; then
    # A wall clock of its own; wallClock.ts makes it jump.
    FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_NO_CACHE=1 FAKETIME_TIMESTAMP_FILE=$disk/clock \
      LD_PRELOAD=/usr/\$LIB/faketime/libfaketimeMT.so.1 "$binary" agent &
  else
    "$binary" agent &
  fi
  agent=$!
  status=0
  # A trapped signal ends the wait too: only a vanished agent ends this loop.
  while kill -0 "$agent" 2>/dev/null; do
    status=0
    wait "$agent" || status=$?
  done
  agent=
  say "agent ended with status $status"
  [ -n "$stopping" ] || sleep 0.2
done

say "shutting down"
kill -TERM -1 2>/dev/null || :
rounds=0
while kill -0 -1 2>/dev/null && [ "$rounds" -lt 30 ]; do
  sleep 0.1 || :
  rounds=$((rounds + 1))
done
say "power off"
