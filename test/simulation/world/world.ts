// The simulated world: a cluster of machines that run the shipped programs, the apiserver, the LAN, clients, and what befalls them. A run is a
// function of the code, the options, the schedule and the seed.
import assert from 'node:assert';
import { namespaces, nodes, pods } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import { Apiserver } from '../apiserver/apiserver.ts';
import { begin, durationMs } from '../faults/begin.ts';
import type { Fault, Program, ScheduledFault } from '../faults/fault.ts';
import { collectGarbage } from '../cluster/garbage-collector.ts';
import { NodeLifecycle } from '../cluster/node-lifecycle.ts';
import { Workloads } from '../cluster/workloads.ts';
import { Client } from '../lan/client.ts';
import { ForeignHost } from '../lan/foreign-host.ts';
import { Segment } from '../lan/segment.ts';
import { ServedServices } from '../node/served-services.ts';
import type { Observer } from '../observer.ts';
import type { BgpRouter } from '../routers/bgp-router.ts';
import { TcpNetwork } from '../tcp/tcp-network.ts';
import { randomFor } from '../time/random.ts';
import { Scheduler } from '../time/scheduler.ts';
import { Trace } from '../trace.ts';
import {
  clientIp,
  clientIpv6,
  clientMac,
  foreignMac,
  lanNames,
  lanOfIp,
  nodeIdText,
  nodeIps,
  nodeName,
  type Families,
} from './address-plan.ts';
import { Machine } from './machine.ts';
import { newRouters } from './new-routers.ts';
import { namespaceManifest, nodeManifest, ownNamespace, serviceNamespace, speakerPod } from './manifests.ts';
import { ShownAddresses } from './shown-addresses.ts';
import { Users } from './users.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly services: number;
  readonly pools: number;
  /** Of each pool. */
  readonly poolAddresses: number;
  /** Replicas, on the first nodes. */
  readonly controllers: number;
  readonly clients: number;
  /** There is no router on the LAN, though nodes have a route to it. */
  readonly routerAbsent?: boolean;
  /** IPv4 where not said. */
  readonly families?: Families;
  /** How many LANs all nodes are on, at most two; one where not said. Pools are on them in turn, clients on each. */
  readonly lans?: 1 | 2;
  /** Those that nodes tell their routes, at most two; none where not said. The second does not help those that restart. */
  readonly routers?: 1 | 2;
}

/** Everything starts within so long, each part at its own moment. */
const longestBootMs = 2_000;

export class World {
  readonly options: WorldOptions;
  readonly scheduler = new Scheduler();
  readonly trace = new Trace(this.scheduler);
  readonly apiserver: Apiserver;
  /** In the order of their numbers. */
  readonly lans: readonly Segment[];
  readonly machines: ReadonlyMap<string, Machine>;
  readonly tcp: TcpNetwork;
  readonly routers: readonly BgpRouter[];
  readonly clients: readonly Client[];
  /** On the LAN, and none of the cluster's. */
  readonly foreigner: ForeignHost;
  readonly workloads: Workloads;
  readonly users: Users;
  /** Addresses that Services show. */
  readonly shown: ShownAddresses;
  readonly #observers: Observer[] = [];
  readonly #names = new Map<string, string>();
  readonly #active = new Set<Fault>();
  #quietSinceUs = 0;

  constructor(options: WorldOptions) {
    const { seed } = options;
    const { scheduler, trace } = this;
    this.options = options;
    this.apiserver = new Apiserver({ scheduler, random: (purpose) => this.random(purpose), trace });
    for (let index = 0; index < options.nodes; index++) this.#names.set(nodeIdText(nodeName(index)), nodeName(index));
    const { lans: lanCount = 1, families = 'IPv4' } = options;
    this.lans = lanNames.slice(0, lanCount).map((name) => new Segment(name, {}, { scheduler, trace, seed }));
    this.tcp = new TcpNetwork(scheduler, this.random('tcp'));
    this.routers = newRouters({ ...options, families }, this);
    const { apiserver, lan, lans } = this;
    const observers = this.#observers;
    const lifecycle = new NodeLifecycle(apiserver, scheduler);
    collectGarbage(apiserver, this.random('garbage collector'));
    const services = new ServedServices(apiserver.store);
    const nameOf = (id: string): string => this.nameOf(id);
    const { tcp } = this;
    const shared = { scheduler, trace, seed, apiserver, lans, tcp, families, observers, lifecycle, services, nameOf };
    this.machines = new Map(
      Array.from({ length: options.nodes }, (_, index) => {
        return [nodeName(index), new Machine(index, shared)];
      }),
    );
    this.clients = lans.flatMap((_, on) =>
      Array.from({ length: options.clients }, (_client, index) => this.#newClient(index, on, families)),
    );
    this.foreigner = new ForeignHost({ name: 'foreigner', mac: foreignMac, segment: lan }, { scheduler });
    this.workloads = new Workloads({ apiserver, scheduler, random: this.random('workloads') });
    this.users = new Users(
      { ...options, nodes: [...this.machines.keys()], families, lans: lanCount },
      apiserver,
      this.workloads,
      this.random('users'),
    );
    this.shown = this.#followAddresses();
    this.apiserver.store.follow((change) => {
      this.shown.changed(change);
      this.tell((observer) => observer.stored?.(change));
    });
  }

  /** The first, or only, one. */
  get lan(): Segment {
    return this.#lan(0);
  }

  /** On which the address is on-link. */
  lanOf(ip: Ip): Segment {
    return this.#lan(lanOfIp(ip));
  }

  get nowMs(): number {
    return this.scheduler.nowUs / 1000;
  }

  /** Since when no fault has been active; undefined while one is. */
  get quietSinceMs(): number | undefined {
    return this.#active.size > 0 ? undefined : this.#quietSinceUs / 1000;
  }

  get activeFaults(): ReadonlySet<Fault> {
    return this.#active;
  }

  /** Of the node that speakers have given this id; the id, if it is none of ours. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }

  machine(name: string): Machine {
    const machine = this.machines.get(name);
    assert(machine !== undefined, `there is no node ${name}`);
    return machine;
  }

  random(purpose: string): Random {
    return randomFor(this.options.seed, purpose);
  }

  observe(observer: Observer): void {
    this.#observers.push(observer);
  }

  tell(told: (observer: Observer) => void): void {
    for (const observer of this.#observers) told(observer);
  }

  /** The cluster with its users' objects, and all programs on their way, or those that are named. */
  boot(isRun: (node: string, program: Program) => boolean = () => true): void {
    for (const name of ['default', ownNamespace, serviceNamespace])
      this.apiserver.put(namespaces, namespaceManifest(name));
    const { options, users } = this;
    for (const { name, index } of this.machines.values()) {
      this.apiserver.put(nodes, nodeManifest(name, nodeIps(index, options.families ?? 'IPv4')));
      this.apiserver.put(pods, speakerPod(name));
    }
    for (let pool = 0; pool < options.pools; pool++) users.addPool(pool);
    users.advertiseAll();
    users.advertiseTo(this.routers);
    for (let index = 0; index < options.services; index++) users.createService(index);
    const random = this.random('boot');
    for (const machine of this.machines.values()) {
      const programs: readonly Program[] =
        machine.index < options.controllers ? ['speaker', 'controller'] : ['speaker'];
      for (const program of programs.filter((each) => isRun(machine.name, each))) {
        this.scheduler.after(uniform(random, 0, longestBootMs) * 1000, () => machine.run(program));
      }
    }
  }

  /** What befalls the world, each at its time from now. */
  plan(schedule: readonly ScheduledFault[]): void {
    for (const { atMs, fault } of schedule) this.scheduler.after(atMs * 1000, () => this.apply(fault));
  }

  /** Begins now and ends by itself. */
  apply(fault: Fault): void {
    this.trace.record('world', 'fault', fault.kind, JSON.stringify(fault));
    this.#active.add(fault);
    this.tell((observer) => observer.faultBegan?.(fault));
    const end = begin(fault, this);
    this.scheduler.after(durationMs(fault) * 1000, () => this.#end(fault, end));
  }

  run(ms: number): void {
    this.scheduler.runUntil(this.scheduler.nowUs + ms * 1000);
  }

  /** What is still open is told. */
  finish(): void {
    for (const client of this.clients) client.finish();
  }

  #end(fault: Fault, end: Cancel): void {
    end();
    this.trace.record('world', 'fault ends', fault.kind);
    this.#active.delete(fault);
    this.#quietSinceUs = this.scheduler.nowUs;
    this.tell((observer) => observer.faultEnded?.(fault));
  }

  #lan(number: number): Segment {
    const lan = this.lans[number];
    assert(lan !== undefined, `there is no LAN ${number}`);
    return lan;
  }

  #newClient(index: number, lan: number, families: Families): Client {
    const { scheduler, trace } = this;
    const ipv6 = families === 'IPv4' ? undefined : clientIpv6(index, lan);
    const name = `client-${index}${lan === 0 ? '' : `-${lan}`}`;
    return new Client(
      { name, mac: clientMac(index, lan), ip: clientIp(index, lan), ipv6, segment: this.#lan(lan) },
      {
        scheduler,
        trace,
        seed: this.options.seed,
        observer: { outage: (outage) => this.tell((each) => each.outage?.(outage)) },
      },
    );
  }

  /** Clients use every address that some Service shows, each another one in turn, and kernels tell of it whether they hand it on. */
  #followAddresses(): ShownAddresses {
    const ends = new Map<Ip, readonly Cancel[]>();
    let turn = 0;
    return new ShownAddresses({
      appeared: (ip) => {
        const watches = [...this.machines.values()].map(({ kernel }) => kernel.watchAddress(ip));
        const near = this.clients.filter(({ attachment }) => attachment.segment === this.lanOf(ip));
        const client = near[turn++ % near.length];
        ends.set(ip, client === undefined ? watches : [...watches, client.use(ip)]);
      },
      vanished: (ip) => {
        for (const end of ends.get(ip) ?? []) end();
        ends.delete(ip);
      },
    });
  }
}
