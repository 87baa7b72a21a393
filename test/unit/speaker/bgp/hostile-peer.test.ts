// Peers that do what no router should: whatever it is, the session ends or goes on, and comes back.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeMessage } from '#speaker/bgp/codec.ts';
import { messageFor } from './arbitraries.ts';
import { edited, edits } from './edits.ts';
import { external } from './octets.ts';
import { routes } from './out-play.ts';
import { PlayedRouter } from './played-router.ts';
import { peerSession, Stage } from './session-stage.ts';

const damaged = fc.tuple(messageFor(external), fc.option(edits)).map(([message, damage]) => {
  const octets = encodeMessage(message, external);
  return damage === null ? octets : edited(octets, damage);
});
const garbage = fc.uint8Array({ minLength: 1, maxLength: 200 });

test('any messages, damaged or not, in any segments', () => {
  const segments = fc.constantFrom(1, 7, 4_096);
  const said = fc.array(fc.tuple(fc.oneof({ weight: 8, arbitrary: damaged }, garbage), segments), { maxLength: 20 });
  fc.assert(
    fc.property(said, (messages) => {
      const stage = new Stage();
      const router = new PlayedRouter(stage.network);
      const session = stage.session(peerSession({ config: { families: ['IPv4', 'IPv6'] }, prefixLimit: 100 }));
      session.setRoutes(routes([{}, '198.51.100.1/32']), true);
      stage.clock.advance(100);
      for (const [octets, segmentOctets] of messages) {
        router.send(octets, segmentOctets);
        stage.clock.advance(2_000);
      }
      // Longer than the longest rest after errors, and than a session that waits for the end of a message.
      stage.clock.advance(400_000);
      expect(session.status.state).toBe('Established');
      expect(Object.keys(router.receiver.table)).toEqual(['198.51.100.1/32']);
    }),
    { numRuns: 150 },
  );
});

describe('a peer that', () => {
  test('sends an octet a second holds nothing but its own session', () => {
    const stage = new Stage();
    const router = new PlayedRouter(stage.network, {
      onOpen(slow) {
        for (const [at, octet] of slow.open.entries()) {
          stage.clock.after(1_000 * at, () => slow.send(Uint8Array.of(octet)));
        }
      },
    });
    router.speaks = false;
    const session = stage.session();
    stage.clock.advance(1_000 * router.open.length);
    expect([session.status.state, router.connections]).toEqual(['OpenConfirm', 1]);
    stage.clock.advance(10_000);
    expect(session.status.lastError).toBe('hold timer expired');
  });

  test('F3: says nothing at all is given up after four minutes', () => {
    const stage = new Stage();
    const router = new PlayedRouter(stage.network, { onOpen() {} });
    router.speaks = false;
    const session = stage.session();
    stage.clock.advance(239_000);
    expect(session.status.state).toBe('OpenSent');
    stage.clock.advance(2_000);
    expect(router.heard).toContain('Hold Timer Expired');
  });

  test('resets each connection is asked less and less often', () => {
    const stage = new Stage();
    const router = new PlayedRouter(stage.network, {
      onOpen(angry) {
        angry.send(angry.open);
        stage.clock.after(5, () => angry.connection?.reset());
      },
    });
    router.speaks = false;
    stage.session();
    stage.clock.advance(3_600_000);
    expect(router.connections).toBeGreaterThan(20);
    expect(router.connections).toBeLessThan(60);
  });
});
