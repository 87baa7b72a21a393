// A node of the simulated cluster: its clocks, its kernel with an interface on each LAN, and the programs that its kubelet keeps running.
import assert from 'node:assert';
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { Apiserver } from '../apiserver/apiserver.ts';
import type { ConnectionHooks } from '../apiserver/client.ts';
import type { Connection } from '../apiserver/connection.ts';
import { once } from '../cancel.ts';
import type { Program } from '../faults/fault.ts';
import type { NodeLifecycle } from '../cluster/node-lifecycle.ts';
import type { Segment } from '../lan/segment.ts';
import { Kernel } from '../node/kernel.ts';
import { KubeProxy } from '../node/kube-proxy.ts';
import { SimulatedKubeProxyProbe } from '../node/kube-proxy-probe.ts';
import type { Nic } from '../node/nic.ts';
import { StateDisk } from '../node/state-disk.ts';
import { SimulatedNodeLock } from '../node/node-lock.ts';
import type { ServedServices } from '../node/served-services.ts';
import { NodeTime } from '../node-time.ts';
import { forgetTcp, type TcpHost, type TcpNetwork } from '../tcp/tcp-network.ts';
import { TcpProgram } from '../tcp/tcp-program.ts';
import type { Observer } from '../observer.ts';
import { randomFor } from '../time/random.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { Trace } from '../trace.ts';
import { traceDatagram, traceStep } from './segment-trace.ts';
import { nodeGateways, nodeMac, nodeName, nodePrefixes, replacedMac, type Families } from './address-plan.ts';
import { runController } from './controller-process.ts';
import { Kubelet, type Running } from './kubelet.ts';
import { Process, type ThreadName } from './process.ts';
import { usualSecret } from './segment-keys.ts';
import { runSpeaker, type RunningSpeaker } from './speaker-process.ts';

export interface MachineDependencies {
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly seed: number;
  readonly apiserver: Apiserver;
  readonly lans: readonly Segment[];
  readonly tcp: TcpNetwork;
  readonly families: Families;
  readonly observers: readonly Observer[];
  readonly lifecycle: NodeLifecycle;
  readonly services: ServedServices;
  /** Of the node that speakers have given this id. */
  readonly nameOf: (id: string) => string;
}

/** To read one segment of TCP. */
const segmentCostUs = 20;
const mostDriftPpm = 100;
const longestUptimeMs = 1_000_000_000;

export class Machine {
  readonly name: string;
  readonly index: number;
  readonly kernel: Kernel;
  /** One on each LAN. */
  readonly nics: readonly Nic[];
  readonly kubeProxy: KubeProxy;
  /** Of its speaker; it outlives processes and boots. */
  readonly stateDisk = new StateDisk();
  readonly #dependencies: MachineDependencies;
  readonly #random: Random;
  readonly #kubelet: Kubelet;
  readonly #tcpHost: TcpHost;
  readonly #nodeLock: SimulatedNodeLock;
  #time: NodeTime;
  #isOn = true;
  /** Of the segments, as Pods here have it mounted. */
  #secret = usualSecret;
  readonly #speakers = new Set<RunningSpeaker>();
  #macChanges = 0;

  constructor(index: number, dependencies: MachineDependencies) {
    const { scheduler, trace, seed, lans, families } = dependencies;
    this.index = index;
    this.name = nodeName(index);
    this.#dependencies = dependencies;
    this.#random = randomFor(seed, `machine ${this.name}`);
    this.#time = this.#newTime();
    this.#kubelet = new Kubelet({
      scheduler,
      random: this.#random,
      start: (program, count) => this.#start(program, count),
    });
    this.kernel = new Kernel(this.name, { scheduler, trace, seed, observer: this.#kernelObserver() });
    this.nics = lans.map((segment, lan) =>
      this.kernel.addNic({
        index: 2 + lan,
        name: `eth${lan}`,
        mac: nodeMac(index, lan),
        addresses: nodePrefixes(index, lan, families),
        gateways: lan === 0 ? nodeGateways(families) : [],
        segment,
      }),
    );
    this.#nodeLock = new SimulatedNodeLock(scheduler);
    this.#tcpHost = dependencies.tcp.add({
      name: this.name,
      attachments: this.nics.map(({ attachment }) => attachment),
      ips: () => this.kernel.network.addresses.map(({ ip }) => ip),
      isRunning: () => this.kernel.isRunning,
    });
    const { services } = dependencies;
    this.kubeProxy = new KubeProxy(this.kernel, {
      scheduler,
      random: randomFor(seed, `kube-proxy ${this.name}`),
      services,
    });
  }

  /** On the first LAN. */
  get nic(): Nic {
    return this.nicOn(0);
  }

  /** On that LAN: its number, or its name. */
  nicOn(lan: number | string): Nic {
    const nic = typeof lan === 'number' ? this.nics[lan] : this.nics.find((on) => on.attachment.segment.name === lan);
    assert(nic !== undefined, `${this.name} has nothing on LAN ${lan}`);
    return nic;
  }

  /** Kernel and programs have power. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** As its programs see it. */
  get monotonicMs(): number {
    return this.#time.monotonicMs();
  }

  process(program: Program): Process | undefined {
    return this.#kubelet.process(program);
  }

  get processes(): readonly Process[] {
    return this.#kubelet.processes;
  }

  /** From now on the kubelet keeps it running. */
  run(program: Program): void {
    this.#kubelet.run(program);
  }

  /** Killed, or asked to end; back that long after it has ended. */
  end(program: Program, how: 'kill' | 'ask', backAfterMs: number): void {
    this.#kubelet.end(program, how, backAfterMs);
  }

  /** By a new process beside it, and so long after asked to end. */
  replace(program: Program, askAfterMs: number): void {
    this.#kubelet.replace(program, askAfterMs);
  }

  /** Speakers here have another key until the answer is called. */
  mistakeSecret(secret: string): Cancel {
    this.#changeSecret(secret);
    return once(() => this.#changeSecret(usualSecret));
  }

  hold(program: Program, thread: ThreadName | 'all'): Cancel {
    return this.process(program)?.hold(thread) ?? ((): void => {});
  }

  /** Without power, or hung; nothing is left of what ran. It boots when the answer is called. */
  lose(how: 'power' | 'kernel'): Cancel {
    if (!this.#isOn) return () => {};
    this.#isOn = false;
    this.#kubelet.powerOff();
    if (how === 'power') this.kernel.powerOff();
    else this.kernel.hang();
    forgetTcp(this.#tcpHost);
    this.kubeProxy.powerOff();
    const heard = this.silenceKubelet();
    return once(() => {
      this.#isOn = true;
      this.#time = this.#newTime();
      this.kernel.boot();
      this.kubeProxy.start();
      heard();
      this.#kubelet.powerOn();
    });
  }

  /** The virtual machine stands still until the answer is called. */
  freeze(monotonicStops: boolean): Cancel {
    const releases = this.processes.flatMap(({ threads }) => threads.map((thread) => thread.hold()));
    const thaw = this.kernel.freeze();
    const ends = [this.silenceKubelet(), this.kubeProxy.stick()];
    if (monotonicStops) this.#time.stop();
    return once(() => {
      if (monotonicStops) this.#time.go();
      thaw();
      for (const end of ends) end();
      for (const release of releases) release();
    });
  }

  /** Everything in the program takes so many times longer, until the answer is called. */
  slow(program: Program, factor: number): Cancel {
    const threads = this.process(program)?.threads ?? [];
    for (const thread of threads) thread.slowness *= factor;
    return once(() => {
      for (const thread of threads) thread.slowness /= factor;
    });
  }

  /** The cluster does not hear its kubelet until the answer is called. */
  silenceKubelet(): Cancel {
    return this.#dependencies.lifecycle.silence(this.name);
  }

  stepClock(byMs: number): void {
    this.#time.stepWall(byMs);
  }

  /** Another interface card on that LAN. */
  changeMac(lan = 0): void {
    this.nicOn(lan).changeMac(replacedMac(this.index, ++this.#macChanges));
  }

  #kernelObserver(): Pick<Observer, 'sent' | 'answering' | 'datagram'> {
    const { observers, trace, nameOf } = this.#dependencies;
    return {
      sent: (...told) => {
        for (const observer of observers) observer.sent?.(...told);
      },
      answering: (...told) => {
        for (const observer of observers) observer.answering?.(...told);
      },
      datagram: (node, segment, packet) => {
        traceDatagram(trace, this.name, packet, nameOf);
        for (const observer of observers) observer.datagram?.(node, segment, packet);
      },
    };
  }

  #newTime(): NodeTime {
    return new NodeTime(this.#dependencies.scheduler, {
      originMs: uniform(this.#random, 1_000, longestUptimeMs),
      fastPpm: uniform(this.#random, 0, 2 * mostDriftPpm) - mostDriftPpm,
    });
  }

  #start(program: Program, count: number): Running {
    const { scheduler, trace, observers } = this.#dependencies;
    const ref = { name: `${this.name}/${program}#${count}`, node: this.name, program };
    const process = new Process(ref, { scheduler, trace, time: this.#time, observers });
    trace.record(process.name, 'started', '');
    for (const observer of observers) observer.started?.(process);
    const askToEnd = program === 'speaker' ? this.#runSpeaker(process) : this.#runController(process);
    return { process, askToEnd };
  }

  #connect(process: Process): Connection {
    const { apiserver, observers } = this.#dependencies;
    const thread = process.thread('cluster');
    const client = { name: process.name, node: this.name, clock: thread.clock, receive: thread.receive.bind(thread) };
    const connection = apiserver.connect(client, { hooks: hooksOf(process, observers) });
    process.atDeath(() => connection.close());
    return connection;
  }

  #runController(process: Process): () => void {
    const { trace, seed } = this.#dependencies;
    const random = randomFor(seed, process.name);
    return runController(process, `controller-${this.name}`, { api: this.#connect(process), random, trace });
  }

  #runSpeaker(process: Process): () => void {
    const { trace, seed, scheduler, observers, nameOf } = this.#dependencies;
    const network = this.kernel.forProcess(process.thread('wire'));
    const thread = process.thread('cluster');
    const tcp = new TcpProgram(this.#dependencies.tcp, this.#tcpHost, (work) => thread.receive(work, segmentCostUs));
    process.atDeath(() => {
      network.end();
      tcp.closeAll();
      this.#nodeLock.freeBy(thread);
    });
    const speaker = runSpeaker(process, this.#secret, {
      api: this.#connect(process),
      random: randomFor(seed, process.name),
      wireRandom: randomFor(seed, `${process.name} wire`),
      trace,
      scheduler,
      network,
      stateFile: this.stateDisk.forProgram({ scheduler, random: randomFor(seed, `${process.name} disk`), thread }),
      tcp,
      nodeLock: this.#nodeLock.forProgram(thread),
      kubeProxy: new SimulatedKubeProxyProbe({ scheduler, thread, kubeProxy: this.kubeProxy }),
      explained: (step) => {
        traceStep(trace, process.name, step, nameOf);
        for (const observer of observers) observer.explained?.(process, step);
      },
    });
    this.#speakers.add(speaker);
    process.atDeath(() => this.#speakers.delete(speaker));
    return speaker.askToEnd;
  }

  #changeSecret(secret: string): void {
    this.#secret = secret;
    for (const speaker of this.#speakers) speaker.changeSecret(secret);
  }
}

function hooksOf(process: Process, observers: readonly Observer[]): ConnectionHooks {
  return {
    requested: (...told) => {
      for (const observer of observers) observer.requested?.(process, ...told);
    },
    answered: (...told) => {
      for (const observer of observers) observer.answered?.(process, ...told);
    },
    watching: (...told) => {
      for (const observer of observers) observer.watching?.(process, ...told);
    },
    watched: (...told) => {
      for (const observer of observers) observer.watched?.(process, ...told);
    },
  };
}
