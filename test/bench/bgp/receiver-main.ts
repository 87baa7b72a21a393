// The other end of the measured sessions, the same for every sender: a router that counts the routes it is given (sink), and one of the sender's own
// AS that gives it routes to tell (feeder). Does what it is told by messages, one after the other.
import { announcementEnvelope, pack } from '#speaker/bgp/packing.ts';
import { encodeMessage } from '#speaker/bgp/codec.ts';
import { endOfRib } from '#speaker/bgp/update.ts';
import { ipToBytes } from '#shared/net/ip.ts';
import { machineMs } from './machine-time.ts';
import { addresses, asns, community, prefixesOf } from './plan.ts';
import { answerRequests } from './remote.ts';
import { TableCount, type Heard } from './table-count.ts';
import { Talker } from './talker.ts';

export interface ReceiverRequests {
  /** Gives the sender so many routes, from within its AS. */
  feed(prefixes: number): void;
  /** Takes them away, by ending that session. Answers when, on the machine's clock. */
  unfeed(): number;
  /** Begins a session, and ends when all have come. */
  receive(prefixes: number): { readonly establishedMs: number; readonly heard: Heard };
  /** Ends when all have gone. */
  lose(): Heard;
  hangUp(): void;
}

const internal = { fourOctetAs: true, internal: true, extendedMessage: false };
let feeder: Talker | undefined;
let sink: Talker | undefined;
let count = new TableCount();

answerRequests<ReceiverRequests>({
  async feed(prefixes) {
    feeder = await Talker.establish({
      local: addresses.feeder,
      asn: asns.sender,
      bgpIdentifier: 0xc612_0003,
      update() {},
    });
    const nextHop = ipToBytes(addresses.feeder);
    const attributes = [
      { kind: 'origin', origin: 'igp' },
      { kind: 'asPath', path: [] },
      { kind: 'nextHop', ip: addresses.feeder },
      { kind: 'localPref', value: 100 },
      { kind: 'communities', communities: [community.asn * 0x1_0000 + community.value] },
    ] as const;
    const envelope = announcementEnvelope('IPv4', { form: 'classic', nextHop }, attributes, internal);
    if (envelope === undefined) throw new Error('there is no room for routes');
    const all = prefixesOf(prefixes);
    for (let start = 0; start < all.length;) {
      const { octets, end } = pack(envelope, all, start);
      feeder.socket.write(octets);
      start = end;
    }
    feeder.socket.write(encodeMessage(endOfRib('IPv4'), internal));
  },
  unfeed() {
    feeder?.end();
    return machineMs();
  },
  async receive(prefixes) {
    count = new TableCount();
    const all = count.reaches(prefixes);
    sink = await Talker.establish({
      local: addresses.sink,
      asn: asns.sink,
      bgpIdentifier: 0xc612_0002,
      update: (octets) => count.update(Buffer.from(octets.buffer, octets.byteOffset, octets.length)),
    });
    await all;
    return { establishedMs: sink.establishedMs, heard: count.announced };
  },
  async lose() {
    await count.reaches(0);
    return count.withdrawn;
  },
  hangUp() {
    sink?.end();
  },
});
