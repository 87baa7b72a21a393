// Which routes a node is to tell a router, by what is declared: an address that some Service behind it can be reached at through the node. What
// programs may still take for so, because it was so a moment ago, is neither wanted nor unwanted.
import { familyOf, type Ip } from '#shared/net/ip.ts';
import type { Fault } from '../faults/fault.ts';
import type { Prefix } from '../routers/bgp-message.ts';
import { boundsMs } from './bounds.ts';
import type { Scene } from './scene.ts';

export class WantedRoutes {
  readonly #scene: Scene;
  /** By node: until when its speaker may not know yet that kube-proxy forwards again. */
  readonly #gatedUntilUs = new Map<string, number>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  faultEnded(fault: Fault): void {
    if (fault.kind !== 'kube-proxy stuck') return;
    this.#gatedUntilUs.set(fault.node, this.#scene.nowUs + boundsMs.gate * 1000);
  }

  /** All that there are. */
  get addresses(): readonly Ip[] {
    return this.#scene.world.shown.all;
  }

  /** It is to be told now. */
  isWanted(node: string, ip: Ip): boolean {
    return this.#scene.candidates.of(ip).announcers.has(node);
  }

  /** It was wanted in all that programs may go by. */
  isSurelyWanted(node: string, ip: Ip): boolean {
    const states = this.#scene.candidates.since(ip);
    return states.length > 0 && states.every(({ announcers }) => announcers.has(node)) && !this.#isGated(node);
  }

  /** kube-proxy of this node may be taken for one that does not forward: its routes go. */
  #isGated(node: string): boolean {
    if ((this.#gatedUntilUs.get(node) ?? -Infinity) >= this.#scene.nowUs) return true;
    for (const fault of this.#scene.world.activeFaults) {
      if (fault.kind === 'kube-proxy stuck' && fault.node === node) return true;
    }
    return this.#scene.calm.sinceUs === undefined && !this.#scene.world.machine(node).kernel.isRunning;
  }
}

export function prefixOf(ip: Ip): Prefix {
  return `${ip}/${familyOf(ip) === 'IPv4' ? 32 : 128}`;
}

export function ipOf(prefix: Prefix): Ip {
  return prefix.slice(0, prefix.indexOf('/')) as Ip;
}
