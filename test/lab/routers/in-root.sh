#!/bin/sh
# Runs a router's program in the folder of its Debian, with a state of its own: in-root.sh ROOT STATE COMMAND…
# Wants a mount namespace of its own, which ends with it, and so do the mounts.
root=$1 state=$2
shift 2
mount --rbind /proc "$root/proc" &&
  mount --rbind /dev "$root/dev" &&
  for folder in run tmp var/tmp etc/frr; do
    mount --bind "$state/$folder" "$root/$folder" || exit 1
  done &&
  for file in etc/group etc/passwd; do
    mount --bind "$state/$file" "$root/$file" || exit 1
  done &&
  exec chroot "$root" "$@"
