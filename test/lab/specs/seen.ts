// What people see of Ingot's work: what a Service's status says of its allocation, Events, states of the daemons, metrics.
import type { ClusterNode } from '../cluster-node.ts';
import type { KubeObject } from '../control-plane/admin-client.ts';
import { httpUrl, type Host } from '../host.ts';
import type { Lab } from '../lab.ts';
import { claimsOf, watchLan } from '../capture/lan-watch.ts';
import { eventually } from '../eventually.ts';
import { namespace as ingotNamespace } from '../programs/speaker.ts';
import { addressesOf, announced, conditionOf, servicePath } from '../services.ts';

const servedWithinMs = 10_000;

/** All that Ingot says of a Service's allocation; what is undefined is not there. */
export interface Allocation {
  readonly addresses: readonly string[];
  readonly pool: string | undefined;
  readonly allocated: string | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
}

export const nothingSaid: Allocation = {
  addresses: [],
  pool: undefined,
  allocated: undefined,
  reason: undefined,
  message: undefined,
};

export async function allocationOf(lab: Lab, name: string): Promise<Allocation> {
  return allocationIn(await lab.admin.get(servicePath(name)));
}

export function allocationIn(service: KubeObject): Allocation {
  const condition = conditionOf(service, 'ingot.dev/Allocated');
  return {
    addresses: addressesOf(service),
    pool: service.metadata.annotations?.['metallb.io/ip-allocated-from-pool'],
    allocated: condition?.status,
    reason: condition?.reason,
    message: condition?.message,
  };
}

/** What is said of an object in Events, each as `reason: note`, in no order. */
export async function notesOn(lab: Lab, kind: string, name: string, namespace = 'default'): Promise<readonly string[]> {
  const events = await lab.admin.list(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`);
  return events
    .filter(({ regarding }) => regarding?.kind === kind && regarding.name === name)
    .map(({ reason, note }) => `${reason}: ${note}`);
}

/** What a daemon says of the configuration: `controller` or `speaker-<node>`. */
export async function configurationStateOf(lab: Lab, name: string): Promise<KubeObject> {
  return lab.admin.get(`/apis/metallb.io/v1beta1/namespaces/${ingotNamespace}/configurationstates/${name}`);
}

/** The value of the series of a metric that has these labels; undefined when there is none. */
export async function metricOf(
  url: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  const wanted = Object.entries(labels).map(([label, value]) => `,${label}="${value}"`);
  const series = (await answer.text()).split('\n').filter((line) => /^\w+/.exec(line)?.[0] === name);
  const found = series.find((line) => wanted.every((text) => line.replace('{', ',').includes(text)));
  return found === undefined ? undefined : Number(found.slice(found.lastIndexOf(' ') + 1));
}

/** The node that announces a Service, once a backend answers through it: then kube-proxy has followed. */
export async function served(lab: Lab, name: string, address: string): Promise<ClusterNode> {
  const announcer = await announced(lab, name, address);
  await eventually(() => lab.client.curl(address), { withinMs: servedWithinMs, what: `An answer of Service ${name}` });
  return announcer;
}

/** The MAC addresses that claim to have `address` when a host that knows nothing asks for it again and again. */
export async function claimants(host: Host, address: string, asked = 5): Promise<readonly string[]> {
  await watchLan();
  for (let round = 0; round < asked; round++) {
    await host.flushNeighbours();
    await host.attempt(['curl', '-s', '--max-time', '1', httpUrl(address, 80)]);
  }
  return (await claimsOf(address)).map(({ mac }) => mac);
}
