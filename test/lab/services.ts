// What tests and demo want to know of a Service: its addresses, its conditions, and who announces it.
import type { KubeObject } from './control-plane/admin-client.ts';
import { eventually } from './eventually.ts';
import { httpUrl } from './host.ts';
import type { Lab } from './lab.ts';
import type { ClusterNode } from './cluster-node.ts';
import { namespace as ingotNamespace } from './programs/speaker.ts';

const addressWithinMs = 10_000;
const addressEveryMs = 10;
const announcedWithinMs = 30_000;
const resolvedWithinSeconds = '0.2';

export function servicePath(name: string, namespace = 'default'): string {
  return `/api/v1/namespaces/${namespace}/services/${name}`;
}

export function addressesOf(service: KubeObject): readonly string[] {
  const ingress = (service['status']?.loadBalancer?.ingress ?? []) as readonly { ip?: string }[];
  return ingress.map(({ ip }) => ip).filter((ip) => ip !== undefined);
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const conditions = (object['status']?.conditions ?? []) as readonly Condition[];
  return conditions.find((condition) => condition.type === type);
}

/** Its addresses, once it has some. */
export function allocated(lab: Lab, name: string, namespace?: string): Promise<readonly [string, ...string[]]> {
  return eventually(
    async () => {
      const [first, ...rest] = addressesOf(await lab.admin.get(servicePath(name, namespace)));
      return first === undefined ? undefined : ([first, ...rest] as const);
    },
    { withinMs: addressWithinMs, everyMs: addressEveryMs, what: `An address of Service ${name}` },
  );
}

/** The node that status names as the announcer of a Service; undefined while there is none. */
export async function announcerOf(lab: Lab, name: string, namespace = 'default'): Promise<ClusterNode | undefined> {
  const path = `/apis/metallb.io/v1beta1/namespaces/${ingotNamespace}/servicel2statuses`;
  const labels = `metallb.io/service-name=${name},metallb.io/service-namespace=${namespace}`;
  const [status] = await lab.admin.list(`${path}?labelSelector=${encodeURIComponent(labels)}`);
  return lab.nodes.find((node) => node.name === status?.['status']?.node);
}

/** The node that announces a Service, once status names one whose MAC address the client learns for its address. */
export async function announced(lab: Lab, name: string, address: string, port = 80): Promise<ClusterNode> {
  return eventually(
    async () => {
      const announcer = await announcerOf(lab, name);
      // Asked for what it answers in ARP alone: kube-proxy may be slower.
      await lab.client.attempt(['curl', '-s', '--max-time', resolvedWithinSeconds, httpUrl(address, port)]);
      const neighbour = await lab.client.neighbour(address);
      return announcer !== undefined && neighbour?.mac === announcer.addresses.mac ? announcer : undefined;
    },
    { withinMs: announcedWithinMs, what: `One announcer of Service ${name}, in status and on the LAN` },
  );
}
