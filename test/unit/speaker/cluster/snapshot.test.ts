// A speaker that begins with what an earlier process of its node wrote down.
import { beforeEach, expect, test } from 'vitest';
import { endpointSlices, services } from '#shared/kube/resources.ts';
import { decodeState, type SavedState } from '#speaker/state/saved-state.ts';
import { refusal } from '#test/simulation/apiserver/answer.ts';
import { serviceObject } from '../manifests.ts';
import { address, eligibleFor, Stage, stop, type RunningSpeaker } from '../stage.ts';
import { sha256 } from '../views.ts';

let stage: Stage;
let earlier: SavedState;

/** As the first process leaves it. */
beforeEach(() => {
  stage = new Stage();
  const first = stage.start('n1');
  stage.clock.advance(20_000);
  stop(first);
  stage.clock.advance(10_000);
  const decoded = decodeState(first.written.at(-1) ?? '', { node: 'n1', wallMs: stage.clock.wallMs() }, sha256);
  if ('problem' in decoded) throw new Error(decoded.problem);
  earlier = decoded.state;
});

const isStale = ({ wire }: RunningSpeaker): boolean | undefined =>
  wire.channel.surroundings.at(-1)?.condition.flags.stale;
const restart = (): RunningSpeaker => stage.start('n1', { earlier: { ...earlier, incarnation: 2 } });

test('while the apiserver is away it decides from that, and says so', () => {
  const comeBack = stage.cluster.apiserver.outage();
  const running = restart();
  stage.clock.advance(1_000);
  expect(eligibleFor(running)).toEqual([address]);
  expect(isStale(running)).toBe(true);
  expect(running.speaker.notReady()).toContain('Service: not listed yet');
  comeBack();
  stage.clock.advance(60_000);
  expect(isStale(running)).toBe(false);
  expect(running.wire.channel.desired).toHaveLength(1);
});

test('what was deleted meanwhile goes with the first list', () => {
  const comeBack = stage.cluster.apiserver.outage();
  stage.cluster.remove(services, 'web', 'shop');
  stage.cluster.put(services, serviceObject('other', ['192.0.2.201']));
  const running = restart();
  stage.clock.advance(1_000);
  expect(eligibleFor(running)).toEqual([address]);
  comeBack();
  stage.clock.advance(60_000);
  expect(eligibleFor(running)).toEqual(['192.0.2.201']);
});

test('each kind is replaced by its own list only', () => {
  const end = stage.cluster.apiserver.troubles.begin({
    what: 'EndpointSlices cannot be listed',
    fate: ({ resource }) => (resource === endpointSlices ? { kind: 'refused', error: refusal(500, 'no') } : undefined),
  });
  stage.cluster.put(services, serviceObject('other', ['192.0.2.201']));
  const running = restart();
  stage.clock.advance(5_000);
  expect(running.wire.wanted).toMatchObject([
    { ip: address, answer: true },
    { ip: '192.0.2.201', answer: false },
  ]);
  expect(isStale(running)).toBe(true);
  end();
  stage.clock.advance(60_000);
  expect(isStale(running)).toBe(false);
});

test('a process that starts during the outage writes down what it was given', () => {
  stage.cluster.apiserver.outage();
  const running = restart();
  running.wire.fields = { segments: [] };
  stage.clock.advance(1_000);
  running.wire.fields = {};
  running.wire.report();
  stage.clock.advance(10_000);
  const decoded = decodeState(running.written.at(-1) ?? '', { node: 'n1', wallMs: stage.clock.wallMs() }, sha256);
  expect(decoded).toEqual({ state: { ...earlier, incarnation: 2 } });
});
