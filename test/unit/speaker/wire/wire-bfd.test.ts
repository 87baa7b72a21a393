import { expect, test } from 'vitest';
import type { WantedBfd } from '#speaker/seam.ts';
import { BfdStage, wantedBfd, type BfdNode } from './bfd-node.ts';
import { Speaker } from './played-speaker.ts';

const [node, router] = ['192.0.2.1', '192.0.2.254'];

interface Watching {
  readonly stage: BfdStage;
  readonly speaker: Speaker;
  readonly peer: BfdNode;
  readonly route: (...bfd: readonly WantedBfd[]) => void;
}

/** A whole wire thread, and a router. */
function watching(): Watching {
  const stage = new BfdStage();
  const speaker = new Speaker({ timers: stage.clock, bfd: stage.network });
  const peer = stage.node(router).want(wantedBfd(node));
  let sequence = 0;
  return {
    stage,
    speaker,
    peer,
    route: (...bfd) => speaker.channel.post({ kind: 'routing', sequence: ++sequence, bfd, unnumbered: [] }),
  };
}

function upWatching(): Watching {
  const all = watching();
  all.route(wantedBfd(router));
  all.stage.advance(5000);
  expect(all.speaker.observed.bfd).toMatchObject([{ remote: router, local: node, state: 'up' }]);
  return all;
}

test('sessions begin as they are wanted, and are told', () => {
  const { stage, speaker, route } = upWatching();
  expect(speaker.observed.problems).toEqual([]);
  expect(speaker.logged).toContain('a BFD session is up');
  route();
  stage.advance(1000);
  expect(speaker.observed.bfd).toEqual([]);
});

test('a state that changes is told within 10 ms; packets alone once a second', () => {
  const { stage, speaker } = upWatching();
  const before = speaker.observations.length;
  stage.advance(5000);
  expect(speaker.observations.length - before).toBe(5);
  let isLost = false;
  stage.network.lose(() => isLost);
  const lastFromRouter = stage.network.sent.filter(({ from }) => from === router).length;
  // Until the moment in which the router has been heard.
  while (stage.network.sent.filter(({ from }) => from === router).length === lastFromRouter) stage.advance(1);
  isLost = true;
  stage.advance(898);
  expect(speaker.observed.bfd).toMatchObject([{ state: 'up' }]);
  stage.advance(12);
  expect(speaker.observed.bfd).toMatchObject([{ state: 'down', failures: 1, lastDetectionMs: 900 }]);
});

test('problems are told', () => {
  const { stage, speaker, route } = watching();
  speaker.bfd.refusal = { call: 'bind', code: 'EADDRINUSE' };
  route(wantedBfd(router));
  stage.advance(200);
  expect(speaker.observed.problems).toEqual([expect.stringMatching(/UDP port 3784 of 192.0.2.1 is taken/)]);
});

test('stop takes leave of the peers first: to them it is no failure', () => {
  const { stage, speaker, peer, route } = upWatching();
  const observations = speaker.observations.length;
  speaker.channel.post({ kind: 'stop', mode: 'restart' });
  stage.advance(100);
  expect(speaker.stopped).toBe(false);
  // Whatever is said now comes too late.
  route(wantedBfd('192.0.2.253'));
  stage.advance(200);
  expect(speaker.stopped).toBe(true);
  expect(
    stage.network
      .packetsFrom(node)
      .slice(-3)
      .map(({ state }) => state),
  ).toEqual(Array(3).fill('adminDown'));
  expect(stage.network.speaking.filter((name) => name.startsWith(node))).toEqual([]);
  expect(peer.only).toMatchObject({ peerAdminDown: true, failures: 0 });
  stage.advance(5000);
  expect(speaker.observations).toHaveLength(observations);
});

test('a stall of the wire thread is no silence of its peers, whenever it ends', () => {
  for (let phaseMs = 0; phaseMs < 300; phaseMs += 20) {
    const { stage, speaker, peer } = upWatching();
    // The router is patient, so that it is only about ours.
    peer.want(wantedBfd(node, { receiveIntervalMs: 10_000 }));
    stage.advance(5000 + phaseMs);
    // Frozen with its machine for most of a detection time: nothing waits for it.
    speaker.clock.pause(850);
    stage.advance(3000);
    expect(speaker.observed.bfd).toMatchObject([{ state: 'up', failures: 0 }]);
  }
});
