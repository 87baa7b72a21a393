// L6: nobody calls a node dead whose kernel and link work and which the caller could hear; nor a speaker lost that runs.
import type { Fault } from '../faults/fault.ts';
import type { ProcessRef } from '../observer.ts';
import { aboutOf, downCauseOf, kindOfMessage, readSegmentMessage } from '../lan/segment-message.ts';
import type { UdpPacket } from '../lan/udp-packet.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import type { Scene } from './scene.ts';

/** While one lasts, a speaker may not be heard though its machine works. */
const silencing: ReadonlySet<Fault['kind']> = new Set<Fault['kind']>([
  'pause',
  'freeze',
  'slow',
  'udp filtered',
  'wrong key',
  'terminate',
]);

const mostLossPercent = 20;

export class L6 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  /** What kept somebody from being heard, and when it ended. */
  #ended: readonly { readonly fault: Fault; readonly atUs: number }[] = [];
  /** By node: when its speaker came back, and how long it had been away. */
  readonly #awayUs = new Map<string, number>();

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  faultEnded(fault: Fault): void {
    const atUs = this.#scene.nowUs;
    const recentUs = atUs - boundsMs.verdict * 1000;
    if (hindered(fault) !== undefined) {
      this.#ended = [...this.#ended.filter((each) => each.atUs >= recentUs), { fault, atUs }];
    }
  }

  ended({ program, node }: ProcessRef): void {
    if (program === 'speaker') this.#awayUs.set(node, this.#scene.nowUs);
  }

  datagram(node: string, segment: string, { datagram }: UdpPacket): void {
    if (kindOfMessage(datagram) !== 'down') return;
    const message = readSegmentMessage(datagram);
    const about = message === undefined ? undefined : aboutOf(message);
    const accused = about === undefined ? undefined : this.#scene.world.nameOf(about);
    if (message === undefined || accused === undefined || !this.#scene.world.machines.has(accused)) return;
    const cause = downCauseOf(message);
    const holds =
      cause === 'speakerDown' ? this.#isSpeakerAway(accused, segment) : this.#isHindered(node, accused, segment);
    this.#tally.judge(holds, accused, () => `${node} says that it is down (${cause}), and it is not`);
  }

  /** Not within the last moments either: its own repeats and others' clocks. */
  #isHindered(watcher: string, accused: string, segment: string): boolean {
    const { world, nowUs } = this.#scene;
    const machine = world.machine(accused);
    const { kernel } = machine;
    const nic = machine.nicOn(segment);
    const lan = nic.attachment.segment;
    const works = kernel.isRunning && nic.isUp && nic.hasCarrier && !nic.attachment.isDeaf && !nic.attachment.isMute;
    if (!works || !kernel.answersArp) return true;
    const other = world.machine(watcher).nicOn(segment).attachment;
    if (!lan.hears(other, nic.attachment) || !lan.hears(nic.attachment, other)) return true;
    const recentUs = nowUs - boundsMs.verdict * 1000;
    const isConcerned = (fault: Fault, isOver: boolean): boolean => {
      const where = isOn(fault, world.lans.indexOf(lan)) ? hindered(fault) : undefined;
      // Who cannot be told anything alone hears all the same that others live.
      return where === '' || where === accused || (where === watcher && (isOver || fault.kind !== 'unicasts lost'));
    };
    if (this.#ended.some(({ fault, atUs }) => atUs >= recentUs && isConcerned(fault, true))) return true;
    if (this.#scene.weather.isArpAloneSince(recentUs) || this.#isFaint(accused)) return true;
    return [...world.activeFaults].some((fault) => hindered(fault) !== '' && isConcerned(fault, false));
  }

  /** Its kernel alone is there to be heard, and more is lost than anybody is asked to bear (spec/simulation.md §3). */
  #isFaint(accused: string): boolean {
    const { world } = this.#scene;
    let percent = 0;
    for (const fault of world.activeFaults) if (fault.kind === 'loss') percent += fault.percent;
    return percent > mostLossPercent && world.machine(accused).process('speaker') === undefined;
  }

  #isSpeakerAway(accused: string, segment: string): boolean {
    const { world, nowUs } = this.#scene;
    const process = world.machine(accused).process('speaker');
    const recentUs = nowUs - 2 * boundsMs.restart * 1000;
    const isPaused = process?.threads.some((thread) => thread.isHeld) ?? false;
    if (process === undefined || isPaused || (this.#awayUs.get(accused) ?? -Infinity) >= recentUs) return true;
    return (
      [...world.activeFaults].some(({ kind }) => silencing.has(kind)) || this.#isHindered(accused, accused, segment)
    );
  }
}

/** Faults that are not of one LAN are of all. */
function isOn(fault: Fault, lan: number): boolean {
  return !('lan' in fault) || fault.lan === lan;
}

/** Whom it keeps from hearing or being heard; '': anybody. */
function hindered(fault: Fault): string | undefined {
  switch (fault.kind) {
    case 'partition':
      return '';
    case 'power loss':
    case 'kernel hang':
    case 'freeze':
    case 'carrier loss':
    case 'flap':
    case 'deaf':
    case 'mute':
    case 'unicasts lost':
    // Who cannot be heard saying so is asked at the address that it had.
    case 'mac change':
      return fault.node;
    default:
      return undefined;
  }
}
