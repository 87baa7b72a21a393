// A node of the lab's cluster with all that runs on it, and its power switch.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from './control-plane/control-plane.ts';
import { eventually } from './eventually.ts';
import { plugCable, pullCable } from './faults/cable.ts';
import { cut, heal, type CuttableNetwork } from './faults/cut.ts';
import { powerOff } from './faults/power.ts';
import { nodeAddresses, type NodeAddresses, type NodeNumber } from './network/addresses.ts';
import { createNode, deleteNode } from './network/node.ts';
import type { Parts } from './parts/parts.ts';
import { within } from './network/namespace.ts';
import type { Program } from './process/program.ts';
import { run } from './process/run.ts';
import { startBackend } from './programs/backend.ts';
import { kubeProxyHealthPort, startKubeProxy, type ProxyMode } from './programs/kube-proxy.ts';
import { forgetState, healthPort, speakerPath, startSpeaker } from './programs/speaker.ts';
import { startStandInKubelet } from './programs/stand-in-kubelet.ts';

export interface ClusterNodeOptions {
  readonly number: NodeNumber;
  readonly all: readonly NodeNumber[];
  readonly parts: Parts;
  readonly controlPlane: ControlPlane;
  readonly directory: string;
  readonly logDirectory: string;
  readonly proxyMode: ProxyMode;
  readonly kubeProxyKubeconfigPath: string;
  readonly speakerFlags: readonly string[];
  readonly speakerBundle: readonly string[] | undefined;
  /** Of the cluster's secret. */
  readonly segmentKeyDirectory: string;
}

const upWithinMs = 30_000;
/** A kubelet's terminationGracePeriodSeconds, if nothing else is said. */
const terminationGraceMs = 30_000;

export class ClusterNode {
  readonly number: NodeNumber;
  readonly addresses: NodeAddresses;
  readonly #options: ClusterNodeOptions;
  #kubelet: Program | undefined;
  #kubeProxy: Program | undefined;
  #speaker: Program | undefined;
  /** Of the Pod of its speaker; an upgrade brings another one. */
  #speakerPod: string;
  #upgrades = 0;
  #powered = true;

  constructor(options: ClusterNodeOptions) {
    this.#options = options;
    this.number = options.number;
    this.addresses = nodeAddresses(options.number);
    this.#speakerPod = `speaker-${this.addresses.name}`;
  }

  get name(): string {
    return this.addresses.name;
  }

  get powered(): boolean {
    return this.#powered;
  }

  get speaker(): Program | undefined {
    return this.#speaker;
  }

  get kubeProxy(): Program | undefined {
    return this.#kubeProxy;
  }

  /** What every node of every cluster has: kubelet, kube-proxy, a Pod. Waits until they serve. */
  async startPlatform(): Promise<void> {
    const { parts, controlPlane, logDirectory } = this.#options;
    this.#kubelet = startStandInKubelet(this.number, parts.kubernetes, controlPlane, logDirectory);
    startBackend(this.number, logDirectory);
    await eventually(() => this.#isReady(), { withinMs: upWithinMs, what: `Node ${this.name}, ready` });
    this.startKubeProxy();
    await eventually(() => this.#proxyHealthy(), {
      withinMs: upWithinMs,
      what: `A healthy kube-proxy on ${this.name}`,
    });
  }

  startKubeProxy(): void {
    const { parts, directory, logDirectory, proxyMode: mode, kubeProxyKubeconfigPath } = this.#options;
    this.#kubeProxy = startKubeProxy({
      parts,
      directory,
      logDirectory,
      node: this.number,
      mode,
      kubeconfigPath: kubeProxyKubeconfigPath,
    });
  }

  /** In the Pod of the one before, if there was one. */
  async startSpeaker(segmentKeyDirectory = this.#options.segmentKeyDirectory): Promise<Program> {
    const { controlPlane, directory, logDirectory, speakerFlags: flags, speakerBundle: bundle } = this.#options;
    this.#speaker = await startSpeaker(this.number, {
      controlPlane,
      directory,
      logDirectory,
      flags,
      bundle,
      podName: this.#speakerPod,
      segmentKeyDirectory,
    });
    return this.#speaker;
  }

  /** Ends it as a kubelet does, or at once, and after a while starts its container again. */
  async restartSpeaker(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM', afterMs = 0): Promise<void> {
    await this.#speaker?.stop(signal, terminationGraceMs);
    await sleep(afterMs);
    this.#speaker = this.#speaker?.again();
  }

  /** A new one beside the old one, which is ended when the new one has been there for so long: a DaemonSet's maxSurge of 1. */
  async upgradeSpeaker(minReadyMs: number): Promise<void> {
    const [old, oldPod] = [this.#speaker, this.#speakerPod];
    this.#upgrades++;
    this.#speakerPod = `speaker-${this.name}-${this.#upgrades}`;
    const program = await this.startSpeaker();
    await sleep(minReadyMs);
    await eventually(
      async () => {
        program.assertRunning();
        return (await this.speakerReadiness()) === 'ok\n';
      },
      { withinMs: upWithinMs, what: `The new speaker on ${this.name}, ready` },
    );
    await old?.stop('SIGTERM', terminationGraceMs);
    await this.#options.controlPlane.admin.delete(speakerPath(oldPod));
  }

  /** What its speaker answers to its readiness probe: `ok`, or what is missing. */
  speakerReadiness(): Promise<string> {
    return run(within(this.name, ['curl', '-sS', '--max-time', '2', `http://127.0.0.1:${healthPort}/readyz`]));
  }

  async powerOff(): Promise<void> {
    this.#powered = false;
    await powerOff(this.number);
  }

  /** Everything is built anew. The speaker comes back when it ran before. */
  async powerOn(): Promise<void> {
    await deleteNode(this.number);
    await createNode(this.number, this.#options.all);
    forgetState(this.number, this.#options.directory);
    this.#powered = true;
    await this.startPlatform();
    if (this.#speaker !== undefined) await this.startSpeaker();
  }

  /** Frames of one network no longer pass, and nobody is told. */
  cut(network: CuttableNetwork): Promise<void> {
    return cut(network, this.number);
  }

  /** The interface on the LAN loses its carrier. */
  pullCable(): Promise<void> {
    return pullCable(this.number);
  }

  /** Whatever was done to the node: it is whole again. Programs of ours are left as they are. */
  async heal(): Promise<void> {
    if (!this.#powered) return this.powerOn();
    await plugCable(this.number);
    await Promise.all([heal('lan', this.number), heal('management', this.number)]);
    if (this.#kubeProxy?.running === false) this.startKubeProxy();
  }

  async #isReady(): Promise<boolean> {
    this.#kubelet?.assertRunning();
    const { status } = await this.#options.controlPlane.admin.get(`/api/v1/nodes/${this.name}`);
    const conditions: readonly { type: string; status: string }[] = status.conditions ?? [];
    return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  }

  async #proxyHealthy(): Promise<boolean> {
    this.#kubeProxy?.assertRunning();
    const answer = await fetch(`http://${this.addresses.management}:${kubeProxyHealthPort}/healthz`);
    return answer.ok;
  }
}
