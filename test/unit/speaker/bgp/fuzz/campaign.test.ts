// A few of the million that test/sim/bgp-fuzz.test.ts goes through, and what that has found.
import { describe, expect, test } from 'vitest';
import { encodeMessage, type Message } from '#speaker/bgp/codec.ts';
import { noPrefixes } from '#speaker/bgp/nlri.ts';
import { notification } from '#speaker/bgp/notification.ts';
import type { PeerSession } from '#speaker/bgp/peer-session.ts';
import { decodeWhole, external, hex } from '../octets.ts';
import { routerOpen } from '../peer-play.ts';
import { peerSession } from '../session-stage.ts';
import { Campaign } from './campaign.ts';
import { FuzzedSession } from './fuzzed-session.ts';

test('ten thousand mutated messages are read, or answered', { timeout: 30_000 }, () => {
  const { inputs, answers, updates } = new Campaign(7).run(10_000);
  expect(inputs).toBeGreaterThanOrEqual(10_000);
  expect([...answers.keys()]).toEqual(
    expect.arrayContaining(['1/1', '1/2', '1/3', '2/0', '3/1', '3/9', '3/10', '5/1']),
  );
  expect(Math.min(...Object.values(updates))).toBeGreaterThan(0);
});

describe('found before:', () => {
  const open = encodeMessage(routerOpen(), external);

  function established(peer: PeerSession): FuzzedSession {
    const session = new FuzzedSession({ peer, open });
    session.connect('established');
    return session;
  }

  test('a long attribute in an error is cut for a peer that takes no more than 4,096 octets', () => {
    const session = established(peerSession());
    // A next hop of 3 octets, and more prefixes than the answer has room for.
    const nextHop = new Uint8Array(3);
    const reach = { kind: 'mpReach', afi: 1, safi: 1, nextHop, nlri: new Uint8Array(9_000) } as const;
    const update: Message = { kind: 'update', withdrawn: noPrefixes, attributes: [reach], nlri: noPrefixes };
    session.hear(encodeMessage(update, external));
    expect(session.judge()).toBe('3/9');
  });

  test('a message of nothing but repeated attributes is complained about once for each', () => {
    const attributes = 'c0ff00'.repeat(21_000);
    const [length, attributesLength] = [23 + 63_000, 63_000].map((octets) => octets.toString(16));
    const received = decodeWhole(hex(`${'ff'.repeat(16)} ${length} 02 0000 ${attributesLength} ${attributes}`));
    expect(received.kind === 'update' && received.outcome.errors.map(({ message }) => message)).toEqual([
      'attribute 255 appears twice',
    ]);
  });

  test('routes of a family that was not negotiated count for no prefix limit, and are not read for it', () => {
    const session = established(peerSession({ prefixLimit: 50 }));
    const misread = hex('30 20010db80001 80 20010db8000200');
    const reach = { kind: 'mpReach', afi: 2, safi: 1, nextHop: new Uint8Array(16), nlri: misread } as const;
    const update: Message = {
      kind: 'update',
      withdrawn: noPrefixes,
      attributes: [reach, { kind: 'origin', origin: 'igp' }, { kind: 'asPath', path: [] }],
      nlri: noPrefixes,
    };
    session.hear(encodeMessage(update, external));
    expect([session.judge(), session.isOver]).toEqual([undefined, false]);
  });

  test('a peer that makes up error codes does not make us count each', () => {
    const session = new FuzzedSession({ peer: peerSession(), open });
    for (let code = 0; code < 256; code++) {
      session.connect('established');
      session.hear(encodeMessage(notification(code, 255 - code), external));
    }
    const { notificationsReceived, resets } = session.status.counters;
    expect([...notificationsReceived.keys()]).toEqual(expect.arrayContaining(['6/other', 'other/other']));
    expect([notificationsReceived.size, resets.size]).toEqual([9, 9]);
  });
});
