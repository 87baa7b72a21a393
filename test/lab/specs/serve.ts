// A Service that a client uses, for the specs that see who serves it while something happens.
import type { ClusterNode } from '../cluster-node.ts';
import { eventually } from '../eventually.ts';
import type { Lab } from '../lab.ts';
import { claimsOf } from '../capture/lan-watch.ts';
import { Prober, type ProbeKind } from '../probe/prober.ts';
import { allocated } from '../services.ts';
import { echo, http, l2Advertisement, lanAddresses, pool, service } from './objects.ts';
import { served } from './seen.ts';

export interface Served {
  readonly address: string;
  readonly owner: ClusterNode;
}

/** A Service named web with Pods on every node that keep to themselves, so that whoever answers for the address also serves. */
export async function serve(lab: Lab, spec: Readonly<Record<string, unknown>> = {}): Promise<Served> {
  await lab.admin.apply(pool('lan', [lanAddresses.ipv4]));
  await lab.admin.apply(l2Advertisement('lan'));
  await lab.admin.create(service('web', { externalTrafficPolicy: 'Local', ports: [http, echo], ...spec }));
  const [address] = await allocated(lab, 'web');
  const owner = await served(lab, 'web', address);
  return { address, owner };
}

/** The client's entry is new: it is believed for at least 15 s. */
export async function learnAnew({ client }: Lab, address: string): Promise<void> {
  await client.flushNeighbours();
  await client.curl(address);
}

/** Asks the Service from the client until it is stopped. */
export async function probe({ client }: Lab, kind: ProbeKind, address: string): Promise<Prober> {
  const port = kind === 'udp' ? echo.port : http.port;
  const prober = new Prober({ kind, namespace: client.namespace, address, port });
  await prober.started;
  return prober;
}

/** The other node that the client's kernel comes to believe to have the address. Nothing is sent to find out. */
export function successorOf(lab: Lab, owner: ClusterNode, address: string, withinMs: number): Promise<ClusterNode> {
  return eventually(
    async () => {
      const believed = lab.nodeWithMac((await lab.client.neighbour(address))?.mac);
      return believed === owner ? undefined : believed;
    },
    { withinMs, what: `A successor of ${owner.name}` },
  );
}

/** The MAC addresses that have claimed it since the LAN is watched, asked or not. */
export async function claiming(address: string): Promise<readonly string[]> {
  return (await claimsOf(address)).map(({ mac }) => mac);
}
