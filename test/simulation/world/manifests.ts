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

export function nodeManifest(name: string, ips: readonly Ip[]): Manifest {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [...ips.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: name }],
    },
  };
}

export function speakerPod(node: string): Manifest {
  return {
    metadata: { name: `speaker-${node}`, namespace: ownNamespace, labels: { app: 'metallb', component: 'speaker' } },
    spec: { nodeName: node },
  };
}

export function poolManifest(name: string, addresses: readonly string[]): Manifest {
  return { metadata: { name, namespace: ownNamespace }, spec: { addresses } };
}

export function advertisementManifest(name: string): Manifest {
  return { metadata: { name, namespace: ownNamespace }, spec: {} };
}

export function bgpPeerManifest(
  name: string,
  router: { readonly ip: Ip; readonly asn: number },
  myASN: number,
): Manifest {
  return {
    metadata: { name, namespace: ownNamespace },
    spec: { myASN, peerASN: router.asn, peerAddress: router.ip, dualStackAddressFamily: true },
  };
}

export interface ServiceFields {
  readonly name: string;
  /** One of each of its families. */
  readonly clusterIPs: readonly string[];
  readonly port: number;
  readonly policy: 'Cluster' | 'Local';
  readonly sharingKey: string | undefined;
}

export function serviceManifest({ name, clusterIPs, port, policy, sharingKey }: ServiceFields): Manifest {
  const annotations = sharingKey === undefined ? {} : { 'metallb.io/allow-shared-ip': sharingKey };
  return {
    metadata: { name, namespace: serviceNamespace, annotations },
    spec: {
      type: 'LoadBalancer',
      clusterIP: clusterIPs[0],
      clusterIPs,
      ipFamilies: clusterIPs.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4')),
      ipFamilyPolicy: clusterIPs.length > 1 ? 'RequireDualStack' : 'SingleStack',
      externalTrafficPolicy: policy,
      internalTrafficPolicy: 'Cluster',
      selector: { app: 'shared' },
      ports: [{ name: 'main', protocol: 'TCP', port, targetPort: port }],
    },
    status: {},
  };
}
