// Objects as users, kubelets and the cluster's own controllers write them.
import type { Ip } from '#shared/net/ip.ts';
import type { Manifest } from '../apiserver/object.ts';

/** Ingot's own. */
export const ownNamespace = 'metallb-system';
/** Where all Services of the simulation are. */
export const serviceNamespace = 'web';

export function namespaceManifest(name: string): Manifest {
  return { metadata: { name, labels: { 'kubernetes.io/metadata.name': name } } };
}

export function nodeManifest(name: string, ip: Ip): Manifest {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [
        { type: 'InternalIP', address: ip },
        { type: 'Hostname', address: name },
      ],
    },
  };
}

export function speakerPod(node: string): Manifest {
  return {
    metadata: { name: `speaker-${node}`, namespace: ownNamespace, labels: { app: 'metallb', component: 'speaker' } },
    spec: { nodeName: node },
  };
}

export function poolManifest(name: string, range: string): Manifest {
  return { metadata: { name, namespace: ownNamespace }, spec: { addresses: [range] } };
}

export function advertisementManifest(name: string): Manifest {
  return { metadata: { name, namespace: ownNamespace }, spec: {} };
}

export interface ServiceFields {
  readonly name: string;
  readonly clusterIP: string;
  readonly port: number;
  readonly policy: 'Cluster' | 'Local';
  readonly sharingKey: string | undefined;
}

export function serviceManifest({ name, clusterIP, port, policy, sharingKey }: ServiceFields): Manifest {
  const annotations = sharingKey === undefined ? {} : { 'metallb.io/allow-shared-ip': sharingKey };
  return {
    metadata: { name, namespace: serviceNamespace, annotations },
    spec: {
      type: 'LoadBalancer',
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      externalTrafficPolicy: policy,
      internalTrafficPolicy: 'Cluster',
      selector: { app: 'shared' },
      ports: [{ name: 'main', protocol: 'TCP', port, targetPort: port }],
    },
    status: {},
  };
}
