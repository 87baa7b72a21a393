import { beforeEach, expect, test } from 'vitest';
import { OwnNode } from '#speaker/cluster/own-node.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { node } from '../views.ts';

let clock: VirtualClock;
let expired: number;
let own: OwnNode;
const n1 = node('n1');

beforeEach(() => {
  clock = new VirtualClock();
  expired = 0;
  own = new OwnNode(clock, undefined, () => expired++);
});

test('a Node that was never seen is not there', () => {
  own.saw(undefined);
  clock.advance(100_000);
  expect(own.view).toBeUndefined();
  expect(expired).toBe(0);
});

test('a Node that vanishes stays for 60 s', () => {
  own.saw(n1);
  own.saw(undefined);
  clock.advance(30_000);
  own.saw(undefined);
  clock.advance(29_999);
  expect(own.view).toBe(n1);
  expect(expired).toBe(0);
  clock.advance(1);
  expect(own.view).toBeUndefined();
  expect(expired).toBe(1);
});

test('a Node that comes back in time is the one that counts', () => {
  const again = node('n1', { uid: 'another' });
  own.saw(n1);
  own.saw(undefined);
  clock.advance(59_999);
  own.saw(again);
  clock.advance(60_000);
  expect(own.view).toBe(again);
  expect(expired).toBe(0);
});

test('nothing expires after the stop', () => {
  own.saw(n1);
  own.saw(undefined);
  own.stop();
  clock.advance(60_000);
  expect(expired).toBe(0);
});

test('a Node that an earlier process saw is there until the apiserver shows it, or that it is gone', () => {
  own = new OwnNode(clock, n1, () => expired++);
  expect(own.view).toBe(n1);
  own.saw(undefined);
  clock.advance(60_000);
  expect(own.view).toBeUndefined();
  expect(expired).toBe(1);
});
