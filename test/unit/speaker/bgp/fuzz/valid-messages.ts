// Where fuzzing begins: messages that are right, of every type, short ones and some longer than 4,096 octets.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import type { Ip } from '#shared/net/ip.ts';
import { encodeMessage, type Message, type MessageContext } from '#speaker/bgp/codec.ts';
import { kindOf, type MessageKind } from '#speaker/bgp/message.ts';
import { encodeNlri, noPrefixes } from '#speaker/bgp/nlri.ts';
import { cease } from '#speaker/bgp/notification.ts';
import { golden } from '#test/golden/golden.ts';
import { messageFor } from '../arbitraries.ts';
import { external, internal, prefix } from '../octets.ts';
import { routerOpen } from '../peer-play.ts';

const samples = 150;
const contexts: readonly MessageContext[] = [external, internal, { ...external, fourOctetAs: false }];

export interface ValidMessages {
  readonly all: readonly Uint8Array[];
  readonly ofKind: ReadonlyMap<MessageKind | undefined, readonly Uint8Array[]>;
}

/** The same ones each time. */
export function validMessages(): ValidMessages {
  const sampled = contexts.flatMap((context, seed) =>
    fc.sample(messageFor(context), { numRuns: samples, seed }).map((message) => encodeMessage(message, context)),
  );
  const captured = readdirSync(join(import.meta.dirname, '../../../../golden/bgp')).map((file) =>
    golden(`bgp/${file.replace(/\.hex$/, '')}`),
  );
  const composed = [...wordy, ...acceptable].map((message) => encodeMessage(message, external));
  const all = [...sampled, ...captured, ...composed];
  return { all, ofKind: Map.groupBy(all, kindOf) };
}

/** OPENs that a session would take, or nearly so: those above have any AS and any identifier. */
const acceptable: readonly Message[] = Array.from({ length: 20 }, () => [
  routerOpen(),
  routerOpen({ holdTimeSeconds: 2 }),
  routerOpen({ bgpIdentifier: 0 }),
  ...[0, 1, 2, 3].map((role) => routerOpen({ capabilities: [{ kind: 'role', role }] })),
  routerOpen({ capabilities: [{ kind: 'multiprotocol', afi: 25, safi: 70 }] }),
]).flat();

const many = Array.from({ length: 2_000 }, (_, at) => prefix(`10.${at >> 8}.${at & 255}.0/24`));
const path = { kind: 'asPath', path: [{ type: 'sequence', asns: [64_512] }] } as const;
const origin = { kind: 'origin', origin: 'igp' } as const;
const nextHop = { kind: 'nextHop', ip: '192.0.2.1' as Ip } as const;

const wordy: readonly Message[] = [
  { kind: 'update', withdrawn: noPrefixes, attributes: [origin, path, nextHop], nlri: encodeNlri(many) },
  { kind: 'update', withdrawn: encodeNlri(many), attributes: [], nlri: noPrefixes },
  {
    kind: 'update',
    withdrawn: noPrefixes,
    attributes: [
      { kind: 'mpReach', afi: 1, safi: 1, nextHop: new Uint8Array(16).fill(1), nlri: encodeNlri(many) },
      origin,
      path,
      { kind: 'unknown', flags: 0xc0, code: 200, value: new Uint8Array(5_000) },
    ],
    nlri: noPrefixes,
  },
  cease('shutdown', 'x'.repeat(255)),
  cease('shutdown', 'é\u0000☃'.repeat(40)),
];
