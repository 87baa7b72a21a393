// L4: how long clients cannot reach an address. Not at all while nothing happens that they may notice, also when programs are restarted and when the
// apiserver is away; after the crash of a node until another one has taken over.
import type { Fault } from '../faults/fault.ts';
import type { Outage, ProcessRef } from '../observer.ts';
import type { Ip } from '#shared/net/ip.ts';
import { Alive } from './alive.ts';
import { boundsMs } from './bounds.ts';
import { Calm } from './calm.ts';
import type { Checker, Tally } from './checker.ts';
import type { Scene } from './scene.ts';

/** Flows may have been lost so long after what moved the address. */
const afterMoveUs = 5_000_000;
/** A speaker that is back so soon is not missed: an entry that is to be confirmed waits longer (spec/simulation.md §2). */
const briefMs = 2_000;

export class L4 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  /** But for faults that clients do not notice. */
  readonly #peace: Calm;
  readonly #alive = new Alive();
  /** When speakers ended that do not run, by node. */
  readonly #endedUs = new Map<string, number>();
  /** When one came back that was missed. */
  #missedUs = -Infinity;
  #crash: { readonly atUs: number; readonly addresses: ReadonlySet<Ip> } | undefined;

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
    this.#peace = new Calm(scene.world.scheduler, (fault) => !isUnnoticed(fault));
  }

  faultBegan(fault: Fault): void {
    this.#peace.faultBegan(fault);
    this.#crash = this.#scene.crashes.current('node');
  }

  faultEnded(fault: Fault): void {
    this.#peace.faultEnded(fault);
  }

  started(process: ProcessRef): void {
    const { program, node } = process;
    if (!this.#alive.started(process) || program !== 'speaker') return;
    if (this.#isMissed(node)) this.#missedUs = this.#scene.nowUs;
    this.#endedUs.delete(node);
  }

  ended(process: ProcessRef): void {
    const { program, node } = process;
    if (this.#alive.ended(process) && program === 'speaker') this.#endedUs.set(node, this.#scene.nowUs);
  }

  tick(): void {
    if (this.#peace.sinceUs !== undefined) this.#tally.evaluated++;
  }

  outage({ client, ip, fromUs, untilUs, lost }: Outage): void {
    const ms = (untilUs - fromUs) / 1000;
    const message = (): string => `${client} lost ${lost} flows within ${ms} ms`;
    const crash = this.#crash;
    if (
      crash?.addresses.has(ip) === true &&
      fromUs >= crash.atUs &&
      this.#scene.crashes.current('node') !== undefined
    ) {
      const { weather } = this.#scene;
      const takeOverMs = weather.isBadSince(crash.atUs) ? boundsMs.takeOverInBadWeather : boundsMs.takeOver;
      this.#tally.measure(ms, takeOverMs + boundsMs.clients, ip, message);
    } else if (this.#isPeaceful(ip, fromUs)) {
      this.#tally.measure(ms, 0, ip, message);
    }
  }

  /** Its speaker does not run for so long that clients may have noticed. */
  #isMissed(node: string): boolean {
    const endedUs = this.#endedUs.get(node);
    return endedUs !== undefined && this.#scene.nowUs - endedUs > briefMs * 1000;
  }

  /** Since a while before the outage nothing has happened to the address. */
  #isPeaceful(ip: Ip, fromUs: number): boolean {
    const { sinceUs } = this.#peace;
    const areThere = fromUs > this.#missedUs && ![...this.#endedUs.keys()].some((node) => this.#isMissed(node));
    const isQuiet = sinceUs !== undefined && sinceUs <= fromUs && areThere;
    const { candidates } = this.#scene;
    // What changed while the apiserver could not be read is not known to speakers.
    const isKnown = candidates.since(ip).length <= 1;
    return isQuiet && isKnown && candidates.changedUs(ip) + afterMoveUs <= fromUs;
  }
}

function isUnnoticed(fault: Fault): boolean {
  if (fault.kind === 'crash' || fault.kind === 'terminate') {
    return fault.program === 'controller' || fault.backAfterMs <= briefMs;
  }
  return fault.kind === 'surge' || fault.kind === 'roll' || fault.kind === 'clock step' || isOfApiserver(fault);
}

/** But for those that make it say what is not so. */
function isOfApiserver({ kind }: Fault): boolean {
  switch (kind) {
    case 'api outage':
    case 'api cut':
    case 'api slow':
    case 'answers lost':
    case 'requests lost':
    case 'refusals':
    case 'resource outage':
    case 'watch lag':
    case 'watches reset':
    case 'compaction':
      return true;
    default:
      return false;
  }
}
