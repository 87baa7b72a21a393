// Who is where in the measurement of BGP, and what is said: one network, the sender at the one end, who listens and who feeds at the other.
import { ipFromBytes, type Ip } from '#shared/net/ip.ts';
import { createNamespace, deleteNamespace, ip } from '#test/lab/network/namespace.ts';
import { encodePrefix, type EncodedPrefix } from '#speaker/bgp/nlri.ts';

export const senderNamespace = 'sender';
export const receiverNamespace = 'receiver';

/** From the networks for benchmarks (RFC 2544). */
export const addresses = {
  sender: '198.18.0.1' as Ip,
  sink: '198.18.0.2' as Ip,
  feeder: '198.18.0.3' as Ip,
} as const;
export const asns = { sender: 64_513, sink: 64_512 } as const;
/** Of every route. */
export const community = { asn: asns.sender, value: 100 } as const;
export const bgpPort = 179;

/** 10.0.0.0/32, 10.0.0.1/32 … */
export function prefixesOf(count: number): readonly EncodedPrefix[] {
  return Array.from({ length: count }, (_, at) =>
    encodePrefix({ ip: ipFromBytes(Uint8Array.of(10, at >> 16, (at >> 8) & 0xff, at & 0xff)), prefixBits: 32 }),
  );
}

/** The least that so many /32 of one set of attributes can be told with (spec/bgp §6): ORIGIN, AS_PATH, NEXT_HOP, one community. */
export function least(prefixes: number): { readonly updates: number; readonly octets: number } {
  const [fixedOctets, prefixOctets, inMessage] = [50, 5, 809];
  const updates = Math.ceil(prefixes / inMessage);
  return { updates, octets: updates * fixedOctets + prefixes * prefixOctets };
}

export async function layCable(): Promise<void> {
  await createNamespace(senderNamespace, 'host');
  await createNamespace(receiverNamespace, 'host');
  await ip([`link add name lan netns ${senderNamespace} type veth peer name lan netns ${receiverNamespace}`]);
  await ip([`address add ${addresses.sender}/24 dev lan`, 'link set lan up'], senderNamespace);
  const receivers = [addresses.sink, addresses.feeder].map((one) => `address add ${one}/24 dev lan`);
  await ip([...receivers, 'link set lan up'], receiverNamespace);
}

export async function removeCable(): Promise<void> {
  for (const name of [senderNamespace, receiverNamespace]) await deleteNamespace(name);
}
