// L14: what a node sends on one LAN, frames and datagrams, by the second: little when it is quiet, announcements within their pace at all times.
import type { Ip } from '#shared/net/ip.ts';
import { saidIn } from '../lan/said.ts';
import { announcementFrames, steadyFrames } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import type { Scene } from './scene.ts';

interface Sent {
  announcements: number;
  others: number;
}

export class L14 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  /** By node and LAN, in this second. */
  readonly #sent = new Map<string, Sent>();
  /** The second that begins is quiet, as far as one can know. */
  #wasCalm = false;

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  /** Announcements follow for 4.4 s. */
  answering(_node: string, _segment: string, _ip: Ip): void {
    this.#wasCalm = false;
  }

  sent(node: string, segment: string, frame: Uint8Array): void {
    const sent = this.#sentBy(node, segment);
    if (saidIn(frame)?.isAnnouncement === true) sent.announcements++;
    else sent.others++;
  }

  datagram(node: string, segment: string): void {
    this.#sentBy(node, segment).others++;
  }

  tick(): void {
    const isCalm = this.#scene.calm.sinceUs !== undefined;
    for (const [node, { announcements, others }] of this.#sent) {
      this.#tally.measure(announcements, announcementFrames, node, () => `${announcements} announcements in a second`);
      if (isCalm && this.#wasCalm) {
        this.#tally.measure(others, steadyFrames, node, () => `${others} frames in a quiet second`);
      }
    }
    this.#sent.clear();
    this.#wasCalm = isCalm;
  }

  #sentBy(node: string, segment: string): Sent {
    const key = `${node} ${segment}`;
    const known = this.#sent.get(key);
    if (known !== undefined) return known;
    const sent = { announcements: 0, others: 0 };
    this.#sent.set(key, sent);
    return sent;
  }
}
