// Worlds in which addresses are answered for as they must not be.
import { nodes } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import { serviceFacts } from '../checkers/facts.ts';
import { macNumber } from '../lan/octets.ts';
import { foreignMac, poolRange } from '../world/address-plan.ts';
import type { Machine } from '../world/machine.ts';
import type { World } from '../world/world.ts';
import { settle, type Dishonesty } from './dishonesty.ts';
import { announce, answerAnyway } from './rogue.ts';

const firstIp = poolRange(0, 1).split('-')[0] as Ip;
const neverShown = '10.200.0.1' as Ip;

export const announcingDishonesties: readonly Dishonesty[] = [
  {
    breaks: 'L1',
    how: 'every node answers for an address from the start',
    options: { services: 2 },
    play: (world) => {
      for (const machine of world.machines.values()) answerAnyway(world, machine, firstIp);
      settle(world);
    },
  },
  {
    breaks: 'L1',
    how: 'a node hears nothing any more, and nobody knows',
    play: (world) => {
      settle(world);
      const { owner } = ownedAddress(world);
      owner.nic.deafen();
      owner.kernel.answeringChanged();
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
    how: 'nobody hears that a node is gone',
    play: (world) => {
      settle(world);
      const { owner } = ownedAddress(world);
      world.apiserver.troubles.delayWatches({ lagMs: 10_000_000 });
      world.apply({ kind: 'power loss', node: owner.name, forMs: 200_000 });
      world.run(100_000);
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
    breaks: 'L7',
    how: 'another node begins to answer, for no reason',
    play: (world) => {
      settle(world);
      const { ip, others } = ownedAddress(world);
      answerAnyway(world, others[0] as Machine, ip);
      world.run(1_000);
    },
  },
  {
    breaks: 'L8',
    how: 'a node takes over from another because a third one failed',
    play: (world) => {
      settle(world);
      const { ip, others } = ownedAddress(world);
      const [taker, failed] = others as readonly [Machine, Machine];
      world.apiserver.edit(nodes, undefined, failed.name, (node) => ({
        ...node,
        status: { conditions: [{ type: 'Ready', status: 'Unknown' }] },
      }));
      answerAnyway(world, taker, ip);
      world.run(1_000);
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
      for (let frame = 0; frame < 10_000; frame++) announce(owner, ip);
      world.run(2_000);
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
