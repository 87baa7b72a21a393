// All BFD sessions of this node (shell; RFC 5880 to 5883): whole lists in, each session brought to them, and what they see out.
import { WireError } from '#shared/net/wire-error.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { uniform } from '#shared/runtime/random.ts';
import { portOf, sourcePorts, type BfdSockets, type LocalPath, type SessionPath } from '../bfd/bfd-sockets.ts';
import { decodeControlPacket, type ControlPacket } from '../bfd/control-packet.ts';
import { Demultiplexer } from '../bfd/demultiplexer.ts';
import type { HostNetworkState } from '../l2/host-network.ts';
import type { SystemFailure } from '../l2/packet-socket.ts';
import type { ObservedBfd, WantedBfd } from '../seam.ts';
import { BfdListeners } from './bfd-listeners.ts';
import { BfdSession, type BfdSessionDependencies, type BfdVoice } from './bfd-session.ts';
import { mergeWanted } from './bfd-wanted.ts';
import type { Tally } from './tally.ts';

export interface BfdDependencies extends Omit<BfdSessionDependencies, 'receiveWaiting'> {
  readonly sockets: BfdSockets;
  readonly tally: Tally;
}

/** More peers than any node has; the others are not watched. */
export const mostBfdSessions = 1000;
/** Sessions that are not Up look for their addresses and sockets so often. */
const retryMs = 1000;
/** Random ports are taken with a probability of one in hundreds. */
const mostPortTries = 8;

export class Bfd {
  readonly #dependencies: BfdDependencies;
  readonly #listeners: BfdListeners;
  readonly #demultiplexer = new Demultiplexer<BfdSession>();
  readonly #sessions = new Map<string, BfdSession>();
  /** By the same keys: not wanted any more, and still saying so. */
  readonly #leaving = new Map<string, BfdSession>();
  /** Why a session cannot speak or hear. */
  readonly #problems = new Map<BfdSession, string>();
  #network: HostNetworkState | undefined;
  #unwatched = 0;
  #retry: Cancel | undefined;
  #allLeft = (): void => {};

  constructor(dependencies: BfdDependencies) {
    this.#dependencies = dependencies;
    this.#listeners = new BfdListeners(dependencies.sockets, (at, octets, source, hopLimit) =>
      this.#heard(at, octets, source, hopLimit),
    );
  }

  /** All that there are to be: the others take their leave. */
  want(list: readonly WantedBfd[]): void {
    const all = [...mergeWanted(list)];
    const wanted = new Map(all.slice(0, mostBfdSessions));
    this.#unwatched = all.length - wanted.size;
    for (const [key, session] of this.#sessions) if (!wanted.has(key)) this.#leave(key, session);
    for (const [key, one] of wanted) {
      const known = this.#sessions.get(key);
      if (known === undefined) this.#begin(key, one);
      else known.configure(one);
    }
    this.#open();
    this.#dependencies.changed();
  }

  networkChanged(network: HostNetworkState): void {
    this.#network = network;
    this.#open();
  }

  /** This thread did not run for a while. */
  gap(): void {
    for (const session of this.#sessions.values()) session.gap();
  }

  /** Takes leave of all peers, then calls back: a planned stop is no failure (RFC 5882 §4). Nothing is begun any more. */
  leave(left: () => void): void {
    for (const [key, session] of this.#sessions) this.#leave(key, session);
    this.#listeners.keepOnly([]);
    this.#retry?.();
    this.#allLeft = left;
    this.#leftIfAll();
  }

  get observed(): readonly ObservedBfd[] {
    return Array.from(this.#sessions.values(), ({ observed }) => observed);
  }

  get problems(): readonly string[] {
    const unwatched =
      this.#unwatched === 0
        ? []
        : [`BFD watches ${mostBfdSessions} peers at most: ${this.#unwatched} of them are not watched`];
    return [...new Set(this.#problems.values()), ...unwatched];
  }

  #begin(key: string, wanted: WantedBfd): void {
    // It has come back before it was gone: one session at a time.
    this.#leaving.get(key)?.close();
    this.#leaving.delete(key);
    const session = new BfdSession(wanted, this.#newDiscriminator(), {
      ...this.#dependencies,
      receiveWaiting: (path) => this.#listeners.receiveWaiting(path),
      changed: () => {
        this.#retryLater();
        this.#dependencies.changed();
      },
    });
    this.#sessions.set(key, session);
    this.#demultiplexer.add(session.discriminator, session);
  }

  #leave(key: string, session: BfdSession): void {
    this.#sessions.delete(key);
    this.#problems.delete(session);
    this.#demultiplexer.remove(session.discriminator);
    this.#demultiplexer.release(session);
    this.#leaving.set(key, session);
    session.leave(() => {
      if (this.#leaving.get(key) === session) this.#leaving.delete(key);
      this.#leftIfAll();
    });
  }

  #leftIfAll(): void {
    if (this.#leaving.size === 0) this.#allLeft();
  }

  /** Random, so that nobody can guess it; of no other session, and not 0. */
  #newDiscriminator(): number {
    const { random } = this.#dependencies;
    let discriminator = random.next32();
    while (discriminator === 0 || this.#demultiplexer.has(discriminator)) discriminator = random.next32();
    return discriminator;
  }

  /** Brings those that are not Up to where they should speak and hear now. One that is Up stays where it is. */
  #open(): void {
    for (const session of this.#sessions.values()) {
      if (session.state === 'up') continue;
      const problem = this.#openOne(session);
      if (problem === this.#problems.get(session)) continue;
      if (problem === undefined) this.#problems.delete(session);
      else this.#problems.set(session, problem);
      this.#dependencies.changed();
    }
    this.#listeners.keepOnly(this.#voices.map(({ path }) => path));
    this.#retryLater();
  }

  #retryLater(): void {
    const isDown = [...this.#sessions.values()].some(({ state }) => state !== 'up');
    if (!isDown || this.#retry !== undefined) return;
    this.#retry = this.#dependencies.clock.after(retryMs, () => {
      this.#retry = undefined;
      this.#dependencies.gapEnded();
      this.#open();
    });
  }

  /** Why it cannot; the sockets that it had are closed then. */
  #openOne(session: BfdSession): string | undefined {
    const path = this.#pathOf(session.wanted);
    if (typeof path === 'string') {
      this.#demultiplexer.release(session);
      session.speak(undefined);
      return path;
    }
    if (session.voice !== undefined && !samePath(session.voice.path, path)) session.speak(undefined);
    if (!this.#demultiplexer.claim(path, session)) {
      return `BFD with ${path.remote}: there is a session between it and ${path.local} already; let the BGPPeers agree in their source address`;
    }
    const deaf = this.#listeners.listen(path);
    if (deaf !== undefined) return failureText(path, deaf);
    if (session.voice !== undefined) return undefined;
    const voice = this.#newVoice(path);
    if ('code' in voice) return failureText(path, voice);
    session.speak(voice);
    return undefined;
  }

  /** Or why there is none now. */
  #pathOf({ remote, local, device, multihop }: WantedBfd): SessionPath | string {
    const interfaceIndex = device === undefined ? undefined : this.#indexOf(device);
    if (device !== undefined && interfaceIndex === undefined) {
      return `BFD with ${remote}: there is no interface ${device} on this node; it is tried again`;
    }
    const source = local ?? this.#dependencies.sockets.sourceTowards(remote, interfaceIndex);
    if (typeof source === 'string') return { remote, local: source, interfaceIndex, multihop };
    return `BFD with ${remote}: there is no way there (${source.call} failed with ${source.code}); it is tried again`;
  }

  #indexOf(device: string): number | undefined {
    return [...(this.#network?.links.values() ?? [])].find(({ name }) => name === device)?.index;
  }

  /** From a port of its own (RFC 5881 §4). */
  #newVoice(path: SessionPath): BfdVoice | SystemFailure {
    const { sockets, random } = this.#dependencies;
    const taken = new Set(this.#voices.map(({ sourcePort }) => sourcePort));
    let failure: SystemFailure = { call: 'bind', code: 'EADDRINUSE' };
    for (let tries = 0; tries < mostPortTries && failure.code === 'EADDRINUSE'; tries++) {
      const sourcePort = uniform(random, sourcePorts.first, sourcePorts.last);
      if (taken.has(sourcePort)) continue;
      const sender = sockets.open(path, sourcePort);
      if (!('code' in sender)) return { path, sourcePort, sender };
      failure = sender;
    }
    return failure;
  }

  get #voices(): readonly BfdVoice[] {
    return [...this.#sessions.values()].flatMap(({ voice }) => voice ?? []);
  }

  #heard(at: LocalPath, octets: Uint8Array, source: Ip, hopLimit: number): void {
    this.#dependencies.gapEnded();
    const packet = decoded(octets);
    const session = packet && this.#demultiplexer.find(packet, source, at);
    if (packet === undefined) this.#dropped('malformed');
    else if (session === undefined) this.#dropped('noSession');
    else session.hear(packet, hopLimit);
  }

  #dropped(reason: 'malformed' | 'noSession'): void {
    this.#dependencies.tally.add('ingot_bfd_dropped_total', { reason });
    this.#dependencies.counted();
  }
}

function decoded(octets: Uint8Array): ControlPacket | undefined {
  try {
    return decodeControlPacket(octets);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function samePath(one: SessionPath, other: SessionPath): boolean {
  return one.local === other.local && one.interfaceIndex === other.interfaceIndex;
}

function failureText(path: SessionPath, { call, code }: SystemFailure): string {
  const port = portOf(path);
  switch (code) {
    case 'EADDRINUSE':
      return `BFD: UDP port ${port} of ${path.local} is taken by another program of this node (bfdd of FRR, BIRD): stop its BFD there, or use no bfdProfile; it is tried again`;
    case 'EADDRNOTAVAIL':
      return `BFD with ${path.remote}: ${path.local} is no address of this node; it is tried again`;
    default:
      return `BFD with ${path.remote}: no socket on ${path.local} (${call} failed with ${code}); it is tried again`;
  }
}
