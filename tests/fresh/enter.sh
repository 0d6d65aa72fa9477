#!/bin/bash
# Runs a command as root inside a Debian tree: enter.sh TREE CACHES COMMAND…
# Started by `unshare --mount`, so that what is mounted here goes with the last process of the command.
set -euo pipefail

tree=$1 caches=$2
shift 2

mount --rbind /dev "$tree/dev"
mount --rbind /sys "$tree/sys"
mount -t proc proc "$tree/proc"

# What was fetched or compiled for this tree's own kind before, kept under content keys, is not fetched again.
for place in root/.cache var/cache/apt/archives; do
    mkdir -p "$caches/$place" "$tree/$place"
    mount --bind "$caches/$place" "$tree/$place"
done

exec chroot "$tree" "$@"
