import { beforeEach, expect, test } from 'vitest';
import type { GatedAddress } from '#speaker/desired/bgp/contributions.ts';
import { LastingGates } from '#speaker/report/bgp/lasting-gates.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { ip, service } from '../../views.ts';

const address = { ip: ip('192.0.2.200'), service: service('web', []) };
const passing: GatedAddress = { ...address, gate: 'kubeProxyNotReady' };
const lasting: GatedAddress = { ...address, gate: 'noLocalEndpoints' };

let clock: VirtualClock;
let due: number;
let gates: LastingGates;

beforeEach(() => {
  clock = new VirtualClock();
  due = 0;
  gates = new LastingGates(clock, () => due++);
});

test('what may pass by itself is left out until it has lasted for 10 s', () => {
  expect(gates.of([passing, lasting])).toEqual([lasting]);
  clock.advance(6_000);
  expect(gates.of([passing, lasting])).toEqual([lasting]);
  expect(due).toBe(0);
  clock.advance(4_000);
  expect(due).toBe(1);
  expect(gates.of([passing, lasting])).toEqual([passing, lasting]);
  clock.advance(60_000);
  expect(due).toBe(1);
});

test('what has passed begins anew', () => {
  gates.of([passing]);
  clock.advance(6_000);
  gates.of([]);
  clock.advance(6_000);
  expect(due).toBe(0);
  expect(gates.of([passing])).toEqual([]);
});
