// The matrix: our sessions with every router there is, over a cable, on the real kernel. What we say is what routers of the wild understand.
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ip } from '#test/lab/network/namespace.ts';
import { hasRouters } from '#test/lab/parts/routers.ts';
import { startBird } from '#test/lab/routers/bird.ts';
import { startExabgp } from '#test/lab/routers/exabgp.ts';
import { startFrr } from '#test/lab/routers/frr.ts';
import { startGobgp } from '#test/lab/routers/gobgp.ts';
import { startOpenbgpd } from '#test/lab/routers/openbgpd.ts';
import type { Neighbour, Router, RouterPlace } from '#test/lab/routers/router.ts';
import { asns, cells, type Cell, type CellName } from './bgp-cells.ts';
import { nodeAddress, routerAddress, type NodeAddress } from './bgp-node.ts';
import { Stand } from './bgp-stand.ts';
import { createCable, type Cable } from './cable.ts';

interface Candidate {
  readonly start: (place: RouterPlace) => Promise<Router>;
  /** What it cannot do, and so is not tried. */
  readonly lacks: Readonly<Partial<Record<CellName, string>>>;
}

const noRoutesOfItsOwn = 'forgets what came from a peer that is away';

const candidates: Readonly<Record<string, Candidate>> = {
  'FRR 10': {
    start: (place) => startFrr(place, 'newest'),
    lacks: {
      'C10: a crash of a node of a range loses no route':
        'has not "fully closed down" the session of before until its restart time is over, and refuses the node',
    },
  },
  'FRR 8': { start: (place) => startFrr(place, 'older'), lacks: {} },
  'BIRD 3': { start: (place) => startBird(place, 'newest'), lacks: {} },
  'BIRD 2': { start: (place) => startBird(place, 'older'), lacks: {} },
  GoBGP: {
    start: startGobgp,
    lacks: {
      'C8: told again when it asks': 'goes through what it has kept itself, and never asks',
      'F4: silence ends a session after the hold time':
        'takes silence for a restart, and keeps routes for the time that one may last',
    },
  },
  OpenBGPD: { start: startOpenbgpd, lacks: {} },
  ExaBGP: {
    start: startExabgp,
    lacks: {
      'F16: TTL security': 'answers who dials it with the TTL of any connection',
      'C10: a planned restart loses no route': noRoutesOfItsOwn,
      'C10: a crash loses no route': noRoutesOfItsOwn,
      'C10: a crash of a node of a range loses no route': noRoutesOfItsOwn,
    },
  },
};

/** Of the first cell's node; nodes of a range begin where it does. */
const firstNode = 10;
const ranges = { ipv4: '192.0.2.128/25', ipv6: '2001:db8:b::f:0/112' } as const;
const guests: Readonly<Partial<Record<CellName, NodeAddress>>> = {
  'a range of IPv4': { ...nodeAddress(9), ipv4: '192.0.2.130' as NodeAddress['ipv4'] },
  'C10: a crash of a node of a range loses no route': {
    ...nodeAddress(9),
    ipv4: '192.0.2.131' as NodeAddress['ipv4'],
  },
  'a range of IPv6': { ...nodeAddress(9), ipv6: '2001:db8:b::f:130' as NodeAddress['ipv6'] },
};

const startWithinMs = 60_000;
const cellWithinMs = 60_000;
const names = Object.keys(cells) as CellName[];

function numberOf(name: CellName): number {
  return firstNode + names.indexOf(name);
}

function nodeOf(name: CellName): NodeAddress {
  return guests[name] ?? nodeAddress(numberOf(name));
}

function neighbourOf(name: CellName): Neighbour {
  const { neighbour: { over, ...wishes } = {} }: Cell = cells[name];
  const range = name === 'a range of IPv6' ? ranges.ipv6 : ranges.ipv4;
  const address = guests[name] === undefined ? nodeOf(name)[over ?? 'ipv4'] : range;
  const families =
    guests[name] === undefined ? (['IPv4', 'IPv6'] as const) : ([address.includes(':') ? 'IPv6' : 'IPv4'] as const);
  return { address, asn: asns.node, families, ...wishes };
}

/** Cells may share a range. */
function distinct(neighbours: readonly Neighbour[]): readonly Neighbour[] {
  return [...new Map(neighbours.map((neighbour) => [neighbour.address, neighbour])).values()];
}

describe.skipIf(!hasRouters()).each(Object.entries(candidates))('%s', (title, { start, lacks }) => {
  const tried = names.filter((name) => lacks[name] === undefined);
  let cable: Cable;
  let place: RouterPlace;
  let router: Router | undefined;

  beforeAll(async () => {
    cable = await createCable('bgp', `${routerAddress.ipv4}/24`);
    await ip([`addr add ${routerAddress.ipv6}/64 dev ${cable.far.name} nodad`], cable.namespace);
    const addresses = names.map(nodeOf).flatMap(({ ipv4, ipv6 }) => [`${ipv4}/24`, `${ipv6}/64`]);
    await ip(Array.from(new Set(addresses), (each) => `addr add ${each} dev ${cable.near.name} nodad`));
    place = {
      namespace: cable.namespace ?? '',
      config: {
        asn: asns.router,
        address: routerAddress.ipv4,
        addressIPv6: routerAddress.ipv6,
        interface: cable.far.name,
        neighbours: distinct(tried.map(neighbourOf)),
      },
    };
    router = await start(place);
  }, startWithinMs);
  afterAll(async () => {
    await router?.stop();
    await cable?.remove();
  });

  /** Gives a test what it needs, and takes back what it leaves. */
  async function expectOn(name: CellName, use: (stand: Stand) => Promise<void>): Promise<void> {
    if (router === undefined) throw new Error(`${title} does not run`);
    const made = new Stand(router, cable.namespace ?? '', numberOf(name), nodeOf(name));
    try {
      await use(made);
    } finally {
      await made.end();
    }
  }

  test.concurrent.each(tried)('%s', (name) => expectOn(name, cells[name].try), cellWithinMs);

  test(
    'comes back, and is told everything again',
    () =>
      expectOn('both families over IPv4', async (before) => {
        await cells['both families over IPv4'].try(before);
        await router?.stop();
        router = await start(place);
        await expectOn('both families over IPv4', (after) => after.holds(before.prefixes(2)));
      }),
    cellWithinMs,
  );
});
