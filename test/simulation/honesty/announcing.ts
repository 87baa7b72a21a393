// Worlds in which addresses are answered for as they must not be.
import type { Ip } from '#shared/net/ip.ts';
import { serviceFacts } from '../checkers/facts.ts';
import { macNumber } from '../lan/octets.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import { foreignMac, nodeIdText, poolRange } from '../world/address-plan.ts';
import type { Machine } from '../world/machine.ts';
import type { World } from '../world/world.ts';
import { settle, type Dishonesty } from './dishonesty.ts';
import { announce, answerAnyway, explain, say, stopSpeaker } from './rogue.ts';

const firstIp = poolRange(0, 1).split('-')[0] as Ip;
const neverShown = '10.200.0.1' as Ip;
const drained = { kind: 'drained', nowMs: 1_000_000 } as const;
const idOf = (name: string): NodeId => nodeIdText(name) as NodeId;

export const announcingDishonesties: readonly Dishonesty[] = [
  {
    breaks: 'L1',
    how: 'the only speaker does nothing any more, and nobody knows why',
    options: { nodes: 1, controllers: 1 },
    play: (world) => {
      settle(world);
      stopSpeaker(world.machine('n1'));
      world.run(10_000);
    },
  },
  {
    breaks: 'L2',
    how: 'every node answers for an address from the start, on a LAN that is never quiet',
    options: { services: 2 },
    play: (world) => {
      world.apply({ kind: 'loss', percent: 1, forMs: 200_000 });
      for (const machine of world.machines.values()) answerAnyway(world, machine, firstIp);
      settle(world);
    },
  },
  {
    breaks: 'L3',
    how: 'no speaker runs that could notice that a node is gone',
    play: (world) => {
      settle(world);
      const { owner, others } = ownedAddress(world);
      for (const machine of others) stopSpeaker(machine);
      world.apply({ kind: 'power loss', node: owner.name, forMs: 200_000 });
      world.run(5_000);
    },
  },
  {
    breaks: 'L4',
    how: 'kube-proxy of the owner drops what comes for a while',
    play: (world) => {
      settle(world);
      const { ip, owner } = ownedAddress(world);
      const { forwards } = owner.kernel;
      owner.kernel.forwards = () => false;
      owner.kernel.servingChanged([ip]);
      world.run(1_000);
      owner.kernel.forwards = forwards;
      owner.kernel.servingChanged([ip]);
      world.run(1_000);
    },
  },
  {
    breaks: 'L5',
    how: 'no speaker runs that could notice that another is gone for long',
    play: (world) => {
      settle(world);
      const { owner, others } = ownedAddress(world);
      for (const machine of others) stopSpeaker(machine);
      world.apply({ kind: 'crash', program: 'speaker', node: owner.name, backAfterMs: 60_000 });
      world.run(10_000);
    },
  },
  {
    breaks: 'L6',
    how: 'a node says of another that it is dead',
    play: (world) => {
      settle(world);
      say(world, 'n1', { kind: 'down', about: idOf('n2'), incarnation: 1, cause: 'silent', voters: [] });
    },
  },
  {
    breaks: 'L7',
    how: 'another node answers instead of the owner, for no reason',
    play: (world) => {
      settle(world);
      const { ip, owner, others } = ownedAddress(world);
      stopSpeaker(owner);
      answerAnyway(world, others[0] as Machine, ip);
      world.run(100);
    },
  },
  {
    breaks: 'L8',
    how: 'a node takes over from another because a third one failed',
    play: (world) => {
      settle(world);
      const { ip, owner, others } = ownedAddress(world);
      const [taker, failed] = others as readonly [Machine, Machine];
      world.apply({ kind: 'carrier loss', node: failed.name, forMs: 60_000 });
      stopSpeaker(owner);
      answerAnyway(world, taker, ip);
      world.run(100);
    },
  },
  {
    breaks: 'L10',
    how: 'a node that is drained announces an address once more',
    play: (world) => {
      settle(world);
      const { ip, owner } = ownedAddress(world);
      world.apply({ kind: 'exclude label', node: owner.name, forMs: 60_000 });
      world.run(2_000);
      announce(owner, ip);
      world.run(2_000);
    },
  },
  {
    breaks: 'L10',
    how: 'a node that is drained claims an address once more',
    play: (world) => {
      settle(world);
      const { ip, owner } = ownedAddress(world);
      world.apply({ kind: 'exclude label', node: owner.name, forMs: 60_000 });
      world.run(2_000);
      const entries = [{ ip, epoch: 1, minority: false, handOff: false, silent: false }];
      say(world, owner.name, { kind: 'claim', reason: 'repeat', entries });
      world.run(2_000);
    },
  },
  {
    breaks: 'L9',
    how: 'a speaker takes an address with an epoch that it had before',
    play: (world) => {
      settle(world);
      const entries = [{ ip: firstIp, epoch: 7, minority: false, handOff: false, silent: false }];
      const claim = {
        kind: 'send',
        to: 'group',
        message: { kind: 'claim', reason: 'orphan', entries },
        joining: false,
      } as const;
      for (let time = 0; time < 2; time++) explain(world, 'n1', drained, [claim]);
    },
  },
  {
    breaks: 'L11',
    how: 'a speaker votes that it heard somebody from whom it never had a packet',
    play: (world) => {
      settle(world);
      const ages = { beatAgeMs: 10, kernelAgeMs: undefined, speakerAgeMs: undefined };
      const vote = { kind: 'vote', query: 1, about: idOf('n2'), ...ages } as const;
      explain(world, 'n1', drained, [{ kind: 'send', to: 'group', message: vote, joining: false }]);
    },
  },
  {
    breaks: 'L13',
    how: 'a speaker calls another one dead when a timer expires',
    play: (world) => {
      settle(world);
      const fallen = { kind: 'memberChanged', id: idOf('n2'), to: 'down', cause: 'silent' } as const;
      explain(world, 'n1', { kind: 'wake', nowMs: world.nowMs }, [fallen]);
    },
  },
  {
    breaks: 'L12',
    how: 'a node announces an address that nobody ever had',
    play: (world) => {
      settle(world);
      announce(world.machine('n1'), neverShown);
    },
  },
  {
    breaks: 'L12',
    how: 'a node announces its address with the MAC address of another host',
    play: (world) => {
      settle(world);
      const { ip, owner } = ownedAddress(world);
      announce(owner, ip, macNumber(foreignMac));
    },
  },
  {
    breaks: 'L14',
    how: 'a node announces its address ten thousand times a second',
    play: (world) => {
      settle(world);
      const { ip, owner } = ownedAddress(world);
      for (let frame = 0; frame < 7_000; frame++) announce(owner, ip);
      world.run(1_100);
    },
  },
];

/** The first for policy Cluster that clients know the MAC address of, whose that is, and the other nodes. */
function ownedAddress({ shown, machines, clients }: World): {
  readonly ip: Ip;
  readonly owner: Machine;
  readonly others: readonly Machine[];
} {
  const all = [...machines.values()];
  const isForAll = (ip: Ip): boolean =>
    [...shown.holders(ip).values()].every((service) => !serviceFacts(service).isLocal);
  for (const ip of shown.all.filter(isForAll)) {
    const neighbours = clients.map((client) => client.neighbour(ip));
    const owner = all.find(({ nic }) => neighbours.some((known) => 'mac' in known && known.mac === nic.mac));
    if (owner !== undefined) return { ip, owner, others: all.filter((machine) => machine !== owner) };
  }
  throw new Error('no client knows any address');
}
