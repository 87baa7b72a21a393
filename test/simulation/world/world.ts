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
import { Router } from '../lan/router.ts';
import { Segment } from '../lan/segment.ts';
import { ServedServices } from '../node/served-services.ts';
import type { Observer } from '../observer.ts';
import { randomFor } from '../time/random.ts';
import { Scheduler } from '../time/scheduler.ts';
import { Trace } from '../trace.ts';
import { clientIp, clientMac, foreignMac, nodeIdText, nodeIp, nodeName, routerIp, routerMac } from './address-plan.ts';
import { Machine } from './machine.ts';
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
}

/** Everything starts within so long, each part at its own moment. */
const longestBootMs = 2_000;

export class World {
  readonly options: WorldOptions;
  readonly scheduler = new Scheduler();
  readonly trace = new Trace(this.scheduler);
  readonly apiserver: Apiserver;
  readonly lan: Segment;
  readonly machines: ReadonlyMap<string, Machine>;
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
    this.lan = new Segment('lan', {}, { scheduler, trace, seed });
    if (options.routerAbsent !== true) {
      new Router({ name: 'router', mac: routerMac, ip: routerIp, segment: this.lan });
    }
    const { apiserver, lan } = this;
    const observers = this.#observers;
    const lifecycle = new NodeLifecycle(apiserver, scheduler);
    collectGarbage(apiserver, this.random('garbage collector'));
    for (let index = 0; index < options.nodes; index++) this.#names.set(nodeIdText(nodeName(index)), nodeName(index));
    const services = new ServedServices(apiserver.store);
    const nameOf = (id: string): string => this.nameOf(id);
    this.machines = new Map(
      Array.from({ length: options.nodes }, (_, index) => {
        return [
          nodeName(index),
          new Machine(index, { scheduler, trace, seed, apiserver, lan, observers, lifecycle, services, nameOf }),
        ];
      }),
    );
    this.clients = Array.from({ length: options.clients }, (_, index) => this.#newClient(index));
    this.foreigner = new ForeignHost({ name: 'foreigner', mac: foreignMac, segment: lan }, { scheduler });
    this.workloads = new Workloads({ apiserver, scheduler, random: this.random('workloads') });
    this.users = new Users(
      { ...options, nodes: [...this.machines.keys()] },
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
      this.apiserver.put(nodes, nodeManifest(name, nodeIp(index)));
      this.apiserver.put(pods, speakerPod(name));
    }
    for (let pool = 0; pool < options.pools; pool++) users.addPool(pool);
    users.advertiseAll();
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

  #newClient(index: number): Client {
    const { scheduler, trace, lan } = this;
    return new Client(
      { name: `client-${index}`, mac: clientMac(index), ip: clientIp(index), segment: lan },
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
        const client = this.clients[turn++ % this.clients.length];
        ends.set(ip, client === undefined ? watches : [...watches, client.use(ip)]);
      },
      vanished: (ip) => {
        for (const end of ends.get(ip) ?? []) end();
        ends.delete(ip);
      },
    });
  }
}
