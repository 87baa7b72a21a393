// What scenarios look at: who leads, which Service shows what, who answers, what clients reach.
import type { KubeRequest } from '#shared/kube/kube-api.ts';
import { leases, services } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import { fieldsOf, type KubeObject } from '../apiserver/object.ts';
import type { Stage } from '../play/stage.ts';
import { ownNamespace, serviceNamespace } from '../world/manifests.ts';
import { shownBy } from '../world/shown-addresses.ts';
import { serviceName } from '../world/users.ts';

/** The node of the controller that the Lease names; undefined: none. */
export function leaderNode({ world }: Stage): string | undefined {
  const holder = fieldsOf(world.apiserver.get(leases, ownNamespace, 'ingot-controller')?.['spec'])['holderIdentity'];
  return typeof holder === 'string' && holder !== '' ? /^controller-(.+)_/.exec(holder)?.[1] : undefined;
}

/** By name of the Service. */
export function shown({ world }: Stage): ReadonlyMap<string, readonly Ip[]> {
  return new Map(allServices(world).map((service) => [service.metadata.name, shownBy(service)]));
}

export function addressesOf({ world }: Stage, index: number): readonly Ip[] {
  const service = world.apiserver.get(services, serviceNamespace, serviceName(index));
  return service === undefined ? [] : shownBy(service);
}

/** Each Service that wants an address shows one. */
export function expectAllAllocated(stage: Stage): void {
  for (const service of allServices(stage.world)) {
    const isWanted = fieldsOf(service['spec'])['type'] === 'LoadBalancer';
    stage.expect(!isWanted || shownBy(service).length > 0, service.metadata.name, 'shows no address');
  }
}

/** What they showed before they still show. */
export function expectUnmoved(stage: Stage, before: ReadonlyMap<string, readonly Ip[]>): void {
  const now = shown(stage);
  for (const [name, addresses] of before) {
    const kept = now.get(name) ?? [];
    stage.expect(
      addresses.every((ip) => kept.includes(ip)),
      name,
      `showed ${addresses.join()} and now ${kept.join()}`,
    );
  }
}

/** Exactly one node answers for each address that is shown, and clients reach it. Of ETP Local only where `local` says so. */
export function expectAllServed(stage: Stage, { local = true }: { readonly local?: boolean } = {}): void {
  const { world, answerers } = stage;
  for (const ip of world.shown.all) {
    if (!local && isLocalAddress(stage, ip)) continue;
    const nodes = answerers.now(ip);
    stage.expect(nodes.length === 1, ip, `answered by ${nodes.length === 0 ? 'nobody' : nodes.join()}`);
    const isReached = world.clients.length === 0 || world.clients.some((client) => client.reaches(ip));
    stage.expect(isReached, ip, 'no client reaches it');
  }
}

/** Looks every so often until it is so; at most so long. */
export function runUntil(stage: Stage, mostMs: number, isSo: () => boolean, stepMs = 10): void {
  for (let ms = 0; ms < mostMs && !isSo(); ms += stepMs) stage.run(stepMs);
}

/** Of a Service with ETP Local: only nodes with its endpoints may answer. */
export function isLocalAddress({ world }: Stage, ip: Ip): boolean {
  return [...world.shown.holders(ip).values()].some(isLocal);
}

/** Which node answers for each address that any of them may answer for. */
export function ownersForAll(stage: Stage): ReadonlyMap<Ip, string> {
  return new Map([...owners(stage)].filter(([ip]) => !isLocalAddress(stage, ip)));
}

/** Which node answers for each address. */
export function owners({ world, answerers }: Stage): ReadonlyMap<Ip, string> {
  return new Map(world.shown.all.map((ip) => [ip, answerers.now(ip).join()]));
}

export function expectSameOwners(stage: Stage, before: ReadonlyMap<Ip, string>, why: string): void {
  const now = owners(stage);
  for (const [ip, node] of before)
    stage.expect(now.get(ip) === node, ip, `moved from ${node} to ${now.get(ip)}: ${why}`);
}

export function isWrite({ verb }: KubeRequest): boolean {
  return verb !== 'list' && verb !== 'get';
}

function allServices({ apiserver }: Stage['world']): readonly KubeObject[] {
  return apiserver.list(services);
}

function isLocal(service: KubeObject): boolean {
  return fieldsOf(service['spec'])['externalTrafficPolicy'] === 'Local';
}
