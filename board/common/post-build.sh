#!/bin/sh
# Buildroot calls this with the root tree before it becomes an image. Removes what would act beside the agent: nobody
# else starts PostgreSQL, and the names of Buildroot's own scripts may differ from those that the overlay replaces.
set -eu
target=$1

rm -f "$target/etc/init.d/S50postgresql" "$target/etc/init.d/S40ifupdown"
# The overlay's scripts find the pair's directories as mount points.
for place in etc/hotpair var/lib/hotpair data; do
  mkdir -p "$target/$place"
done
# Set-user-id programs are not needed, and a firmware is better without.
find "$target" -xdev -type f -perm -4000 ! -name busybox -exec chmod u-s {} +
