// An interface with unnumbered BGP peers (shell): its packet socket, and the engine that advertises this node there and hears the routers.
import type { Clock } from '#shared/runtime/clock.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { Random } from '#shared/runtime/random.ts';
import { Runner } from '#shared/runtime/runner.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { etherTypes } from '../l2/ethernet.ts';
import { FrameSender } from '../l2/frame-sender.ts';
import type { HostNetworkState } from '../l2/host-network.ts';
import { allRouters } from '../l2/ipv6-multicast.ts';
import type { PacketSocket, PacketSockets, SystemFailure } from '../l2/packet-socket.ts';
import {
  initialRouterDiscovery,
  stepRouterDiscovery,
  type RouterDiscoveryEffect,
  type RouterDiscoveryEvent,
  type RouterDiscoveryState,
} from '../l2/router-discovery.ts';
import { routerFilter } from '../l2/router-filter.ts';
import { routerLink, type RouterLink } from '../l2/router-link.ts';
import {
  decodeRouterFrame,
  encodeRouterFrame,
  routerAdvertisement,
  routerSolicitation,
  type LinkSpeaker,
  type RouterFrame,
} from '../l2/router-message.ts';
import type { ObservedRouter } from '../seam.ts';
import type { Tally } from './tally.ts';

export interface RouterInterfaceDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly packetSockets: PacketSockets;
  readonly log: Log;
  readonly tally: Tally;
  /** Called first in every turn that comes by itself. */
  readonly gapEnded: () => boolean;
  /** A router was heard or forgotten, or a problem has come or gone. */
  readonly changed: () => void;
  /** Something that is counted has changed. */
  readonly counted: () => void;
}

interface Opened {
  readonly index: number;
  readonly socket: PacketSocket;
  readonly sender: FrameSender;
  groupFailure: SystemFailure | undefined;
}

const missingNetRaw =
  'CAP_NET_RAW is missing, so unnumbered BGP peers neither learn the address of this node nor tell theirs: add NET_RAW to the capabilities of the speaker container';

export class RouterInterface {
  readonly #name: string;
  readonly #dependencies: RouterInterfaceDependencies;
  readonly #runner: Runner<RouterDiscoveryState, RouterDiscoveryEvent, RouterDiscoveryEffect>;
  #link: RouterLink = { kind: 'unusable', problem: undefined };
  #opened: Opened | undefined;
  #failure: SystemFailure | undefined;

  constructor(name: string, dependencies: RouterInterfaceDependencies) {
    const { clock, random } = dependencies;
    this.#name = name;
    this.#dependencies = dependencies;
    this.#runner = new Runner(
      {
        initial: initialRouterDiscovery,
        step: (state, event) => stepRouterDiscovery(state, event, { nowMs: clock.nowMs(), random }),
      },
      clock,
      (effect) => this.#perform(effect),
    );
  }

  /** Undefined: no router is heard. */
  get observed(): ObservedRouter | undefined {
    const [first, ...others] = this.#runner.state.routers;
    return first && { interface: this.#name, ip: first.ip, others: others.map(({ ip }) => ip) };
  }

  /** What is wrong, and what to do about it. */
  get problems(): readonly string[] {
    if (this.#link.kind === 'unusable') return this.#link.problem === undefined ? [] : [this.#link.problem];
    const failure = this.#failure;
    if (failure !== undefined) return [this.#socketProblem(failure)];
    const groupFailure = this.#opened?.groupFailure;
    return groupFailure === undefined ? [] : [this.#groupProblem(groupFailure)];
  }

  /** The machine's network as it is now; the same again tries again what was refused. */
  update(network: HostNetworkState): void {
    const { self } = this.#runner.state;
    const link = routerLink(this.#name, network, self?.ip);
    this.#link = link;
    if (this.#opened !== undefined && (link.kind === 'unusable' || link.index !== this.#opened.index)) this.#forget();
    if (link.kind === 'unusable') this.#failure = undefined;
    else this.#open(link.index);
    const speaks = link.kind === 'usable' && this.#opened !== undefined;
    this.#runner.dispatch({ kind: 'self', self: speaks ? link.self : undefined });
  }

  /** Silent when it returns. */
  close(): void {
    this.#runner.stop();
    this.#forget();
  }

  #open(interfaceIndex: number): void {
    if (this.#opened === undefined) {
      const { packetSockets } = this.#dependencies;
      const filter = { program: routerFilter, coarse: routerFilter };
      const socket = packetSockets.open(
        { interfaceIndex, etherType: etherTypes.ipv6, filter },
        { frame: (bytes) => this.#received(bytes), failed: (failure) => this.#lost(failure) },
      );
      this.#failure = 'code' in socket ? socket : undefined;
      if ('code' in socket) return;
      const sender = new FrameSender(socket, this.#dependencies);
      this.#opened = { index: interfaceIndex, socket, sender, groupFailure: socket.join(allRouters) };
    } else if (this.#opened.groupFailure !== undefined) {
      this.#opened.groupFailure = this.#opened.socket.join(allRouters);
    }
  }

  #received(bytes: Uint8Array): void {
    this.#dependencies.gapEnded();
    const frame = this.#decode(bytes);
    if (frame === undefined) return;
    const { source, message } = frame;
    this.#count('received', message.kind);
    const isQuestion = message.kind === 'routerSolicitation';
    this.#runner.dispatch(isQuestion ? { kind: 'solicited' } : { kind: 'heard', ip: source });
  }

  #decode(bytes: Uint8Array): RouterFrame | undefined {
    try {
      return decodeRouterFrame(bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#dependencies.tally.add('ingot_router_messages_malformed_total', { interface: this.#name });
      return undefined;
    }
  }

  #perform(effect: RouterDiscoveryEffect): void {
    const { changed, log, tally } = this.#dependencies;
    switch (effect.kind) {
      case 'advertise':
        return this.#send(routerAdvertisement(effect.self), effect.self);
      case 'solicit':
        return this.#send(routerSolicitation(effect.self), effect.self);
      case 'changed':
        log.info({ ...this.observed, interface: this.#name }, 'other routers than before advertise on an interface');
        return changed();
      case 'overlooked':
        return tally.add('ingot_limit_reached_total', { limit: 'routersOnALink' });
    }
  }

  #send(frame: RouterFrame, self: LinkSpeaker): void {
    this.#opened?.sender.send({
      bytes: encodeRouterFrame(frame),
      wanted: () => this.#runner.state.self === self,
      sent: () => this.#count('sent', frame.message.kind),
    });
  }

  #count(direction: 'sent' | 'received', kind: RouterFrame['message']['kind']): void {
    const type = kind === 'routerSolicitation' ? 'solicitation' : 'advertisement';
    const { tally, counted } = this.#dependencies;
    tally.add('ingot_router_messages_total', { interface: this.#name, direction, type });
    counted();
  }

  #lost(failure: SystemFailure): void {
    this.#forget();
    this.#failure = failure;
    this.#runner.dispatch({ kind: 'self', self: undefined });
    this.#dependencies.changed();
  }

  #forget(): void {
    this.#opened?.sender.forgetWaiting();
    this.#opened?.socket.close();
    this.#opened = undefined;
  }

  #socketProblem({ call, code }: SystemFailure): string {
    if (code === 'EPERM' || code === 'EACCES') return missingNetRaw;
    return `${this.#name}: no packet socket for router advertisements (${call} failed with ${code}), so unnumbered BGP peers do not find this node; it is tried again`;
  }

  #groupProblem({ call, code }: SystemFailure): string {
    return `${this.#name}: the group ${allRouters} is not joined (${call} failed with ${code}), so unnumbered BGP peers that ask wait for the next advertisement; it is tried again`;
  }
}
