// Two cables to one requester: at the other end of the one a kernel answers for a thousand addresses by itself, at that of the other Ingot does.
import { ipFromNumber, ipToNumber, type Ip } from '#shared/net/ip.ts';
import { createNamespace, deleteNamespace, ip } from '#test/lab/network/namespace.ts';

export type ResponderName = 'kernel' | 'ingot';

/** One of them. The namespace and the requester's end are named after it. */
export interface CablePlan {
  readonly responder: ResponderName;
  readonly network: string;
  readonly own: Ip;
  readonly requester: Ip;
  readonly firstAddress: Ip;
  /** Nobody answers for it. */
  readonly silent: Ip;
}

export const requesterNamespace = 'requester';
export const farInterface = 'eth0';
export const addressCount = 1_000;
const prefixBits = 21;

/** From the networks for benchmarks (RFC 2544). */
export const cables: readonly CablePlan[] = [plan('kernel', '198.18'), plan('ingot', '198.19')];

function plan(responder: ResponderName, start: string): CablePlan {
  return {
    responder,
    network: `${start}.0.0/${prefixBits}`,
    own: `${start}.0.1` as Ip,
    requester: `${start}.0.2` as Ip,
    firstAddress: `${start}.1.0` as Ip,
    silent: `${start}.7.0` as Ip,
  };
}

export function addressesOf({ firstAddress }: Pick<CablePlan, 'firstAddress'>): readonly Ip[] {
  const first = ipToNumber(firstAddress);
  return Array.from({ length: addressCount }, (_, index) => ipFromNumber('IPv4', first + BigInt(index)));
}

export async function plugCables(): Promise<void> {
  await createNamespace(requesterNamespace, 'host');
  for (const cable of cables) await plug(cable);
}

async function plug(cable: CablePlan): Promise<void> {
  const { responder, own, requester } = cable;
  await createNamespace(responder, 'host');
  const [near, far] = [`netns ${requesterNamespace}`, `netns ${responder}`];
  await ip([`link add name ${responder} ${near} type veth peer name ${farInterface} ${far}`]);
  const kept = responder === 'kernel' ? addressesOf(cable).map((one) => `${one}/32`) : [];
  const addresses = [`${own}/${prefixBits}`, ...kept];
  await ip(
    [...addresses.map((one) => `address add ${one} dev ${farInterface}`), `link set ${farInterface} up`],
    responder,
  );
  await ip([`address add ${requester}/${prefixBits} dev ${responder}`, `link set ${responder} up`], requesterNamespace);
}

export async function unplugCables(): Promise<void> {
  for (const name of [requesterNamespace, ...cables.map(({ responder }) => responder)]) await deleteNamespace(name);
}
