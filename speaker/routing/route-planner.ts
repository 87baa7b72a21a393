// Plans again and again what the peers of this node shall hold, with what a plan needs of the ones before: what was announced, and since when.
import type { Clock } from '#shared/runtime/clock.ts';
import { communityValues } from '#shared/config/community.ts';
import type { NodeView } from '#shared/kube/objects/node.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { familyOf, type Family, type Ip } from '#shared/net/ip.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { PeerSession } from '../bgp/peer-session.ts';
import type { RoutingInputs } from '../cluster/snapshot.ts';
import { problemOf, warningIn, type Problem } from '#shared/config/problem.ts';
import { desiredRoutes, type DesiredRoutes } from '../desired/bgp/routes.ts';
import { steadiness, type Presences } from '../desired/bgp/steadiness.ts';
import type { Gate } from '../kube-proxy/gate.ts';
import { ServiceGates, type ServiceGate, type ServiceGatesDependencies } from '../kube-proxy/service-gates.ts';
import type { DrainPhase } from './drain.ts';

export interface PlanSituation {
  readonly sessions: readonly PeerSession[];
  readonly gate: Gate;
  readonly drain: DrainPhase;
}

export interface Plan {
  readonly routes: DesiredRoutes;
  /** Everything that decides is known: what peers hold beside this can go. */
  readonly isComplete: boolean;
  /** Peers may be told: it is complete, or nothing is waited for any more. */
  readonly mayBeTold: boolean;
  readonly problems: readonly Problem[];
  /** When to plan again although nothing changes; undefined: not at all. */
  readonly dueMs: number | undefined;
}

const loopback = '127.0.0.1' as Ip;
const families: readonly Family[] = ['IPv4', 'IPv6'];

interface Moment {
  readonly nowMs: number;
  readonly unsteady: ReadonlySet<ObjectKey>;
  /** Gets those at whose port kube-proxy is to be asked. */
  readonly asked: Set<ServiceView>;
}

export interface RoutePlannerOptions {
  readonly ignoreExcludeLb: boolean;
  /** What is not known by then is not waited for; monotonic. */
  readonly patientUntilMs: number;
}

export type RoutePlannerDependencies = ServiceGatesDependencies;

export class RoutePlanner {
  readonly #clock: Clock;
  readonly #options: RoutePlannerOptions;
  readonly #gates: ServiceGates;
  #presences: Presences = new Map();
  #routes: DesiredRoutes | undefined;
  /** Services that somebody was told of. */
  #announced: ReadonlySet<ObjectKey> = new Set();

  /** `changed`: a plan would be another now. */
  constructor(options: RoutePlannerOptions, dependencies: RoutePlannerDependencies, changed: () => void) {
    const { clock } = dependencies;
    this.#clock = clock;
    this.#options = options;
    this.#gates = new ServiceGates(dependencies, changed);
  }

  plan(inputs: RoutingInputs, situation: PlanSituation): Plan {
    const nowMs = this.#clock.nowMs();
    const { patientUntilMs } = this.#options;
    const { services, endpoints, thisNode } = inputs;
    const steady = steadiness({ services, endpoints, node: thisNode.name, nowMs }, this.#presences);
    this.#presences = steady.presences;
    // Only those that nothing else holds back are asked about.
    const asked = new Set<ServiceView>();
    const routes = this.#route(inputs, situation, { nowMs, unsteady: steady.unsteady, asked });
    this.#gates.follow(new Set([...asked].map(portOf)), hostsOf(thisNode));
    const askedWith = (gate: ServiceGate): readonly ServiceView[] =>
      [...asked].filter((service) => this.#gates.of(portOf(service)) === gate);
    const isPatient = !inputs.isComplete && nowMs < patientUntilMs;
    return {
      routes,
      isComplete: inputs.isComplete && askedWith('asking').length === 0,
      mayBeTold: !isPatient,
      problems: [...routes.problems, ...askedWith('unknown').map(unansweredProblem)],
      dueMs: earliest(routes.dueMs, steady.dueMs),
    };
  }

  /** Nothing is announced any more. */
  stop(): void {
    this.#gates.follow(new Set(), []);
    this.#routes = undefined;
    this.#announced = new Set();
    this.#presences = new Map();
  }

  #route(inputs: RoutingInputs, { sessions, gate, drain }: PlanSituation, moment: Moment): DesiredRoutes {
    const { configuration, services, endpoints, thisNode, nodes } = inputs;
    const { nowMs, unsteady, asked } = moment;
    this.#routes = desiredRoutes(
      {
        services,
        endpoints,
        pools: configuration.pools,
        advertisements: configuration.bgpAdvertisements,
        communities: communityValues(configuration.communities),
        thisNode,
        nodes,
        ignoreExcludeLabel: this.#options.ignoreExcludeLb,
        drain,
        unsteady,
        forwards: (service) => {
          if (isAsked(service, inputs)) asked.add(service);
          return this.#forwards(service, gate, asked.has(service));
        },
        peers: sessions.map(({ name, linkBandwidth, config }) => ({
          name,
          linkBandwidthAsn: linkBandwidth ? config.localAsn : undefined,
        })),
        nowMs,
      },
      this.#routes,
    );
    this.#announced = new Set(Array.from(this.#routes.peersOfService.keys(), ({ key }) => key));
    return this.#routes;
  }

  /** A kube-proxy that is away takes nothing new first; later what comes here is lost. Only what is new waits for its port. */
  #forwards(service: ServiceView, gate: Gate, isAskedFor: boolean): boolean {
    if (gate === 'cannotForward') return false;
    if (this.#announced.has(service.key)) return true;
    if (gate === 'noClaim') return false;
    const ofPort = isAskedFor ? this.#gates.of(portOf(service)) : 'open';
    return ofPort === 'open' || ofPort === 'unknown';
  }
}

/** kube-proxy answers for those that keep traffic on the node it comes to, and says no without a ready endpoint there. */
function isAsked(service: ServiceView, { endpoints, thisNode }: RoutingInputs): boolean {
  if (service.externalTrafficPolicy !== 'Local' || service.healthCheckNodePort === undefined) return false;
  const all = endpoints.get(service.key);
  const { name } = thisNode;
  return all !== undefined && [all.IPv4, all.IPv6].some(({ byNode }) => (byNode.get(name)?.ready ?? 0) > 0);
}

function portOf({ healthCheckNodePort = 0 }: ServiceView): number {
  return healthCheckNodePort;
}

/** All addresses, or the node's primary ones: that is how kube-proxy listens if nothing else is said. */
function hostsOf({ addresses }: NodeView): readonly Ip[] {
  const primary = families.map((family) => addresses.find((ip) => familyOf(ip) === family));
  return [loopback, ...primary.filter((ip) => ip !== undefined)];
}

function unansweredProblem(service: ServiceView): Problem {
  const message = `nobody answers at port ${portOf(service)} of this node, so routes to it do not wait for its kube-proxy: let kube-proxy listen at 127.0.0.1 or at the node's InternalIP`;
  return problemOf('Service', service, warningIn('spec.healthCheckNodePort', 'HealthCheckUnanswered', message));
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((timeMs) => timeMs !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
