// BGP of this node (shell): from what the cluster shows and this machine has to sessions and the routes that each tells, and what they want of
// the wire thread. Nothing runs, and nothing is held, before a BGPPeer is for this node.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { Problem } from '#shared/config/problem.ts';
import type { Ip } from '#shared/net/ip.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { Random } from '#shared/runtime/random.ts';
import type { BgpView, PeerView, RoutingPhase } from './bgp-view.ts';
import type { ListenMode } from './bgp/listeners.ts';
import type { PeerSession } from './bgp/peer-session.ts';
import { BgpSessions } from './bgp/sessions.ts';
import type { TcpStack } from './bgp/tcp-stack.ts';
import type { RoutingInputs } from './cluster/snapshot.ts';
import { bgpMachine, interfaceAddresses } from './desired/bgp/machine.ts';
import { secretsUnknown } from './desired/bgp/peer-password.ts';
import { desiredPeers, type BgpMachine, type DesiredPeers } from './desired/bgp/peers.ts';
import type { Gate } from './kube-proxy/gate.ts';
import { routerLink } from './l2/router-link.ts';
import { bfdNews } from './routing/bfd-news.ts';
import { Drain } from './routing/drain.ts';
import { linkRouters } from './routing/link-routers.ts';
import { RoutePlanner, type Plan, type RoutePlannerDependencies } from './routing/route-planner.ts';
import type { RouterAdvertiser } from './routing/router-advertiser.ts';
import { routerProblems } from './routing/router-problems.ts';
import { Turn, type TurnDependencies } from './routing/turn.ts';
import { BfdFinder, wantedBfd } from './routing/wanted-bfd.ts';
import type { ObservedBfd, WireObserved } from './seam.ts';
import type { Routing as WantedOfWire } from './wire-link.ts';

export interface RoutingOptions {
  readonly bgpListen: ListenMode;
  /** Where peers find us, if anybody listens. */
  readonly bgpPort: number;
  /** From SIGTERM to SIGKILL. */
  readonly graceSeconds: number;
  readonly ignoreExcludeLb: boolean;
  /** Shown to peers, as `Ingot/0.1.0`. */
  readonly softwareVersion: string;
}

export interface RoutingDependencies extends RoutePlannerDependencies, TurnDependencies {
  readonly random: Random;
  readonly tcp: TcpStack;
  readonly routerAdvertiser: RouterAdvertiser;
}

export interface RoutingListener {
  /** It is to be decided anew, though nobody else knows why. */
  due(): void;
  /** `wanted` is another, and nothing is being decided. */
  wants(): void;
  /** `view` is another. */
  changed(): void;
}

/** This node at the moment. */
export interface RoutingSituation {
  readonly gate: Gate;
  readonly isDraining: boolean;
}

type Observed = Pick<WireObserved, 'network' | 'bfd' | 'routers'>;

/** What is not known by then, after the start, is not waited for. */
const longestWaitMs = 30_000;
/** For everybody to find other routes; and where there is little time. */
const usualGraceMs = 5_000;
const shortGraceMs = 2_000;
const leastForUsualGraceSeconds = 15;
/** For the last words of the sessions, before the process is killed. */
const lastWordsMs = 1_000;

const nothingWanted: WantedOfWire = { bfd: [], unnumbered: [] };
const nobody: DesiredPeers = { sessions: [], problems: [] };

export class Routing {
  readonly #options: RoutingOptions;
  readonly #dependencies: RoutingDependencies;
  readonly #listener: RoutingListener;
  readonly #sessions: BgpSessions;
  readonly #planner: RoutePlanner;
  readonly #drain: Drain;
  readonly #turn: Turn;
  readonly #graceMs: number;
  readonly #patientUntilMs: number;
  #phase: RoutingPhase | 'left' = 'idle';
  #due: Cancel = () => {};
  #lastWords: Cancel = () => {};
  /** There are BGPPeers for this node. */
  #isMeant = false;
  #observed: Observed | undefined;
  #established: ReadonlySet<string> = new Set();
  /** Names and addresses of peers that there was a session with. */
  readonly #met = new Map<string, Ip | undefined>();
  #machine: BgpMachine | undefined;
  #profiles: RoutingInputs['configuration']['bfdProfiles'] = [];
  #peers = nobody;
  #problems: readonly Problem[] = [];
  #arePeersKnown = false;
  #plan: Plan | undefined;
  #wanted = nothingWanted;

  constructor(options: RoutingOptions, dependencies: RoutingDependencies, listener: RoutingListener) {
    const { clock } = dependencies;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#listener = listener;
    this.#graceMs = options.graceSeconds < leastForUsualGraceSeconds ? shortGraceMs : usualGraceMs;
    this.#turn = new Turn(dependencies);
    this.#drain = new Drain(clock, this.#graceMs, () => listener.due());
    this.#patientUntilMs = clock.nowMs() + longestWaitMs;
    const ofPlans = { ...options, patientUntilMs: this.#patientUntilMs };
    this.#planner = new RoutePlanner(ofPlans, dependencies, () => listener.due());
    this.#sessions = new BgpSessions(
      { mode: options.bgpListen, port: options.bgpPort },
      {
        ...dependencies,
        interfaceOf: (local, device) =>
          this.#observed === undefined
            ? { globalIPv6: undefined }
            : interfaceAddresses(this.#observed.network, local, device),
        changed: () => this.#sessionsChanged(),
      },
    );
  }

  /** What the wire thread is to do for it. */
  get wanted(): WantedOfWire {
    return this.#wanted;
  }

  /** Sessions have ended, or there were none. */
  get hasLeft(): boolean {
    return this.#phase === 'left';
  }

  /** What the wire thread sees: the machine's network, BFD sessions, routers. */
  observe({ network, bfd, routers }: Observed): void {
    const before = this.#observed;
    this.#observed = { network, bfd, routers };
    if (!this.#isMeant) return;
    const isSameNetwork = deepEqual(network, before?.network);
    if (!isSameNetwork && this.#phase === 'running') this.#sessions.interfacesChanged();
    if (!isSameNetwork || !deepEqual(routers, before?.routers)) this.#listener.due();
    this.#tellOfBfd(before?.bfd ?? [], bfd);
  }

  /** Sessions and their routes become what the cluster wants of this node. Nothing is decided before the machine was observed. */
  decide(inputs: RoutingInputs, { gate, isDraining }: RoutingSituation): void {
    const { configuration, thisNode } = inputs;
    this.#arePeersKnown = true;
    const isMeant = configuration.bgpPeers.some(({ selectsNode }) => selectsNode(thisNode.labels));
    if (this.#observed === undefined || this.#isEnding || !(isMeant || this.#isMeant)) return;
    this.#isMeant = isMeant;
    this.#decidePeers(inputs, this.#observed);
    const { sessions } = this.#peers;
    const drain = this.#drain.follow(isDraining);
    if (!isMeant) this.#planner.stop();
    // An excluded node has no sessions, and still there is something to say of its addresses.
    this.#plan = isMeant ? this.#planner.plan(inputs, { sessions, gate, drain }) : undefined;
    this.#wakeUp();
    if (this.#phase === 'idle' && sessions.length > 0) this.#wait();
    this.#apply();
  }

  /**
   * Ends all sessions without a loss, and then gives way to another process of this node. `keepsRoutes`: that one comes soon, and peers that can
   * are left holding our routes for it. Again: nothing.
   */
  leave({ keepsRoutes, text }: { readonly keepsRoutes: boolean; readonly text: string }, left: () => void): void {
    if (this.#isEnding) return;
    const { clock } = this.#dependencies;
    this.#stopDeciding();
    const end = (): void => {
      if (this.#phase === 'left') return;
      this.#end();
      left();
    };
    this.#phase = this.#phase === 'running' ? 'leaving' : this.#phase;
    if (this.#phase !== 'leaving') return end();
    const limitMs = Math.max(0, this.#options.graceSeconds * 1000 - lastWordsMs);
    this.#lastWords = clock.after(limitMs, () => {
      this.#sessions.stop(text);
      end();
    });
    this.#sessions.leave({ text, keepsRoutes, graceMs: this.#graceMs }, end);
  }

  /** There is no time left: every session ends now, with its last words. */
  stop(text: string): void {
    if (this.#phase === 'left') return;
    this.#sessions.stop(text);
    this.#end();
  }

  get view(): BgpView {
    const statuses = new Map(this.#sessions.statuses.map((status) => [status.name, status]));
    const bfd = this.#machine && new BfdFinder(this.#observed?.bfd ?? [], this.#machine);
    return {
      phase: this.#phase === 'left' ? 'leaving' : this.#phase,
      peers: this.#peers.sessions.map((session): PeerView => {
        const { name, transport, bfdProfile } = session;
        const { remote, port, device } = transport;
        return { name, remote, port, device, bfdProfile, session: statuses.get(name), bfd: bfd?.of(session) };
      }),
      peersOfService: this.#plan?.routes.peersOfService ?? new Map(),
      gated: this.#plan?.routes.gated ?? [],
      problems: [...this.#problems.filter((one) => !this.#isEveryday(one)), ...(this.#plan?.problems ?? [])],
      listenFailures: this.#sessions.listenFailures,
      isComplete: this.#plan?.isComplete ?? this.#arePeersKnown,
    };
  }

  /** Of a start that is not long ago. */
  #isEveryday({ reason }: Problem): boolean {
    return reason === secretsUnknown && this.#dependencies.clock.nowMs() < this.#patientUntilMs;
  }

  get #isEnding(): boolean {
    return this.#phase === 'leaving' || this.#phase === 'left';
  }

  #decidePeers({ configuration, thisNode, secrets }: RoutingInputs, observed: Observed): void {
    const { network, routers } = observed;
    this.#machine = bgpMachine(network, linkRouters(routers, this.#peers.sessions, this.#sessions.statuses));
    this.#profiles = configuration.bfdProfiles;
    this.#peers = desiredPeers({
      thisNode,
      peers: configuration.bgpPeers,
      bfdProfiles: new Set(this.#profiles.map(({ name }) => name)),
      secrets,
      machine: this.#machine,
      ignoreExcludeLabel: this.#options.ignoreExcludeLb,
      softwareVersion: this.#options.softwareVersion,
    });
    const { sessions, problems } = this.#peers;
    this.#problems = [...problems, ...routerProblems(configuration.bgpPeers, sessions, observed)];
  }

  #wait(): void {
    this.#phase = 'waiting';
    this.#turn.wait(() => {
      this.#phase = 'running';
      this.#apply();
      this.#listener.wants();
      this.#listener.changed();
    });
  }

  #apply(): void {
    const { sessions } = this.#peers;
    const isRunning = this.#phase === 'running';
    if (isRunning) {
      // A peer that goes takes its routes with it, as it needs.
      this.#sessions.configure(sessions);
      if (this.#plan?.mayBeTold === true) this.#sessions.setRoutes(this.#plan.routes.tables, this.#plan.isComplete);
    }
    const unnumbered = sessions.flatMap(({ config, transport: { device } }) =>
      config.linkLocalNextHop && device !== undefined ? [device] : [],
    );
    for (const name of unnumbered) if (!this.#wanted.unnumbered.includes(name)) this.#advertiseOn(name);
    this.#wanted = {
      bfd: isRunning && this.#machine !== undefined ? wantedBfd(this.#watched(), this.#profiles, this.#machine) : [],
      // Routers are looked for even before it is our turn.
      unnumbered,
    };
  }

  /** The router dials once it has heard one: the first goes out beside the session, the others from the wire thread. */
  #advertiseOn(name: string): void {
    const link = this.#observed && routerLink(name, this.#observed.network, undefined);
    if (link?.kind === 'usable') this.#dependencies.routerAdvertiser.send(name, link.self);
  }

  /**
   * Peers that there is a session with, or was: a router begins BFD anew once it knows both addresses (seen with FRR), and what was up before would
   * end the session that has just begun.
   */
  #watched(): readonly PeerSession[] {
    const { established } = this.#sessions;
    for (const { name, transport } of this.#peers.sessions) {
      if (established.has(name)) this.#met.set(name, transport.remote);
      else if (this.#met.get(name) !== transport.remote) this.#met.delete(name);
    }
    return this.#peers.sessions.filter(({ name }) => this.#met.has(name));
  }

  /** Who has a session is watched by BFD, and is the router of its link. */
  #sessionsChanged(): void {
    const { established } = this.#sessions;
    if (!deepEqual(established, this.#established)) this.#listener.due();
    this.#established = established;
    this.#listener.changed();
  }

  #wakeUp(): void {
    const { clock } = this.#dependencies;
    const nowMs = clock.nowMs();
    const isEarly = nowMs < this.#patientUntilMs;
    const { dueMs = Infinity } = this.#plan ?? {};
    const nextMs = isEarly ? Math.min(dueMs, this.#patientUntilMs) : dueMs;
    this.#due();
    if (nextMs !== Infinity) this.#due = clock.after(Math.max(0, nextMs - nowMs), () => this.#listener.due());
  }

  #tellOfBfd(before: readonly ObservedBfd[], now: readonly ObservedBfd[]): void {
    if (this.#phase !== 'running' || this.#machine === undefined || now.length === 0) return;
    const [past, present] = [new BfdFinder(before, this.#machine), new BfdFinder(now, this.#machine)];
    for (const session of this.#peers.sessions) {
      const news = bfdNews(past.of(session), present.of(session));
      for (const state of news) this.#sessions.bfd(session.name, state);
    }
  }

  #stopDeciding(): void {
    this.#due();
    this.#drain.stop();
    this.#planner.stop();
  }

  #end(): void {
    this.#phase = 'left';
    this.#stopDeciding();
    this.#lastWords();
    this.#wanted = nothingWanted;
    this.#listener.wants();
    this.#turn.giveBack();
    this.#listener.changed();
  }
}
