import { describe, expect, test } from 'vitest';
import { encodeNlri, type EncodedPrefix } from '#speaker/bgp/nlri.ts';
import { meet, update } from './met-router.ts';
import { prefix } from './octets.ts';
import { peerSession } from './session-stage.ts';

function some(first: number, count: number): EncodedPrefix[] {
  return Array.from({ length: count }, (_, at) => prefix(`10.${(first + at) >> 8}.${(first + at) & 255}.0/24`));
}

describe('what a peer sends', () => {
  test('E6: our own routes are counted and nothing else', () => {
    const { stage, router, session } = meet();
    const before = router.heard.length;
    router.send(update({ nlri: encodeNlri([prefix('198.51.100.1/32')]), path: [64_512, 64_513] }));
    stage.clock.advance(1_000);
    expect(session.status).toMatchObject({ state: 'Established', prefixes: { IPv4: 2 } });
    expect(session.status.counters.updateErrors.size).toBe(0);
    expect(stage.lines).toEqual(['BGP session is established']);
    expect(router.heard.length).toBe(before);
  });

  test('E2: what is wrong is told once, counted, and costs no session', () => {
    const { stage, router, session } = meet();
    const wrong = update({
      nlri: encodeNlri([prefix('203.0.113.0/24')]),
      attributes: [{ kind: 'origin', origin: 'igp' }],
    });
    for (let time = 0; time < 3; time++) router.send(wrong);
    stage.clock.advance(100);
    expect(session.status.state).toBe('Established');
    expect([...session.status.counters.updateErrors]).toEqual([['treatAsWithdraw', 3]]);
    expect(stage.lines).toHaveLength(2);
  });

  test('U13: more than the limit ends the session for a while', () => {
    const { stage, router, session } = meet(peerSession({ prefixLimit: 10 }));
    router.send(update({ nlri: encodeNlri(some(0, 10)) }));
    router.send(update({ nlri: encodeNlri(some(0, 10)) }));
    router.send(update({ withdrawn: encodeNlri(some(0, 5)) }));
    router.send(update({ nlri: encodeNlri(some(20, 5)) }));
    stage.clock.advance(100);
    expect(session.status.state).toBe('Established');
    router.send(update({ nlri: encodeNlri(some(40, 1)) }));
    stage.clock.advance(10);
    expect(router.heard.at(-1)).toBe('Cease/Maximum Number of Prefixes Reached');
    expect(session.status).toMatchObject({ state: 'Idle', lastError: 'the peer told more routes than its limit' });
  });

  test('E7: a million routes leave nothing but their number', () => {
    const { stage, router, session } = meet();
    const nlri = encodeNlri(some(0, 1_000));
    const message = update({ nlri });
    for (let round = 0; round < 1_000; round++) {
      router.send(message);
      if (round % 50 === 0) stage.clock.advance(10);
    }
    stage.clock.advance(1_000);
    expect(session.status.counters.receivedPrefixes).toEqual(new Map([['IPv4 announced', 1_000_000]]));
    expect(session.status).toMatchObject({ state: 'Established', prefixes: { IPv4: 2 } });
  });
});
