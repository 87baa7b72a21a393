// Every kind of fault: how often it is drawn, and how. Each lasts at most about a minute and a half, so that what follows it is seen as well.
import type { Ip } from '#shared/net/ip.ts';
import type { Fault, Program } from '../faults/fault.ts';
import { poolRange } from '../world/address-plan.ts';
import type { Dice } from './dice.ts';

export type FaultKind = Fault['kind'];
type Of<Kind extends FaultKind> = Extract<Fault, { readonly kind: Kind }>;

export interface FaultDraw<Kind extends FaultKind> {
  readonly weight: number;
  readonly draw: (dice: Dice) => Omit<Of<Kind>, 'kind'>;
}

const longMs = 90_000;
const plurals = ['services', 'ipaddresspools', 'namespaces', 'nodes', 'endpointslices', 'leases', 'l2advertisements'];

const brief = (dice: Dice): number => dice.scale(100, longMs);
const long = (dice: Dice): number => dice.scale(2_000, longMs);
const onNode = (forMs: (dice: Dice) => number) => (dice: Dice) => ({ node: dice.node(), forMs: forMs(dice) });

/** What befalls programs befalls the leader more often than chance would have it. */
function program(dice: Dice): { readonly program: Program; readonly node: string } {
  if (dice.chance(50)) return { program: 'controller', node: dice.controllerNode() };
  return { program: 'speaker', node: dice.node() };
}

export const faultKinds: { readonly [Kind in FaultKind]: FaultDraw<Kind> } = {
  crash: { weight: 6, draw: (dice) => ({ ...program(dice), backAfterMs: dice.pick([0, 500, 1_900, 2_100, 30_000]) }) },
  terminate: { weight: 4, draw: (dice) => ({ ...program(dice), backAfterMs: dice.pick([0, 0, 1_000, 10_000]) }) },
  pause: {
    weight: 6,
    draw: (dice) => ({ ...program(dice), thread: dice.pick(['cluster', 'wire', 'all']), forMs: brief(dice) }),
  },
  slow: { weight: 2, draw: (dice) => ({ ...program(dice), factor: 20, forMs: long(dice) }) },
  'garbage collection': { weight: 2, draw: (dice) => ({ forMs: dice.scale(10_000, longMs) }) },
  roll: {
    weight: 2,
    draw: (dice) => ({ program: program(dice).program, everyMs: dice.scale(500, 8_000), forMs: long(dice) }),
  },
  surge: { weight: 3, draw: (dice) => ({ program: 'speaker', node: dice.node(), forMs: dice.scale(500, 20_000) }) },
  'wrong key': { weight: 2, draw: onNode(long) },
  'power loss': { weight: 5, draw: onNode(long) },
  'kernel hang': { weight: 2, draw: onNode(long) },
  freeze: { weight: 4, draw: (dice) => ({ ...onNode(brief)(dice), monotonicStops: dice.chance(50) }) },
  'clock step': {
    weight: 2,
    draw: (dice) => ({ node: dice.node(), byMs: dice.pick([-3_600_000, 3_600_000, 20_000]) }),
  },
  'not ready': { weight: 2, draw: onNode(long) },
  'kube-proxy stuck': { weight: 2, draw: onNode(long) },
  'state lost': { weight: 2, draw: (dice) => ({ node: dice.node() }) },
  'state stale': { weight: 2, draw: (dice) => ({ node: dice.node(), writes: dice.between(1, 7) }) },
  'state cut off': { weight: 2, draw: (dice) => ({ node: dice.node(), length: dice.scale(1, 10_000) }) },
  'killed while writing': {
    weight: 2,
    draw: (dice) => ({ node: dice.node(), backAfterMs: dice.pick([0, 500, 1_900, 2_100]) }),
  },
  'carrier loss': { weight: 4, draw: onNode(brief) },
  flap: { weight: 2, draw: (dice) => ({ ...onNode(long)(dice), everyMs: dice.scale(100, 2_000) }) },
  deaf: { weight: 2, draw: onNode(long) },
  mute: { weight: 2, draw: onNode(long) },
  'mac change': { weight: 2, draw: (dice) => ({ node: dice.node() }) },
  loss: { weight: 4, draw: (dice) => ({ percent: dice.pick([1, 5, 20]), forMs: long(dice) }) },
  'loss in bursts': { weight: 2, draw: (dice) => ({ forMs: long(dice) }) },
  duplication: { weight: 2, draw: (dice) => ({ percent: dice.pick([5, 20]), forMs: long(dice) }) },
  reordering: { weight: 2, draw: (dice) => ({ forMs: long(dice) }) },
  partition: {
    weight: 4,
    draw: (dice) => ({ nodes: dice.someNodes(), oneWay: dice.chance(30), forMs: brief(dice) }),
  },
  'udp filtered': { weight: 2, draw: (dice) => ({ forMs: long(dice) }) },
  'multicast filtered': { weight: 2, draw: (dice) => ({ forMs: long(dice) }) },
  // Those three come with scenarios of their own.
  'arp suppression': { weight: 0, draw: (dice) => ({ forMs: long(dice) }) },
  'unicasts lost': { weight: 0, draw: onNode(long) },
  replay: { weight: 0, draw: (dice) => ({ forMs: long(dice) }) },
  'foreign claim': { weight: 2, draw: (dice) => ({ ip: firstAddressOf(dice.pool()), forMs: brief(dice) }) },
  'api outage': { weight: 5, draw: (dice) => ({ forMs: brief(dice) }) },
  'api restart': {
    weight: 4,
    draw: (dice) => ({ forMs: dice.scale(100, 20_000), emptyListsMs: dice.chance(60) ? dice.scale(200, 8_000) : 0 }),
  },
  'api cut': { weight: 6, draw: (dice) => ({ nodes: dice.someNodes(), forMs: brief(dice) }) },
  'api slow': { weight: 4, draw: (dice) => ({ delayMs: dice.scale(100, 10_000), forMs: long(dice) }) },
  'answers lost': { weight: 6, draw: (dice) => ({ percent: dice.pick([10, 50, 100]), forMs: long(dice) }) },
  'requests lost': { weight: 4, draw: (dice) => ({ percent: dice.pick([10, 50, 100]), forMs: long(dice) }) },
  refusals: {
    weight: 5,
    draw: (dice) => ({
      code: dice.pick([429, 500, 503, 504]),
      percent: dice.pick([20, 100]),
      retryAfterMs: dice.pick([1_000, 5_000]),
      forMs: long(dice),
    }),
  },
  'resource outage': { weight: 4, draw: (dice) => ({ plural: dice.pick(plurals), forMs: long(dice) }) },
  'watch lag': { weight: 5, draw: (dice) => ({ lagMs: dice.scale(200, 5_000), forMs: long(dice) }) },
  'watches reset': { weight: 4, draw: () => ({}) },
  compaction: { weight: 4, draw: () => ({}) },
  'stale replica': { weight: 5, draw: (dice) => ({ lagMs: dice.scale(200, 8_000), forMs: long(dice) }) },
  'service created': {
    weight: 6,
    draw: (dice) => ({ index: dice.chance(75) ? dice.newService() : dice.service() }),
  },
  'service deleted': { weight: 5, draw: (dice) => ({ index: dice.service() }) },
  'service replaced': { weight: 5, draw: (dice) => ({ index: dice.service() }) },
  'service type': {
    weight: 4,
    draw: (dice) => ({ index: dice.service(), type: dice.pick(['ClusterIP', 'LoadBalancer']) }),
  },
  'traffic policy': { weight: 4, draw: (dice) => ({ index: dice.service(), policy: dice.pick(['Cluster', 'Local']) }) },
  'sharing key': {
    weight: 4,
    draw: (dice) => ({ index: dice.service(), key: dice.pick([undefined, 'common', 'other']) }),
  },
  'pool added': { weight: 2, draw: (dice) => ({ index: dice.pool() + 1 }) },
  'pool removed': { weight: 4, draw: (dice) => ({ index: dice.pool(), forMs: brief(dice) }) },
  // In scenarios only: no checker judges yet what is announced while there is none.
  'advertisement removed': { weight: 0, draw: (dice) => ({ forMs: brief(dice) }) },
  'pool shrunk': { weight: 4, draw: (dice) => ({ index: dice.pool(), forMs: brief(dice) }) },
  'endpoints flap': { weight: 5, draw: (dice) => ({ index: dice.service(), forMs: long(dice) }) },
  'exclude label': { weight: 3, draw: onNode(long) },
  // For worlds with routers only: see soak.
  'router restart': { weight: 0, draw: (dice) => ({ router: dice.between(0, 1), forMs: long(dice) }) },
  'router reset': { weight: 0, draw: (dice) => ({ router: dice.between(0, 1) }) },
  'bgp cut': {
    weight: 0,
    draw: (dice) => ({ router: dice.between(0, 1), nodes: dice.someNodes(), forMs: long(dice) }),
  },
};

const weights = Object.entries(faultKinds).map(([kind, { weight }]) => [kind as FaultKind, weight] as const);

export function drawFault(dice: Dice): Fault {
  const kind = dice.weighted(weights);
  return { kind, ...faultKinds[kind].draw(dice) } as Fault;
}

/** Of worlds that have routers. */
export function drawRouterFault(dice: Dice): Fault {
  const kind = dice.pick(['router restart', 'router reset', 'bgp cut', 'exclude label', 'exclude label'] as const);
  return { kind, ...faultKinds[kind].draw(dice) } as Fault;
}

function firstAddressOf(pool: number): Ip {
  return poolRange(pool, 1).split('-')[0] as Ip;
}
