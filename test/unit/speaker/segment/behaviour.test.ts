// Rules of layer2 §3 and §5 that no crash shows: one test each.
import { describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { SegmentEffect } from '#speaker/segment/effect.ts';
import type { MemberFlags } from '#speaker/segment/message/member-flags.ts';
import { LanOfEngines } from './lan-of-engines.ts';
import type { Node } from './node-on-lan.ts';

function settled(nodes: number, options: Partial<ConstructorParameters<typeof LanOfEngines>[0]> = {}): LanOfEngines {
  const lan = new LanOfEngines({ seed: 11, nodes, addresses: 2 * nodes, ...options });
  lan.settle();
  lan.keepSent = true;
  return lan;
}

const busiest = (lan: LanOfEngines): Node => lan.nodes.toSorted((a, b) => b.owned - a.owned)[0] as Node;
const others = (lan: LanOfEngines, node: Node): readonly Node[] => lan.nodes.filter((other) => other !== node);
const owners = (lan: LanOfEngines): readonly number[] =>
  lan.desired.flatMap(({ ip }) => lan.ownersOf(ip).map(({ index }) => index));
const everyOne = (lan: LanOfEngines): readonly number[] => lan.desired.map(({ ip }) => lan.ownersOf(ip).length);

function told<Kind extends SegmentEffect['kind']>(lan: LanOfEngines, kind: Kind) {
  return lan.effects.flatMap(({ atMs, node, effect }) =>
    effect.kind === kind ? [{ atMs, node, effect: effect as Extract<SegmentEffect, { kind: Kind }> }] : [],
  );
}

const downs = (lan: LanOfEngines) => told(lan, 'memberChanged').filter(({ effect }) => effect.to === 'down');

describe('liveness', () => {
  test('of two nodes the one that is left takes over only if something else is alive on the LAN', () => {
    const lan = settled(2, { gateway: false });
    lan.crash(lan.nodes[0] as Node);
    lan.run(8_000);
    expect(downs(lan)).toEqual([]);
    const client = '02:00:00:00:00:c1' as Mac;
    const target = lan.desired[0]?.ip as Ip;
    lan.dispatch(lan.nodes[1] as Node, {
      kind: 'neighbour',
      mac: client,
      ip: '10.0.0.77' as Ip,
      target,
      answersUs: false,
    });
    lan.run(1_000);
    expect(downs(lan)).toHaveLength(1);
    expect(everyOne(lan)).toEqual(lan.desired.map(() => 1));
  });

  test('a node that is cut off calls nobody DOWN and takes nothing', () => {
    const lan = settled(5);
    const cut = busiest(lan);
    const had = cut.owned;
    lan.partition((node) => (node === cut ? 1 : 0));
    lan.run(5_000);
    expect(downs(lan).filter(({ node }) => node === cut.index)).toEqual([]);
    expect(cut.owned).toBe(had);
  });

  test('a kernel that never answers is noticed after three minutes, and its node is not called DOWN sooner than sure', () => {
    const lan = settled(3);
    const mute = busiest(lan);
    mute.kernelAnswersArp = false;
    lan.run(245_000);
    const noticed = told(lan, 'condition').filter(({ effect }) => effect.condition === 'kernelProbeUnanswered');
    expect(noticed.length).toBeGreaterThan(0);
    expect(noticed.every(({ effect }) => effect.holds && effect.about === mute.id)).toBe(true);
    lan.effects.length = 0;
    const crashedMs = lan.nowMs;
    lan.crash(mute);
    lan.run(3_000);
    const [first] = downs(lan);
    expect((first?.atMs ?? Infinity) - crashedMs).toBeGreaterThan(3 * 350 - 100);
    expect((first?.atMs ?? Infinity) - crashedMs).toBeLessThan(2_000);
  });

  test('a link that goes down is told on another segment, and that is enough', () => {
    const lan = settled(3);
    const lost = busiest(lan);
    const header = {
      joining: false,
      keyId: 0,
      sender: lost.id,
      incarnation: lost.incarnation,
      sequence: lost.sequence + 1,
    };
    lan.partition((node) => (node === lost ? 1 : 0));
    for (const node of others(lan, lost)) lan.dispatch(node, { kind: 'linkDownElsewhere', header, mac: lost.mac });
    lan.run(20);
    expect(downs(lan).map(({ effect }) => effect.cause)).toEqual(['link', 'link']);
    lan.dispatch(lost, { kind: 'link', link: lost.link(false) });
    expect(told(lan, 'memberChanged').filter(({ node }) => node === lost.index)).toEqual([]);
  });

  test('a LINK_DOWN in the name of another node changes nothing', () => {
    const lan = settled(3);
    const [a, b, c] = lan.nodes as [Node, Node, Node];
    const header = { joining: false, keyId: 0, sender: b.id, incarnation: b.incarnation, sequence: b.sequence + 1 };
    lan.dispatch(a, { kind: 'linkDownElsewhere', header, mac: c.mac });
    lan.run(1_000);
    expect(downs(lan)).toEqual([]);
  });

  test('a node out of service counts as DOWN though it is heard, and is back when the taint is gone', () => {
    const lan = settled(3);
    const out = busiest(lan);
    const before = lan.cluster;
    const tainted = new Map(before);
    const node = before.get(out.id);
    if (node !== undefined) tainted.set(out.id, { ...node, outOfService: true });
    for (const other of others(lan, out)) lan.dispatch(other, { kind: 'cluster', nodes: tainted });
    lan.run(1_500);
    expect(downs(lan).map(({ effect }) => effect.cause)).toEqual(['outOfService', 'outOfService']);
    expect(out.owned).toBe(0);
    for (const other of others(lan, out)) lan.dispatch(other, { kind: 'cluster', nodes: before });
    lan.run(1_000);
    expect(told(lan, 'memberChanged').filter(({ effect }) => effect.to === 'up')).toHaveLength(2);
    expect(everyOne(lan)).toEqual(lan.desired.map(() => 1));
  });

  test('LEAVING holds the addresses of a restarting speaker for ten seconds', () => {
    const lan = settled(3);
    const node = busiest(lan);
    lan.dispatch(node, { kind: 'leave', mode: 'restart' });
    lan.run(5);
    lan.kill(node);
    lan.run(9_000);
    expect(downs(lan)).toEqual([]);
    lan.run(3_000);
    expect(new Set(downs(lan).map(({ effect }) => effect.cause))).toEqual(new Set(['speakerDown']));
    expect(everyOne(lan)).toEqual(lan.desired.map(() => 1));
  });

  test('a process that joins marks all that it sends, until it has listened', () => {
    const lan = settled(4, { lossPercent: 5 });
    const node = busiest(lan);
    lan.kill(node);
    lan.run(50);
    lan.sent.length = 0;
    lan.start(node);
    for (let waitedMs = 0; node.state.watch.phase === 'joining' && waitedMs < 4_000; waitedMs++) lan.run(1);
    const own = lan.sent.filter(({ from }) => from === node.index);
    const firstOpen = own.findIndex(({ joining }) => !joining);
    expect(new Set(own.slice(0, firstOpen).map(({ message }) => message.kind))).toEqual(
      new Set(['hello', 'tableRequest']),
    );
    expect(own.slice(firstOpen).some(({ joining }) => joining)).toBe(false);
    expect(own[firstOpen]?.message.kind).toBe('hello');
  });

  test('who is called DOWN says HELLO and shows its table', () => {
    const lan = settled(3);
    const [a, b] = lan.nodes as [Node, Node];
    const header = { joining: false, keyId: 0, sender: b.id, incarnation: b.incarnation, sequence: ++b.sequence };
    const message = { kind: 'down', about: a.id, incarnation: a.incarnation, cause: 'silent', voters: [] } as const;
    lan.dispatch(a, { kind: 'packet', header, message, source: b.endpoint, multicast: true });
    lan.run(30);
    const own = lan.sent.filter(({ from }) => from === a.index).map(({ message: { kind } }) => kind);
    expect(own).toEqual(expect.arrayContaining(['hello', 'table']));
  });

  test('a DOWN about somebody whom this node has just heard is not believed', () => {
    const lan = settled(3);
    const [a, b, c] = lan.nodes as [Node, Node, Node];
    const header = { joining: false, keyId: 0, sender: b.id, incarnation: b.incarnation, sequence: ++b.sequence };
    const message = { kind: 'down', about: c.id, incarnation: c.incarnation, cause: 'silent', voters: [] } as const;
    lan.dispatch(a, { kind: 'packet', header, message, source: b.endpoint, multicast: true });
    expect(downs(lan)).toEqual([]);
  });
});

describe('own pauses', () => {
  test('after a long one a node is silent until it heard whether another took over', () => {
    const lan = settled(5);
    const frozen = busiest(lan);
    const had = [...frozen.answering];
    lan.partition((node) => (node === frozen ? 1 : 0));
    lan.pause(frozen, 3_000);
    lan.run(2_990);
    lan.partition(() => 0);
    lan.run(2_000);
    expect(had.length).toBeGreaterThan(0);
    expect(lan.dual).toEqual([]);
    expect(lan.openDuals()).toEqual([]);
    for (const ip of had) expect(lan.ownersOf(ip)).not.toContain(frozen);
  });

  test('after a short one it answers again within 120 ms', () => {
    const lan = settled(3);
    const node = busiest(lan);
    lan.pause(node, 400);
    lan.run(399);
    lan.run(125);
    expect(everyOne(lan)).toEqual(lan.desired.map(() => 1));
    expect(told(lan, 'ownerChanged')).toEqual([]);
  });
});

describe('ownership', () => {
  const draining: Partial<MemberFlags> = { draining: true };

  test('an address that somebody else has is not taken, and is looked at again', () => {
    const foreign = '02:00:00:00:00:f0' as Mac;
    const lan = new LanOfEngines({ seed: 5, nodes: 1, addresses: 1 });
    const node = lan.nodes[0] as Node;
    const target = lan.desired[0]?.ip as Ip;
    lan.start(node);
    lan.run(100);
    lan.dispatch(node, { kind: 'neighbour', mac: foreign, ip: target, target, answersUs: true });
    lan.run(10_000);
    expect(told(lan, 'foreignClaim').map(({ effect }) => effect)).toEqual([
      { kind: 'foreignClaim', ip: target, mac: foreign, while: 'probing' },
    ]);
    expect(node.owned).toBe(0);
    lan.run(22_000);
    expect(node.owned).toBe(1);
  });

  test('a single node without state file probes for 0.8 s and announces', () => {
    const lan = new LanOfEngines({ seed: 5, nodes: 1, addresses: 1 });
    lan.start(lan.nodes[0] as Node);
    lan.run(2_000);
    expect(lan.announcements[0]?.atMs).toBeGreaterThan(790);
    expect(lan.announcements[0]?.atMs).toBeLessThan(900);
  });

  test('a foreign claim while owning is answered once in ten seconds', () => {
    const lan = settled(1);
    const node = lan.nodes[0] as Node;
    const target = lan.desired[0]?.ip as Ip;
    for (let count = 0; count < 15; count++) {
      lan.dispatch(node, { kind: 'neighbour', mac: '02:00:00:00:00:f0' as Mac, ip: target, target, answersUs: false });
      lan.run(1_000);
    }
    expect(told(lan, 'foreignClaim')).toHaveLength(2);
    expect(lan.announcements.length).toBe(2);
    expect(lan.ownersOf(target)).toEqual([node]);
  });

  test('who cannot forward gives up at once what others can take', () => {
    const lan = settled(3);
    const node = busiest(lan);
    lan.dispatch(node, { kind: 'condition', condition: lan.condition({ noClaim: true }, { cannotForward: true }) });
    lan.run(1_500);
    expect(node.owned).toBe(0);
    expect(everyOne(lan)).toEqual(lan.desired.map(() => 1));
    expect(Math.max(0, ...lan.unanswered.map(({ fromMs, toMs }) => toMs - fromMs))).toBeLessThan(20);
  });

  test('who must not claim keeps what it has and takes nothing new', () => {
    const lan = settled(3);
    const kept = busiest(lan);
    const had = kept.owned;
    lan.dispatch(kept, { kind: 'condition', condition: lan.condition({ noClaim: true }) });
    lan.run(100);
    lan.crash(others(lan, kept)[0] as Node);
    lan.run(1_500);
    expect(kept.owned).toBe(had);
    expect(everyOne(lan)).toEqual(lan.desired.map(() => 1));
  });

  test('an address without usable endpoints keeps its silent owner, who answers again without an announcement', () => {
    const lan = settled(3);
    const before = owners(lan);
    const whole = lan.desired;
    for (const node of lan.nodes)
      lan.dispatch(node, {
        kind: 'desired',
        addresses: whole.map((each) => ({ ...each, answer: false })),
        isLast: true,
      });
    lan.run(3_000);
    expect(owners(lan)).toEqual([]);
    for (const node of lan.nodes) lan.dispatch(node, { kind: 'desired', addresses: whole, isLast: true });
    lan.run(3_000);
    expect(owners(lan)).toEqual(before);
    expect(lan.announcements).toEqual([]);
  });

  test('an address that was taken in silence is announced when it is answered', () => {
    const lan = new LanOfEngines({ seed: 7, nodes: 3, addresses: 6, change: (each) => ({ ...each, answer: false }) });
    lan.settle();
    const answered = lan.desired.map((each) => ({ ...each, answer: true }));
    for (const node of lan.nodes) lan.dispatch(node, { kind: 'desired', addresses: answered, isLast: true });
    lan.run(3_000);
    expect(new Set(lan.announcements.map(({ ip }) => ip))).toEqual(new Set(answered.map(({ ip }) => ip)));
  });

  test('an address that is wanted no more is silent at once', () => {
    const lan = settled(3);
    for (const node of lan.nodes)
      lan.dispatch(node, { kind: 'desired', addresses: lan.desired.slice(1), isLast: true });
    expect(lan.ownersOf(lan.desired[0]?.ip as Ip)).toEqual([]);
    lan.run(5_000);
    expect(lan.ownersOf(lan.desired[0]?.ip as Ip)).toEqual([]);
    expect(lan.sent.filter(({ message }) => message.kind === 'release')).toEqual([]);
  });

  test('a preferred node gets its addresses after 30 s up, without a gap', () => {
    const lan = settled(3);
    const preferred = lan.nodes[2] as Node;
    const candidates = new Map(
      lan.nodes.map(({ id }) => [
        id,
        { interfaces: 'any' as const, preference: id === preferred.id ? 10 : 0, hasReadyEndpoint: true },
      ]),
    );
    const addresses = lan.desired.map((each) => ({ ...each, candidates }));
    for (const node of lan.nodes) lan.dispatch(node, { kind: 'desired', addresses, isLast: true });
    lan.run(25_000);
    expect(preferred.owned).toBeLessThan(addresses.length);
    lan.run(10_000);
    expect(preferred.owned).toBe(addresses.length);
    expect(lan.unanswered).toEqual([]);
  });

  test('an address is not moved of our own will more than three times in 180 s', () => {
    const lan = settled(2);
    const [a, b] = lan.nodes as [Node, Node];
    for (let count = 0; count < 5; count++) {
      const [from, to] = count % 2 === 0 ? [a, b] : [b, a];
      lan.dispatch(to, { kind: 'condition', condition: lan.condition({}) });
      lan.run(1_000);
      lan.dispatch(from, { kind: 'condition', condition: lan.condition(draining, { ending: true }) });
      lan.run(3_000);
    }
    const moves = told(lan, 'ownerChanged').filter(({ effect }) => effect.owns);
    for (const { ip } of lan.desired)
      expect(moves.filter(({ effect }) => effect.ip === ip).length).toBeLessThanOrEqual(3);
    expect(told(lan, 'condition').some(({ effect }) => effect.condition === 'moveBudgetExhausted')).toBe(true);
  });

  test('a retired process is silent and says nothing more', () => {
    const lan = settled(2);
    const node = busiest(lan);
    lan.dispatch(node, { kind: 'retired' });
    lan.sent.length = 0;
    expect(node.answering.size).toBe(0);
    lan.run(300);
    expect(lan.sent.filter(({ from }) => from === node.index)).toEqual([]);
  });

  test('claims of a minority are marked, and of a majority not', () => {
    const lan = settled(5);
    lan.partition(({ index }) => (index <= 2 ? 1 : 0));
    lan.run(3_000);
    for (const isMinority of [true, false]) {
      const claims = lan.sent.filter(({ from }) => from <= 2 === isMinority).map(({ message }) => message);
      const fresh = claims.flatMap((message) =>
        message.kind === 'claim' && message.reason === 'orphan' ? message.entries : [],
      );
      expect(fresh.length).toBeGreaterThan(0);
      expect(fresh.every((entry) => entry.minority === isMinority)).toBe(true);
    }
  });

  test('where nobody is heard though others should be there, every claim is preceded by probing', () => {
    const lan = new LanOfEngines({ seed: 5, nodes: 2, addresses: 4, lossPercent: 0, carry: () => undefined });
    for (const node of lan.nodes)
      lan.start(
        node,
        lan.desired.map(({ ip }) => ({ ip, epoch: 3, minority: false })),
      );
    lan.run(3_700);
    expect(owners(lan)).toEqual([]);
    lan.run(20_000);
    expect(told(lan, 'condition').filter(({ effect }) => effect.condition === 'segmentSilent')).toHaveLength(2);
    expect(everyOne(lan)).toEqual(lan.desired.map(() => 1));
    expect(lan.dual).toEqual([]);
  });
});
