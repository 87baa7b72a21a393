import { expect, test } from 'vitest';
import { RoutesOut } from '#speaker/bgp/routes-out.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { routes, session } from './out-play.ts';

/** Many messages, of both families. */
const many = Array.from({ length: 25_000 }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}/32`);

/** A connection whose kernel takes nothing until it is told to. */
function begun() {
  const clock = new VirtualClock();
  const out = new RoutesOut(clock, () => {});
  let unsent = 0;
  out.set(routes([{}, [...many, '2001:db8::1/128'].join(' ')]), true);
  clock.advance(1_000);
  out.begin(session, { unsentOctets: () => unsent, write: (octets) => void (unsent += octets.length) });
  const drain = (): void => {
    unsent = 0;
    out.drained();
  };
  return { clock, out, drain };
}

test('§15: what a peer is still to be told of is pending, and becomes less as the kernel takes it', () => {
  const { out, drain } = begun();
  const pending: number[] = [];
  for (let turn = 0; !out.status.isSynced && turn < 100; turn++) {
    pending.push(out.status.pendingPrefixes);
    drain();
  }
  expect(pending[0]).toBeGreaterThan(0);
  expect(pending[0]).toBeLessThan(many.length);
  expect(pending).toEqual(pending.toSorted((a, b) => b - a));
  expect(out.status).toMatchObject({ pendingPrefixes: 0, prefixes: { IPv4: many.length, IPv6: 1 } });
});

test('§15: it is in sync when every family has its end, and stays so with what comes later', () => {
  const { clock, out, drain } = begun();
  for (let turn = 0; !out.status.isSynced && turn < 100; turn++) {
    expect(out.status.syncMs).toBeUndefined();
    clock.advance(10);
    drain();
  }
  const { syncMs } = out.status;
  expect(syncMs).toBeGreaterThanOrEqual(10);
  out.set(routes([{}, '10.0.0.0/8']), true);
  clock.advance(1_000);
  for (let turn = 0; !out.status.isSynced && turn < 100; turn++) drain();
  expect(out.status).toMatchObject({ syncMs, prefixes: { IPv4: 1, IPv6: 0 } });
  out.end();
  expect(out.status).toMatchObject({ syncMs: undefined, pendingPrefixes: 1 });
});
