// What a thread that did not run for a while makes of the silence that it finds.
import { expect, test } from 'vitest';
import { BfdStage, wantedBfd, type BfdNode } from './bfd-node.ts';

const [node, router] = ['192.0.2.11', '192.0.2.1'];

interface Pair {
  readonly stage: BfdStage;
  readonly ours: BfdNode;
}

/** The router is patient, so that it is only about ours. */
function upPair(intervalMs: number): Pair {
  const stage = new BfdStage();
  const interval = { transmitIntervalMs: intervalMs, receiveIntervalMs: intervalMs };
  const ours = stage.node(node).want(wantedBfd(router, { ...interval, detectMultiplier: 20 }));
  stage.node(router).want(wantedBfd(node, interval));
  stage.advance(5000);
  expect(ours.states).toEqual(['up']);
  return { stage, ours };
}

test('what waits is heard before a silence is judged, if the stall was ever so short', () => {
  const { stage, ours } = upPair(50);
  const { received } = ours.only.counters;
  while (ours.only.counters.received === received) stage.advance(0.1);
  // Its detection time of 150 ms is over, but not for as long as an interval.
  ours.stopFor(180, stage.clock);
  stage.network.holdFor(400);
  stage.advance(5000);
  expect(ours.only).toMatchObject({ state: 'up', failures: 0 });
});

test('what came meanwhile is heard before a silence is judged', () => {
  const { stage, ours } = upPair(50);
  // As long as a detection time and more; timers come before sockets.
  ours.stopFor(400, stage.clock);
  stage.network.holdFor(400);
  stage.advance(5000);
  expect(ours.only).toMatchObject({ state: 'up', failures: 0 });
});

test('a machine that was frozen waits for one more interval of its peer', () => {
  const { stage, ours } = upPair(300);
  // Nothing reaches it, and its own timers wait as well.
  const cancel = stage.network.lose(({ from }) => from === router);
  ours.stopFor(2000, stage.clock);
  stage.advance(1999);
  cancel();
  stage.advance(301);
  expect(ours.only.lastDetectionMs).toBeUndefined();
});

test('a peer that is gone is missed after a stall, too', () => {
  const { stage, ours } = upPair(300);
  stage.network.lose(({ from }) => from === router);
  ours.stopFor(2000, stage.clock);
  stage.advance(2299);
  expect(ours.states).toEqual(['up']);
  stage.advance(1);
  expect(ours.only).toMatchObject({ state: 'down', failures: 1 });
});
