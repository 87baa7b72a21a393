import { beforeEach, expect, test } from 'vitest';
import type { BgpView } from '#speaker/bgp-view.ts';
import { Settling } from '#speaker/report/bgp/settling.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { service } from '../../views.ts';
import { bgpView, peerView, sessionStatus } from './views.ts';

let clock: VirtualClock;
let changes: number;
let settling: Settling;

beforeEach(() => {
  clock = new VirtualClock();
  changes = 0;
  settling = new Settling(clock, () => changes++);
});

const peersOfService = new Map([[service('web', []), ['router']]]);
const withPeer = (isSynced: boolean): BgpView =>
  bgpView({ peers: [peerView({ session: sessionStatus({ isSynced }) })], peersOfService });

test('it is over when every peer holds what it is to hold, and stays over', () => {
  expect(settling.isOver(withPeer(false))).toBe(false);
  expect(settling.isOver(withPeer(true))).toBe(true);
  expect(settling.isOver(withPeer(false))).toBe(true);
});

test('it is over after 30 s, whoever is missing', () => {
  expect(settling.isOver(withPeer(false))).toBe(false);
  clock.advance(29_000);
  expect(settling.isOver(withPeer(false))).toBe(false);
  clock.advance(1_000);
  expect(changes).toBe(1);
  expect(settling.isOver(withPeer(false))).toBe(true);
});

test('it does not begin before everything is known and the process before has ended', () => {
  expect(settling.isOver({ ...withPeer(true), phase: 'waiting' })).toBe(false);
  expect(settling.isOver({ ...withPeer(true), isComplete: false })).toBe(false);
  clock.advance(60_000);
  expect(changes).toBe(0);
});

test('where nobody is to be told of anything it is over at once', () => {
  expect(settling.isOver(bgpView({ phase: 'idle' }))).toBe(true);
  expect(settling.isOver(bgpView({ peers: [peerView({ session: undefined })] }))).toBe(true);
});
