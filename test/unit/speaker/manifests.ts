// Objects as users, the kubelet and kube-controller-manager write them, for tests of a whole speaker.
import type { Manifest } from '#test/simulation/apiserver/object.ts';

export const namespace = 'metallb-system';

export function nodeObject(name: string, ready = true): Manifest {
  return {
    metadata: { name, uid: `uid-${name}` },
    status: {
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }],
      addresses: [{ type: 'InternalIP', address: `192.0.2.1${name.slice(1)}` }],
    },
  };
}

export function speakerPod(node: string): Manifest {
  return {
    metadata: { name: `speaker-${node}`, namespace, labels: { component: 'speaker' } },
    spec: { nodeName: node },
  };
}

export function poolObject(addresses: readonly string[] = ['192.0.2.200-192.0.2.239']): Manifest {
  return { metadata: { name: 'lan', namespace, generation: 1 }, spec: { addresses } };
}

export function advertisementObject(spec: object = {}): Manifest {
  return { metadata: { name: 'lan', namespace, generation: 1 }, spec };
}

export function serviceObject(name: string, addresses: readonly string[], spec: object = {}): Manifest {
  return {
    metadata: { name, namespace: 'web', uid: `uid-${name}` },
    spec: {
      type: 'LoadBalancer',
      clusterIPs: ['10.96.0.10'],
      ipFamilies: ['IPv4'],
      ports: [{ protocol: 'TCP', port: 80 }],
      ...spec,
    },
    status: { loadBalancer: { ingress: addresses.map((ip) => ({ ip, ipMode: 'VIP' })) } },
  };
}

export function sliceObject(service: string, nodes: readonly string[]): Manifest {
  return {
    metadata: { name: `${service}-1`, namespace: 'web', labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: nodes.map((nodeName) => ({ addresses: ['10.244.0.1'], nodeName, conditions: { ready: true } })),
  };
}
