// A process of a node that says and hears things on one segment, between a test and an ether.
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { rangeOfPrefix, type Prefix } from '#shared/net/range.ts';
import { opensslSegmentCrypto } from '#speaker/host/segment-crypto.ts';
import type { SuitableInterface } from '#speaker/l2/suitable-interfaces.ts';
import type { UdpEndpoint } from '#speaker/l2/udp-socket.ts';
import { deriveSegmentKey, type SegmentKeys } from '#speaker/segment/admission/keys.ts';
import type { Header } from '#speaker/segment/message/header.ts';
import type { Message } from '#speaker/segment/message/message.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import {
  SegmentSockets,
  type SegmentListener,
  type SegmentSocketsDependencies,
} from '#speaker/wire/segment-sockets.ts';
import { Tally } from '#speaker/wire/tally.ts';
import type { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import type { LanOf, PlayedEther, PlayedUdpSockets } from '../played-udp.ts';

export const port = 7946;

/** Another one for each letter. */
export function keysOf(letter: string): SegmentKeys {
  const current = deriveSegmentKey(Buffer.alloc(32, letter), opensslSegmentCrypto);
  if (current === undefined) throw new Error('the secret is too short');
  return { current, previous: undefined };
}

/** eth0 (2) in 192.0.2.0/24 and fe80::/64, with the host part `host`. */
export function interfaceOf(host: number, fields: Partial<SuitableInterface> = {}): SuitableInterface {
  const prefixes: readonly Prefix[] = [
    { ip: `192.0.2.${host}` as Ip, prefixBits: 24 },
    { ip: `fe80::${host}` as Ip, prefixBits: 64 },
  ];
  return {
    index: 2,
    name: 'eth0',
    mac: `02:50:00:00:00:0${host}` as Mac,
    carrier: true,
    families: ['IPv4', 'IPv6'],
    prefixes,
    onLink: prefixes.map(rangeOfPrefix),
    ...fields,
  };
}

interface Heard {
  readonly header: Header;
  readonly message: Message;
  readonly source: UdpEndpoint;
  readonly multicast: boolean;
}

interface PartyOptions {
  readonly clock: VirtualClock;
  readonly ether: PlayedEther;
  readonly host: number;
  readonly incarnation?: number;
  /** As if it were another party. */
  readonly name?: string;
  readonly lanOf?: LanOf;
}

export class PlayedParty {
  readonly on: SuitableInterface;
  readonly udp: PlayedUdpSockets;
  readonly dependencies: SegmentSocketsDependencies;
  readonly heard: Heard[] = [];
  readonly heardItself: Ip[] = [];
  readonly own: Set<Ip>;
  readonly #tally = new Tally();
  keys: SegmentKeys | undefined = keysOf('a');
  retired = 0;
  changed = 0;
  gapChecks = 0;

  constructor({ clock, ether, host, incarnation = 1000, name = `n${host}`, lanOf }: PartyOptions) {
    this.on = interfaceOf(host);
    this.own = new Set(this.on.prefixes.map(({ ip }) => ip));
    this.udp = ether.socketsOf(name, lanOf);
    const node = { id: `000000000000000${host}` as NodeId, name: `n${host}` };
    let sequence = 0;
    this.dependencies = {
      options: { node, incarnation, profile: 'default', port, saved: [] },
      clock,
      random: seededRandom(host),
      udpSockets: this.udp,
      crypto: opensslSegmentCrypto,
      tally: this.#tally,
      keys: () => this.keys,
      nextSequence: () => ++sequence,
      isOwn: (ip) => this.own.has(ip),
      gapEnded: () => {
        this.gapChecks++;
        return false;
      },
      counted() {},
    };
  }

  /** Its sockets on an interface, open. */
  sockets(on: SuitableInterface = this.on): SegmentSockets {
    const sockets = new SegmentSockets(on, this.dependencies, this.#listener());
    sockets.open();
    return sockets;
  }

  total(name: string, labels: Readonly<Record<string, string>>): number {
    const same = (one: object): boolean => JSON.stringify(one) === JSON.stringify(labels);
    return this.#tally.counters.find((counter) => counter.name === name && same(counter.labels))?.total ?? 0;
  }

  dropped(reason: string): number {
    return this.total('ingot_segment_dropped_total', { reason });
  }

  #listener(): SegmentListener {
    return {
      message: (header, message, source, multicast) => this.heard.push({ header, message, source, multicast }),
      heardItself: (source) => this.heardItself.push(source),
      retired: () => this.retired++,
      changed: () => this.changed++,
    };
  }
}
