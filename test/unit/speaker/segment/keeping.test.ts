// What must not move anything: pauses, restarts, partitions that heal, nodes that return (layer2 §9, §11).
import { expect, test } from 'vitest';
import { uniform } from '#shared/runtime/random.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { LanOfEngines } from './lan-of-engines.ts';
import type { Node } from './node-on-lan.ts';

function settled(seed: number, nodes: number, lossPercent: number): LanOfEngines {
  const lan = new LanOfEngines({ seed, nodes, addresses: 2 * nodes, lossPercent });
  lan.settle();
  return lan;
}

const owners = (lan: LanOfEngines): readonly (readonly number[])[] =>
  lan.desired.map(({ ip }) => lan.ownersOf(ip).map(({ index }) => index));

const downs = (lan: LanOfEngines): number =>
  lan.effects.filter(({ effect }) => effect.kind === 'memberChanged' && effect.to === 'down').length;

function someNode(lan: LanOfEngines, seed: number): Node {
  return lan.nodes[seed % lan.nodes.length] as Node;
}

test.each([
  [2, 0],
  [3, 0],
  [10, 0],
  [2, 1],
  [5, 1],
  [10, 1],
  [2, 5],
  [3, 5],
  [10, 5],
])('%i nodes that pause for 100 to 500 ms again and again at %i percent loss: nobody is called DOWN', (nodes, loss) => {
  const lan = settled(7, nodes, loss);
  const before = owners(lan);
  const random = randomFor(7, 'pauses');
  const untilMs = lan.nowMs + 30_000;
  for (const node of lan.nodes) {
    for (let atMs = lan.nowMs; atMs < untilMs; atMs += uniform(random, 500, 6_000)) {
      lan.at(atMs, () => lan.pause(node, uniform(random, 100, 500)));
    }
  }
  lan.run(32_000);
  expect(lan.effects.some(({ effect }) => effect.kind === 'memberChanged' && effect.to === 'suspect')).toBe(true);
  expect(downs(lan)).toBe(0);
  expect(owners(lan)).toEqual(before);
});

test.each([
  [2, 1, 0],
  [3, 1, 0],
  [5, 2, 0],
  [10, 5, 0],
  [10, 1, 0],
  [3, 1, 5],
  [5, 2, 5],
])(
  'of %i nodes %i were cut off at %i percent loss: after the heal two owners last no longer than 100 ms',
  (nodes, cut, loss) => {
    for (let seed = 1; seed <= 8; seed++) {
      const lan = settled(seed, nodes, loss);
      lan.run(uniform(randomFor(seed, 'cut'), 0, 200));
      lan.partition(({ index }) => (index <= cut ? 1 : 0));
      lan.run(2_500);
      lan.dual.length = 0;
      const healedMs = lan.nowMs;
      lan.partition(() => 0);
      lan.run(2_000);
      expect(lan.dual.length).toBeGreaterThan(0);
      for (const { toMs } of lan.dual) expect(toMs - healedMs).toBeLessThanOrEqual(100);
      for (const each of owners(lan)) expect(each).toHaveLength(1);
    }
  },
);

test.each([
  [2, 0],
  [3, 5],
  [5, 5],
  [10, 0],
])('one of %i nodes returns with its old state file at %i percent loss: it takes nothing back', (nodes, loss) => {
  for (let seed = 1; seed <= 6; seed++) {
    const lan = settled(seed, nodes, loss);
    const node = someNode(lan, seed);
    const saved = [...node.answering].map((ip) => ({ ip, epoch: 1, minority: false }));
    lan.crash(node);
    lan.run(2_000);
    const before = owners(lan);
    for (const each of before) expect(each).toHaveLength(1);
    lan.start(node, saved);
    lan.run(4_000);
    expect(owners(lan)).toEqual(before);
    expect(lan.dual).toEqual([]);
  }
});

test.each([
  [2, 0],
  [3, 5],
  [10, 0],
])(
  'a speaker of %i is killed and back after 1 s at %i percent loss: it adopts what it had, and nothing moves',
  (nodes, loss) => {
    for (let seed = 1; seed <= 6; seed++) {
      const lan = settled(seed, nodes, loss);
      const before = owners(lan);
      const node = someNode(lan, seed);
      lan.kill(node);
      lan.run(1_000);
      lan.start(node);
      lan.run(3_500);
      expect(owners(lan)).toEqual(before);
      expect(downs(lan)).toBe(0);
    }
  },
);

test('a speaker that does not come back is replaced after its time, about 2.5 s', () => {
  const lan = settled(3, 5, 0);
  const node = lan.nodes.find(({ answering }) => answering.size > 0) as Node;
  const [ip] = node.answering;
  lan.kill(node);
  const killedMs = lan.nowMs;
  lan.run(4_000);
  const taken = lan.announcements.find((announcement) => announcement.ip === ip);
  expect((taken?.atMs ?? Infinity) - killedMs).toBeGreaterThan(2_000);
  expect((taken?.atMs ?? Infinity) - killedMs).toBeLessThan(3_000);
});

test.each([
  [2, 0],
  [3, 0],
  [10, 0],
  [5, 5],
])('one of %i nodes is drained at %i percent loss: all it has is handed off, without a gap', (nodes, loss) => {
  for (let seed = 1; seed <= 6; seed++) {
    const lan = settled(seed, nodes, loss);
    const node = someNode(lan, seed);
    const kept = owners(lan).map(([owner]) => (owner === node.index ? undefined : owner));
    lan.dispatch(node, { kind: 'condition', condition: lan.condition({ draining: true }, { ending: true }) });
    lan.run(2_500);
    expect(node.owned).toBe(0);
    expect(lan.unanswered).toEqual([]);
    const after = owners(lan);
    expect(kept.filter((owner, index) => owner !== undefined && after[index]?.[0] !== owner)).toEqual([]);
  }
});

test.each([2, 3, 10])('%i nodes send fewer than 100 packets a second each when nothing happens', (nodes) => {
  const lan = settled(1, nodes, 0);
  lan.run(5_000);
  for (const node of lan.nodes) node.sent = 0;
  lan.run(20_000);
  for (const { sent } of lan.nodes) expect(sent / 20).toBeLessThan(100);
});

test('a thousand addresses on ten nodes: all of a dead one are announced within a second, evenly', () => {
  const lan = new LanOfEngines({ seed: 2, nodes: 10, addresses: 1_000 });
  lan.settle();
  const loads = lan.nodes.map(({ owned }) => owned);
  expect(Math.max(...loads)).toBeLessThanOrEqual(125);
  lan.crash(lan.nodes[0] as Node);
  lan.run(1_000);
  for (const each of owners(lan)) expect(each).toHaveLength(1);
  expect(Math.max(...lan.nodes.slice(1).map(({ owned }) => owned))).toBeLessThanOrEqual(1.25 * (1_000 / 9));
});
