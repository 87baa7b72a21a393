// What segments cost and how steady they are over hours: programs pause for garbage collection all the time, and the LAN loses frames. Nothing
// fails, so every move is one too many.
import { Checkers } from '../checkers/all.ts';
import type { Ip } from '#shared/net/ip.ts';
import { World } from '../world/world.ts';

export interface FiguresOptions {
  readonly seed: number;
  readonly nodes: number | undefined;
  readonly services: number | undefined;
  readonly forMs: number | undefined;
}

interface Figures {
  readonly falseFailovers: number;
  readonly moves: number;
  readonly twiceMs: number;
  readonly longestTwiceMs: number;
  /** Sent by one node in a second. */
  readonly meanFrames: number;
  readonly mostFrames: number;
  readonly violations: readonly string[];
}

const losses = [0, 1, 5, 20];
/** Of clusters for which it is asked only what they send. */
const sizes = [3, 10, 100];
const usualForMs = 4 * 3_600_000;
const usualServices = 100;
const usualNodes = 10;
/** Everybody has what it is to have. */
const settledMs = 30_000;
const sizeForMs = 60_000;

export function printFigures({
  seed,
  nodes = usualNodes,
  services = usualServices,
  forMs = usualForMs,
}: FiguresOptions): void {
  console.log(
    `${nodes} nodes, ${services} Services, ${forMs / 60_000} min each, pauses of 100-500 ms each 30 s, seed ${seed}`,
  );
  for (const percent of losses) {
    const startedMs = performance.now();
    const found = play({ seed, nodes, services, forMs, percent });
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
    console.log(`loss ${percent} %: ${textOf(found)} (${seconds} s)`);
  }
  console.log('without loss or pauses, for one minute:');
  for (const size of sizes) {
    const found = play({ seed, nodes: size, services, forMs: sizeForMs, percent: undefined });
    console.log(`${size} nodes: ${textOf(found)}`);
  }
}

function textOf({
  falseFailovers,
  moves,
  twiceMs,
  longestTwiceMs,
  meanFrames,
  mostFrames,
  violations,
}: Figures): string {
  return [
    `false failovers ${falseFailovers}`,
    `moves ${moves} (least: 0)`,
    `two owners ${twiceMs.toFixed(1)} ms together, longest ${longestTwiceMs.toFixed(1)} ms`,
    `packets/s and node ${meanFrames.toFixed(1)}, most ${mostFrames}`,
    violations.length === 0 ? 'no violation' : `VIOLATED ${[...new Set(violations)].join()} (${violations.length})`,
  ].join('; ');
}

interface Played {
  readonly seed: number;
  readonly nodes: number;
  readonly services: number;
  readonly forMs: number;
  /** Undefined: nothing is lost, and nobody pauses. */
  readonly percent: number | undefined;
}

function play({ seed, nodes, services, forMs, percent }: Played): Figures {
  const pools = { pools: 1, poolAddresses: 2 * services };
  const world = new World({ seed, nodes, services, ...pools, controllers: 2, clients: 2 });
  const checkers = new Checkers(world, { keepGoing: true });
  const owners = new OwnerCount(world);
  world.boot();
  world.run(settledMs);
  owners.begin();
  const load = new LoadCount(world);
  if (percent !== undefined) world.apply({ kind: 'garbage collection', forMs });
  if (percent !== undefined && percent > 0) world.apply({ kind: 'loss', percent, forMs });
  world.run(forMs);
  world.finish();
  checkers.finish();
  const violations = checkers.violations.map(({ invariant }) => invariant);
  const falseFailovers = violations.filter((invariant) => invariant === 'L6').length;
  return { falseFailovers, ...owners.finish(), ...load.finish(forMs), violations };
}

/** Who answers, from the start; moves and two owners count once everybody has settled. */
class OwnerCount {
  readonly #world: World;
  readonly #answerers = new Map<Ip, Set<string>>();
  readonly #lastOwner = new Map<Ip, string>();
  readonly #twiceSinceUs = new Map<Ip, number>();
  #isCounting = false;
  #moves = 0;
  #twiceUs = 0;
  #longestUs = 0;

  constructor(world: World) {
    this.#world = world;
    world.observe({ answering: (node, _, ip, isAnswering) => this.#changed(node, ip, isAnswering) });
  }

  begin(): void {
    this.#isCounting = true;
  }

  finish(): Pick<Figures, 'moves' | 'twiceMs' | 'longestTwiceMs'> {
    for (const ip of this.#twiceSinceUs.keys()) this.#endTwice(ip);
    return { moves: this.#moves, twiceMs: this.#twiceUs / 1000, longestTwiceMs: this.#longestUs / 1000 };
  }

  #changed(node: string, ip: Ip, isAnswering: boolean): void {
    const nodes = this.#answerers.get(ip) ?? new Set<string>();
    this.#answerers.set(ip, nodes);
    if (isAnswering) nodes.add(node);
    else nodes.delete(node);
    if (nodes.size > 1 && !this.#twiceSinceUs.has(ip)) this.#twiceSinceUs.set(ip, this.#world.scheduler.nowUs);
    if (nodes.size > 1) return;
    this.#endTwice(ip);
    const [owner] = nodes;
    const before = this.#lastOwner.get(ip);
    if (owner === undefined || owner === before) return;
    this.#lastOwner.set(ip, owner);
    if (before !== undefined && this.#isCounting) this.#moves++;
  }

  #endTwice(ip: Ip): void {
    const sinceUs = this.#twiceSinceUs.get(ip);
    if (sinceUs === undefined) return;
    this.#twiceSinceUs.delete(ip);
    const us = this.#world.scheduler.nowUs - sinceUs;
    if (!this.#isCounting) return;
    this.#twiceUs += us;
    this.#longestUs = Math.max(this.#longestUs, us);
  }
}

/** Frames and datagrams that nodes send, second by second. */
class LoadCount {
  readonly #nodes: number;
  readonly #inSecond = new Map<string, number>();
  readonly #nowUs: () => number;
  #second = 0;
  #sent = 0;
  #most = 0;

  constructor(world: World) {
    this.#nodes = world.options.nodes;
    this.#nowUs = () => world.scheduler.nowUs;
    world.observe({ sent: (node) => this.#count(node), datagram: (node) => this.#count(node) });
  }

  finish(forMs: number): Pick<Figures, 'meanFrames' | 'mostFrames'> {
    return { meanFrames: (this.#sent * 1000) / (forMs * this.#nodes), mostFrames: this.#most };
  }

  #count(node: string): void {
    const second = Math.floor(this.#nowUs() / 1_000_000);
    if (second !== this.#second) this.#inSecond.clear();
    this.#second = second;
    const sent = (this.#inSecond.get(node) ?? 0) + 1;
    this.#inSecond.set(node, sent);
    this.#sent++;
    this.#most = Math.max(this.#most, sent);
  }
}
