#!/bin/sh
# The lab's first process in its private namespaces (enter.ts starts it): makes room for network namespaces and service-account folders,
# then runs the command. As pid 1 it takes everything else with it when it ends.
mount -t tmpfs -o mode=755 tmpfs /run &&
  mkdir -p /run/netns /run/ingot-lab /run/secrets/kubernetes.io/serviceaccount &&
  ip link set lo up || exit 1
# A lab within the lab keeps its session here, and so leaves nothing outside.
export XDG_RUNTIME_DIR=/run
"$@"
