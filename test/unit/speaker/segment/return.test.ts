// Who comes back (layer2 §5.3, §5.7): a new process goes on with what is still its node's, and whoever was cut off learns what became of its claims.
import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { AddressEntry } from '#speaker/segment/message/address-list.ts';
import { placementHash } from '#speaker/desired/rendezvous.ts';
import { noFlags } from '#speaker/segment/message/member-flags.ts';
import type { Message } from '#speaker/segment/message/message.ts';
import { octetsOf } from '#speaker/segment/octets.ts';
import { hasHigherScore } from '#speaker/segment/ownership/order.ts';
import { memberHash } from '#speaker/segment/watch/member.ts';
import { LanOfEngines } from './lan-of-engines.ts';
import type { Node } from './node-on-lan.ts';

function settled(nodes: number): LanOfEngines {
  const lan = new LanOfEngines({ seed: 11, nodes, addresses: 2 * nodes });
  lan.settle();
  lan.keepSent = true;
  return lan;
}

const rank = ({ id }: Node) => ({ owner: id, ownerHash: memberHash(id) });

/** The nodes, the one that owns most first. */
const byLoad = (lan: LanOfEngines): readonly Node[] => lan.nodes.toSorted((a, b) => b.owned - a.owned);

const owned = (lan: LanOfEngines, node: Node): readonly Ip[] =>
  lan.desired.flatMap(({ ip }) => (lan.ownersOf(ip).includes(node) ? [ip] : []));

function says(lan: LanOfEngines, from: Node, to: readonly Node[], message: Message): void {
  const { id: sender, incarnation } = from;
  const header = { joining: false, keyId: 0, sender, incarnation, sequence: ++from.sequence };
  for (const node of to) {
    lan.dispatch(node, { kind: 'packet', header, message, source: from.endpoint, multicast: false });
  }
}

test('what the state file knows is not claimed before all who may have it by now were heard', () => {
  const lan = settled(5);
  const [first] = byLoad(lan) as [Node];
  const had = owned(lan, first);
  lan.kill(first);
  lan.run(5_000);
  const [heir] = lan.ownersOf(had[0] as Ip) as [Node];
  const theirs = owned(lan, heir);
  lan.pause(heir, 450);
  lan.start(
    first,
    had.map((ip) => ({ ip, epoch: 1, minority: false })),
  );
  lan.run(4_000);
  expect(owned(lan, heir)).toEqual(theirs);
  expect(lan.dual).toEqual([]);
});

test('what an older process of this node was given while this one listens is gone on with', () => {
  const lan = settled(3);
  const [giver, target, third] = byLoad(lan) as [Node, Node, Node];
  const ip = owned(lan, giver)[0] as Ip;
  const older = { incarnation: target.incarnation, sequence: target.sequence };
  lan.kill(target);
  lan.start(target);
  lan.run(5);
  expect(target.state.watch.phase).toBe('joining');
  const newer = { incarnation: target.incarnation, sequence: target.sequence };
  Object.assign(target, older);
  const entry: AddressEntry = { ip, epoch: 2, minority: false, handOff: false, silent: false };
  says(lan, target, [giver, third], { kind: 'claim', reason: 'handOff', entries: [entry] });
  Object.assign(target, newer);
  lan.run(3_000);
  expect(lan.ownersOf(ip)).toEqual([target]);
  expect(target.state.ownership.addresses.get(ip)?.epoch).toBe(2);
});

test('an announcement by one that is DOWN and heard again is answered by a claim, not by letting go', () => {
  const lan = settled(3);
  const [deaf, owner] = byLoad(lan) as [Node, Node];
  lan.crash(deaf);
  lan.run(1_000);
  expect(owner.state.watch.members.get(deaf.id)?.down).toBeDefined();
  const ips = owned(lan, owner);
  for (const ip of ips) lan.dispatch(owner, { kind: 'neighbour', mac: deaf.mac, ip, target: ip, answersUs: false });
  expect(owned(lan, owner)).toEqual(ips);
  const claims = lan.sent.filter(({ from, message }) => from === owner.index && message.kind === 'claim');
  expect(claims.map(({ message }) => message)).toContainEqual(expect.objectContaining({ reason: 'defend' }));
});

test('a heal is noticed by what goes to the group: after a long cut kernels know no MAC of the other side', () => {
  const lan = settled(5);
  const cut = new Set(lan.nodes.slice(0, 2));
  lan.partition((node) => (cut.has(node) ? 1 : 0));
  lan.run(2_000);
  lan.sent.length = 0;
  lan.run(1_000);
  for (const side of [true, false]) {
    const hellos = lan.sent.filter(({ from, message }) => {
      return message.kind === 'hello' && cut.has(lan.nodes[from - 1] as Node) === side;
    });
    expect(hellos.length).toBeGreaterThan(20);
    expect(hellos.length).toBeLessThan(60);
  }
});

test('whoever was DOWN is told at once who this node is: its process may be a new one', () => {
  const lan = settled(3);
  const [back, node] = byLoad(lan) as [Node, Node];
  lan.crash(back);
  lan.run(1_000);
  lan.sent.length = 0;
  says(lan, back, [node], { kind: 'ping', nonce: 1 });
  expect(lan.sent.find(({ from, message }) => from === node.index && message.kind === 'hello')).toBeDefined();
});

test('the farewell of a deaf node that is DOWN is no reason to judge it again', () => {
  const lan = settled(2);
  const [deaf, node] = byLoad(lan) as [Node, Node];
  const carry = { kind: 'beat', beatSequence: 1, flags: noFlags, loopLagMs: 0, quietMs: 5_000, watched: [] } as const;
  deaf.kernelAnswersArp = false;
  lan.kill(deaf);
  for (let beats = 0; beats < 12; beats++) {
    says(lan, deaf, [node], { ...carry, table: { version: 0, digest: [0, 0] } });
    lan.run(100);
  }
  expect(node.state.watch.members.get(deaf.id)?.down?.cause).toBe('deaf');
  lan.sent.length = 0;
  says(lan, deaf, [node], { kind: 'leaving', mode: 'restart', holdMs: 10_000 });
  lan.run(3_000);
  expect(lan.sent.filter(({ message }) => message.kind === 'down').length).toBeLessThan(4);
  expect(node.state.watch.suspects.size).toBe(0);
});

test('where claims do not arrive announcements settle who has an address: one announces it too, or one lets go', () => {
  const lan = settled(2);
  const [rival, owner] = lan.nodes as [Node, Node];
  lan.crash(rival);
  lan.run(3_500);
  lan.announcements.length = 0;
  const ips = lan.desired.map(({ ip }) => ip);
  for (const ip of ips) lan.dispatch(owner, { kind: 'neighbour', mac: rival.mac, ip, target: ip, answersUs: false });
  const better = ips.filter((ip) => hasHigherScore(rank(owner), rank(rival), placementHash(octetsOf(ip))));
  expect(better.length).toBeGreaterThan(0);
  expect(better.length).toBeLessThan(ips.length);
  expect(owned(lan, owner)).toEqual(better);
  expect(lan.announcements.map(({ ip }) => ip)).toEqual(better);
});
