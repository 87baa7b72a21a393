// What the specs make: pools, advertisements, Services and EndpointSlices, as plain as they come.
import type { KubeObject } from '../control-plane/admin-client.ts';
import { nodeAddresses, type NodeNumber } from '../network/addresses.ts';
import { namespace as ingotNamespace } from '../programs/speaker.ts';

type Spec = Readonly<Record<string, unknown>>;
type Annotations = Readonly<Record<string, string>>;

export const http = { name: 'http', port: 80, targetPort: 8080 } as const;
export const echo = { name: 'echo', port: 7, targetPort: 8080, protocol: 'UDP' } as const;

/** Of the LAN, so that its addresses can be announced there. */
export const lanAddresses = { ipv4: '192.0.2.200-192.0.2.239', ipv6: '2001:db8:b::200-2001:db8:b::2ff' } as const;

export function pool(name: string, addresses: readonly string[], spec: Spec = {}): KubeObject {
  return configuration('IPAddressPool', name, { addresses, ...spec });
}

/** Of all pools to everybody, unless the spec says less. */
export function l2Advertisement(name: string, spec: Spec = {}): KubeObject {
  return configuration('L2Advertisement', name, spec);
}

export function bgpAdvertisement(name: string, spec: Spec): KubeObject {
  return configuration('BGPAdvertisement', name, spec);
}

/** Where an object of Ingot's configuration lives. */
export function configurationPath(plural: string, name: string): string {
  return `/apis/metallb.io/v1beta1/namespaces/${ingotNamespace}/${plural}/${name}`;
}

/** A LoadBalancer Service over all backends, unless the spec says otherwise. */
export function service(name: string, spec: Spec = {}, annotations: Annotations = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', annotations },
    spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [http], ...spec },
  };
}

/** Annotations by which a Service says what it wants. */
export const wants = {
  address: (address: string): Annotations => ({ 'metallb.io/loadBalancerIPs': address }),
  pool: (name: string): Annotations => ({ 'metallb.io/address-pool': name }),
  sharing: (key: string): Annotations => ({ 'metallb.io/allow-shared-ip': key }),
};

export interface EndpointsByHand {
  /** Those whose backend is behind the Service. */
  readonly nodes: readonly NodeNumber[];
  /** Ready, if absent. */
  readonly conditions?: EndpointConditions;
}

interface EndpointConditions {
  readonly ready: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

/** For a Service without selector. */
export function endpointSlice(of: string, { nodes, conditions = { ready: true } }: EndpointsByHand): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${of}-by-hand`, namespace: 'default', labels: { 'kubernetes.io/service-name': of } },
    addressType: 'IPv4',
    ports: [{ name: http.name, port: http.targetPort }],
    endpoints: nodes.map((number) => {
      const { name, pod } = nodeAddresses(number);
      return { addresses: [pod.ipv4], nodeName: name, conditions };
    }),
  };
}

function configuration(kind: string, name: string, spec: Spec): KubeObject {
  return { apiVersion: 'metallb.io/v1beta1', kind, metadata: { name, namespace: ingotNamespace }, spec };
}
