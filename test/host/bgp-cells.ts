// What is tried with every router: each cell of the matrix has a node of its own, a neighbour at the router, and prefixes that nobody else has,
// so that all of a router's cells may run at once.
import { expect } from 'vitest';
import type { Family } from '#shared/net/ip.ts';
import { eventually } from '#test/lab/eventually.ts';
import { within } from '#test/lab/network/namespace.ts';
import { run } from '#test/lab/process/run.ts';
import type { Neighbour } from '#test/lab/routers/router.ts';
import { routes } from '../unit/speaker/bgp/out-play.ts';
import { announce, endedWith, established, patience, statusOf, towardsRouter, type PeerWishes } from './bgp-node.ts';
import { startCrashingNode } from './bgp-crash.ts';
import type { Stand } from './bgp-stand.ts';

export const asns = { router: 64_512, node: 64_513, nobody: 64_999 } as const;
const secret = 'right';
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const signed = (password: string): PeerWishes => ({ transport: { password: octets(password) } });
const graceMs = 1_500;
const shortHoldSeconds = 3;

export interface Cell {
  /** As the router is told; without it the cell's node is one of a range. */
  readonly neighbour?: Partial<Neighbour> & { readonly over?: 'ipv6' };
  readonly try: (stand: Stand) => Promise<void>;
}

async function holdsOver(stand: Stand, over: 'ipv4' | 'ipv6', family: Family): Promise<void> {
  const prefixes = stand.prefixes(3, family);
  const speaker = stand.speak({ over, config: { families: [family] } }, routes([{}, prefixes]));
  await established(speaker);
  await stand.holds(prefixes, stand.node[over]);
  expect((await stand.session(stand.node[over]))?.isEstablished).toBe(true);
}

/** A route stays while its node is away, and what does not come back goes once that one has told all. */
async function survives(stand: Stand, leave: () => Promise<void>, isStaleShown = true): Promise<void> {
  const [kept = '', lost = ''] = stand.prefixes(2).split(' ');
  await stand.holds(`${kept} ${lost}`);
  await leave();
  await eventually(async () => (await stand.session())?.isEstablished !== true, patience);
  const stale = await stand.held();
  expect(stale.map(({ prefix }) => prefix)).toEqual([kept, lost].toSorted());
  if (isStaleShown) expect(stale.map(({ isStale }) => isStale)).toEqual([true, true]);
  let misses = 0;
  const successor = stand.speak({}, routes([{}, kept]));
  await eventually(async () => {
    const held = new Set((await stand.held()).map(({ prefix }) => prefix));
    if (!held.has(kept)) misses++;
    return !held.has(lost);
  }, patience);
  await established(successor);
  await stand.holds(kept);
  expect({ misses, stale: (await stand.held())[0]?.isStale }).toEqual({ misses: 0, stale: false });
}

function crash(stand: Stand): Promise<void> {
  const program = startCrashingNode(stand.node, stand.prefixes(2));
  stand.atEnd(() => program.end());
  return survives(stand, () => program.end());
}

async function holdsBoth(stand: Stand): Promise<void> {
  const [four, six] = [stand.prefixes(2), stand.prefixes(2, 'IPv6')];
  await established(stand.speak({}, routes([{}, `${four} ${six}`])));
  await stand.holds(four);
  await stand.holds(six, stand.node.ipv6);
}

async function holdsByIPv6(stand: Stand): Promise<void> {
  const [four, six] = [stand.prefixes(2), stand.prefixes(2, 'IPv6')];
  const speaker = stand.speak({ over: 'ipv6', config: { extendedNextHop: true } }, routes([{}, `${four} ${six}`]));
  expect((await established(speaker)).withheld).toEqual([]);
  await stand.holds(four, stand.node.ipv6);
  await stand.holds(six, stand.node.ipv6);
}

async function upAndDown(stand: Stand): Promise<void> {
  const many = stand.prefixes(2_000);
  const speaker = stand.speak({}, routes([{}, many]));
  const { sinceMs } = await established(speaker);
  await stand.holds(many);
  const first = many.split(' ')[0] ?? '';
  announce(speaker, routes([{}, first]));
  await stand.holds(first);
  announce(speaker);
  await stand.holdsNothing();
  expect(statusOf(speaker)).toMatchObject({ sinceMs, prefixes: { IPv4: 0, IPv6: 0 } });
}

async function withAttributes(stand: Stand): Promise<void> {
  const [plain = '', rich = ''] = stand.prefixes(2).split(' ');
  const attributes = {
    multiExitDisc: 7,
    asPathPrepend: 2,
    communities: [asns.node * 65_536 + 100, asns.node * 65_536 + 200],
    largeCommunities: [{ globalAdministrator: asns.node, localData1: 1, localData2: 2 }],
  };
  await established(stand.speak({}, routes([{}, plain], [attributes, rich])));
  await stand.holds(`${plain} ${rich}`);
  expect(await stand.router.details(rich)).toMatchObject({
    asPath: [asns.node, asns.node, asns.node],
    multiExitDisc: 7,
    communities: ['64513:100', '64513:200'],
    largeCommunities: ['64513:1:2'],
  });
  expect(await stand.router.details(plain)).toMatchObject({
    asPath: [asns.node],
    communities: [],
    largeCommunities: [],
  });
}

async function withinTheAs(stand: Stand): Promise<void> {
  const prefix = stand.prefixes(1);
  const config = { localAsn: asns.router, peerAsn: 'internal' } as const;
  await established(stand.speak({ config, transport: { hopLimit: 64 } }, routes([{ localPref: 250 }, prefix])));
  await stand.holds(prefix);
  expect(await stand.router.details(prefix)).toMatchObject({ asPath: [], localPref: 250 });
}

async function withPassword(stand: Stand): Promise<void> {
  const speaker = stand.speak(signed('wrong'), routes([{}, stand.prefixes(1)]));
  await endedWith(speaker, /MD5/);
  expect((await stand.session())?.isEstablished).not.toBe(true);
  speaker.configure([towardsRouter(stand.node, signed(secret))]);
  await established(speaker);
  await stand.holds(stand.prefixes(1));
}

async function withTtlSecurity(stand: Stand): Promise<void> {
  const speaker = stand.speak({ transport: { hopLimit: 255, leastHopLimit: 255 } }, routes([{}, stand.prefixes(1)]));
  expect(await established(speaker)).toMatchObject({ lastError: undefined });
  await stand.holds(stand.prefixes(1));
}

async function toldAgain(stand: Stand): Promise<void> {
  const speaker = stand.speak({}, routes([{}, stand.prefixes(3)]));
  await established(speaker);
  await stand.holds(stand.prefixes(3));
  const before = statusOf(speaker).counters.sent.update;
  await stand.router.refresh(stand.node.ipv4);
  await eventually(() => statusOf(speaker).counters.sent.update > before, patience);
  expect(statusOf(speaker).counters.received.routeRefresh).toBeGreaterThan(0);
  await stand.holds(stand.prefixes(3));
}

function plannedRestart(stand: Stand): Promise<void> {
  const speaker = stand.speak({}, routes([{}, stand.prefixes(2)]));
  return survives(stand, () => new Promise((left) => speaker.leave({ text: '', keepsRoutes: true, graceMs: 0 }, left)));
}

async function gracefulShutdown(stand: Stand): Promise<void> {
  const prefix = stand.prefixes(1);
  const speaker = stand.speak({}, routes([{}, prefix]));
  await established(speaker);
  await stand.holds(prefix);
  const left = new Promise<void>((done) => speaker.leave({ text: 'drained', keepsRoutes: false, graceMs }, done));
  await eventually(async () => (await stand.router.details(prefix)).communities.some(isGracefulShutdown), patience);
  await left;
  await stand.holdsNothing();
  await eventually(async () => (await stand.session())?.isEstablished !== true, patience);
}

async function otherAs(stand: Stand): Promise<void> {
  const speaker = stand.speak({ config: { peerAsn: asns.nobody } });
  await endedWith(speaker, new RegExp(`^AS mismatch: expected ${asns.nobody}, got ${asns.router}$`));
  speaker.configure([towardsRouter(stand.node, { config: { localAsn: asns.nobody } })]);
  await endedWith(speaker, /^peer: OPEN Message Error\/Bad Peer AS/);
}

async function silenced(stand: Stand): Promise<void> {
  const speaker = stand.speak({ config: { holdTimeSeconds: shortHoldSeconds } }, routes([{}, stand.prefixes(2)]));
  await established(speaker);
  await stand.holds(stand.prefixes(2));
  await silence(stand);
  await endedWith(speaker, /^hold timer expired$/);
  await stand.holdsNothing();
  expect((await stand.session())?.isEstablished).not.toBe(true);
}

async function bothDial(stand: Stand): Promise<void> {
  const speaker = stand.speak({}, routes([{}, stand.prefixes(3)]), 'on');
  await established(speaker);
  await stand.holds(stand.prefixes(3));
  expect((await stand.session())?.isEstablished).toBe(true);
}

async function routerDials(stand: Stand): Promise<void> {
  // What we dial goes to a port where nobody listens.
  const transport = { password: octets(secret), port: 1 };
  await established(stand.speak({ transport }, routes([{}, stand.prefixes(1)]), 'on'));
  await stand.holds(stand.prefixes(1));
}

export const cells = {
  'IPv4 over IPv4': { neighbour: { families: ['IPv4'] }, try: (stand) => holdsOver(stand, 'ipv4', 'IPv4') },
  'IPv6 over IPv6': {
    neighbour: { over: 'ipv6', families: ['IPv6'] },
    try: (stand) => holdsOver(stand, 'ipv6', 'IPv6'),
  },
  'both families over IPv4': {
    neighbour: {},
    try: holdsBoth,
  },
  'IPv4 over IPv6, by next hops of IPv6': {
    neighbour: { over: 'ipv6', extendedNextHop: true },
    try: holdsByIPv6,
  },
  '2,000 routes up and down': {
    neighbour: {},
    try: upAndDown,
  },
  'communities, MED and a longer path': {
    neighbour: {},
    try: withAttributes,
  },
  'within the AS, with a local preference': {
    neighbour: { asn: asns.router },
    try: withinTheAs,
  },
  'F17: a password, first wrong, then right': {
    neighbour: { password: secret },
    try: withPassword,
  },
  'F16: TTL security': {
    neighbour: { ttlSecurity: true },
    try: withTtlSecurity,
  },
  'a range of IPv4': { try: (stand) => holdsOver(stand, 'ipv4', 'IPv4') },
  'a range of IPv6': { try: (stand) => holdsOver(stand, 'ipv6', 'IPv6') },
  'C8: told again when it asks': {
    neighbour: {},
    try: toldAgain,
  },
  'C10: a planned restart loses no route': {
    neighbour: {},
    try: plannedRestart,
  },
  'C10: a crash loses no route': { neighbour: {}, try: crash },
  'C10: a crash of a node of a range loses no route': { try: crash },
  'U10: a graceful shutdown': {
    neighbour: {},
    try: gracefulShutdown,
  },
  'F12: another AS than either side expects': {
    neighbour: {},
    try: otherAs,
  },
  'F4: silence ends a session after the hold time': {
    neighbour: {},
    try: silenced,
  },
  'F9: both dial, and one session stays': {
    neighbour: { dials: true },
    try: bothDial,
  },
  'F17: the router dials, with a password': {
    neighbour: { dials: true, password: secret },
    try: routerDials,
  },
} as const satisfies Readonly<Record<string, Cell>>;

export type CellName = keyof typeof cells;

function isGracefulShutdown(community: string): boolean {
  return /^(65535:0|graceful[-_]shutdown)$/i.test(community);
}

/** Nothing of the cell's node reaches the router any more, and nobody is told. */
async function silence({ namespace, node, number }: Stand): Promise<void> {
  const rules = `table inet silence${number} {
    chain input { type filter hook input priority 0; ip saddr ${node.ipv4} drop; }
    chain output { type filter hook output priority 0; ip daddr ${node.ipv4} drop; }
  }`;
  await run(within(namespace, ['nft', '-f', '-']), { input: rules });
}
