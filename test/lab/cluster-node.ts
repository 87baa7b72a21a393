// A node of the lab's cluster with all that runs on it, and its power switch.
import type { ControlPlane } from './control-plane/control-plane.ts';
import { eventually } from './eventually.ts';
import { plugCable, pullCable } from './faults/cable.ts';
import { cut, heal, type CuttableNetwork } from './faults/cut.ts';
import { powerOff } from './faults/power.ts';
import { nodeAddresses, type NodeAddresses, type NodeNumber } from './network/addresses.ts';
import { createNode, deleteNode } from './network/node.ts';
import type { Parts } from './parts/parts.ts';
import type { Program } from './process/program.ts';
import { startBackend } from './programs/backend.ts';
import { kubeProxyHealthPort, startKubeProxy, type ProxyMode } from './programs/kube-proxy.ts';
import { startSpeaker } from './programs/speaker.ts';
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
}

const upWithinMs = 30_000;

export class ClusterNode {
  readonly number: NodeNumber;
  readonly addresses: NodeAddresses;
  readonly #options: ClusterNodeOptions;
  #kubelet: Program | undefined;
  #kubeProxy: Program | undefined;
  #speaker: Program | undefined;
  #powered = true;

  constructor(options: ClusterNodeOptions) {
    this.#options = options;
    this.number = options.number;
    this.addresses = nodeAddresses(options.number);
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

  async startSpeaker(): Promise<Program> {
    const { controlPlane, directory, logDirectory, speakerFlags: flags } = this.#options;
    this.#speaker = await startSpeaker(this.number, { controlPlane, directory, logDirectory, flags });
    return this.#speaker;
  }

  async powerOff(): Promise<void> {
    this.#powered = false;
    await powerOff(this.number);
  }

  /** Everything is built anew. The speaker comes back when it ran before. */
  async powerOn(): Promise<void> {
    await deleteNode(this.number);
    await createNode(this.number, this.#options.all);
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
