// IPv6, alone and beside IPv4: what holds for one family holds for the other, and for both addresses of one Service.
import type { Ip } from '#shared/net/ip.ts';
import type { Fault } from '../faults/fault.ts';
import { readNdp } from '../lan/ndp-message.ts';
import { poolRanges, type Families } from '../world/address-plan.ts';
import { expectAllAllocated, expectAllServed, expectSameOwners, owners } from './look.ts';
import type { Scenario } from './scenario.ts';

const topology = { nodes: 4, services: 12, pools: 1, poolAddresses: 16, controllers: 1, clients: 2 };
/** Neighbours have doubted what they know, and asked, several times. */
const longEnoughMs = 60_000;

const troubles: readonly Fault[] = [
  { kind: 'power loss', node: 'n1', forMs: 20_000 },
  { kind: 'power loss', node: 'n2', forMs: 20_000 },
  { kind: 'crash', program: 'speaker', node: 'n3', backAfterMs: 500 },
  { kind: 'surge', program: 'speaker', node: 'n4', forMs: 10_000 },
  { kind: 'carrier loss', node: 'n3', forMs: 10_000 },
  { kind: 'partition', nodes: ['n1', 'n2'], oneWay: false, forMs: 10_000 },
  { kind: 'exclude label', node: 'n4', forMs: 20_000 },
];

function inTrouble(name: string, families: Families): Scenario {
  return {
    name,
    topology: { ...topology, families },
    seeds: [1],
    script: (stage) => {
      stage.run(20_000);
      expectAllAllocated(stage);
      for (const fault of troubles) {
        stage.run(longEnoughMs);
        expectAllServed(stage);
        stage.apply(fault);
      }
      stage.run(longEnoughMs);
      expectAllServed(stage);
    },
  };
}

export const ipv6Alone = inTrouble('IPv6 alone: crashes, restarts, links and drains', 'IPv6');
export const bothFamilies = inTrouble('both families: crashes, restarts, links and drains', 'both');

const ip = (poolRanges(0, 1, 0, 'IPv6')[0] ?? '').split('-')[0] as Ip;

/** It is told that the address is taken, before all, by its owner (RFC 4861 §7.2.4). */
export const strangerAsks: Scenario = {
  name: 'a stranger looks for an IPv6 address to have, and finds one that is announced',
  topology: { ...topology, families: 'IPv6' },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    const before = owners(stage);
    const answers: string[] = [];
    stage.world.observe({
      sent: (node, _, frame) => {
        const ndp = readNdp(frame);
        if (ndp?.kind !== 'advertisement' || ndp.target !== ip) return;
        answers.push(`${node} ${ndp.override ? 'O' : ''}${ndp.solicited ? 'S' : ''} to ${ndp.destination}`);
      },
    });
    stage.world.foreigner.probe(ip);
    stage.run(100);
    const expected = `${before.get(ip)} O to ff02::1`;
    stage.expect(answers.includes(expected), ip, `answered with ${answers.join() || 'nothing'}, not ${expected}`);
    stage.run(20_000);
    expectSameOwners(stage, before, 'because a stranger asked');
    expectAllServed(stage);
  },
};

export const foreignIpv6: Scenario = {
  name: 'a foreign host claims an IPv6 address that is announced',
  topology: { ...topology, families: 'IPv6' },
  seeds: [1, 2],
  script: (stage) => {
    stage.run(20_000);
    const before = owners(stage);
    stage.apply({ kind: 'foreign claim', ip: ip, forMs: 30_000 });
    stage.run(30_000);
    expectSameOwners(stage, before, 'by the claim of a foreign host');
    stage.run(60_000);
    expectAllServed(stage);
  },
};

/** Neighbours that doubt an entry ask the one whom they know, and are answered at once (RFC 4861 §7.3.3). */
export const askedAlone: Scenario = {
  name: 'neighbours that ask an IPv6 address alone are answered',
  topology: { ...topology, families: 'IPv6' },
  seeds: [1],
  script: (stage) => {
    stage.run(30_000);
    for (let step = 0; step < 300; step++) {
      stage.run(300);
      for (const client of stage.world.clients) {
        for (const address of stage.world.shown.all) {
          const neighbour = client.neighbour(address);
          const isUnanswered = neighbour.state === 'probe' && neighbour.questions > 1;
          stage.expect(!isUnanswered, address, `${client.name} asks its owner again and again`);
        }
      }
    }
  },
};
