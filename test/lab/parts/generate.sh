#!/usr/bin/env bash
# Writes go.mod and go.sum of the lab's control plane: etcd, kube-apiserver, kube-controller-manager, kube-proxy and kubectl as Go tools of
# one module. Run it by hand to move to another Kubernetes: generate.sh v1.36.3 v0.36.3 v3.6.8 (Kubernetes, its staging modules, the etcd
# that its go.mod names), then commit the two files. Needs Go and jq.
set -euo pipefail
kubernetes=${1:?Kubernetes version, as v1.36.3} staging=${2:?staging version, as v0.36.3} etcd=${3:?etcd version, as v3.6.8}
cd "$(dirname "$0")"
export GOTOOLCHAIN=local
rm -f go.mod go.sum
printf 'module ingot.dev/lab-parts\n\ngo 1.26.0\n\nrequire k8s.io/kubernetes %s\n' "$kubernetes" >go.mod
# Kubernetes names its staging modules as v0.0.0: each is replaced by the release that belongs to it.
kubernetes_mod=$(go mod download -json "k8s.io/kubernetes@$kubernetes" | jq -r .GoMod)
for module in $(go mod edit -json "$kubernetes_mod" | jq -r '.Require[] | select(.Version == "v0.0.0").Path'); do
  go mod edit -replace "$module=$module@$staging"
done
GOFLAGS=-mod=mod go get -tool "go.etcd.io/etcd/server/v3@$etcd" \
  k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-proxy,kubectl}
go mod tidy
