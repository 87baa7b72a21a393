// The lab: a whole cluster in network namespaces, with a client on its LAN. All that tests, demo and benches import.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ClusterNode } from './cluster-node.ts';
import type { AdminClient, KubeObject } from './control-plane/admin-client.ts';
import { ControlPlane } from './control-plane/control-plane.ts';
import { applyAccess, applyDefinitions } from './control-plane/manifests.ts';
import { eventually } from './eventually.ts';
import { clientHost, outsideHost, type Host } from './host.ts';
import { MachineLacks } from './machine-lacks.ts';
import { apiserver, type NodeNumber } from './network/addresses.ts';
import { namespaceNames } from './network/namespace.ts';
import { createNetwork, deleteNetwork } from './network/network.ts';
import { silently, type Steps } from './output/steps.ts';
import { binary, ensureParts, type Parts } from './parts/parts.ts';
import { runningPrograms, type Program } from './process/program.ts';
import { run } from './process/run.ts';
import { backendPod, backendServiceAccount } from './programs/backend.ts';
import { controllerPorts, startController } from './programs/controller.ts';
import type { ProxyMode } from './programs/kube-proxy.ts';
import { writeSegmentKey } from './programs/segment-key.ts';
import { bundleSpeaker } from './programs/speaker-bundle.ts';
import { namespace, speakerPath } from './programs/speaker.ts';

export interface LabOptions {
  readonly nodes?: NodeNumber;
  readonly proxyMode?: ProxyMode;
  /** Replicas of the controller. */
  readonly controllers?: number;
  readonly speakers?: boolean;
  readonly controllerFlags?: readonly string[];
  readonly speakerFlags?: readonly string[];
  /** Speakers as the image has them, instead of from their source. */
  readonly bundled?: true;
  /** Who is told how the start goes. */
  readonly steps?: Steps;
}

/** Made by `enter`. */
const root = '/run/ingot-lab';
const directory = join(root, 'cluster');
const logDirectory = join(directory, 'logs');
const segmentKeyDirectory = join(directory, 'segment-key');
const readyWithinMs = 30_000;
const goneWithinMs = 15_000;

export class Lab {
  readonly client: Host = clientHost;
  readonly outside: Host = outsideHost;
  readonly controlPlane: ControlPlane;
  readonly nodes: readonly ClusterNode[];
  readonly logDirectory = logDirectory;
  readonly #options: LabOptions;
  readonly #parts: Parts;
  readonly #controllers = new Map<number, Program>();

  private constructor(
    options: LabOptions,
    parts: Parts,
    controlPlane: ControlPlane,
    speakerBundle: readonly string[] | undefined,
  ) {
    this.#options = options;
    this.#parts = parts;
    this.controlPlane = controlPlane;
    const kubeProxyKubeconfigPath = controlPlane.writeKubeconfig('kube-proxy', controlPlane.certificates.kubeProxy);
    const all = numbers(options.nodes ?? 3);
    this.nodes = all.map(
      (number) =>
        new ClusterNode({
          number,
          all,
          parts,
          controlPlane,
          directory,
          logDirectory,
          proxyMode: options.proxyMode ?? 'nftables',
          kubeProxyKubeconfigPath,
          speakerFlags: options.speakerFlags ?? [],
          speakerBundle,
          segmentKeyDirectory,
        }),
    );
  }

  /** Brings up everything and waits until it serves. Only inside `enter`, and one at a time. */
  static async start(options: LabOptions = {}): Promise<Lab> {
    if (!existsSync(root)) {
      throw new MachineLacks('The lab lives in namespaces of its own: node test/lab/enter.ts COMMAND…');
    }
    const steps = options.steps ?? silently;
    // There is no way out of the namespaces: what is to be built was built before.
    const parts = await ensureParts(silently);
    const nodes = numbers(options.nodes ?? 3);
    mkdirSync(logDirectory, { recursive: true });
    writeSegmentKey(segmentKeyDirectory);
    let lab: Lab | undefined;
    try {
      await steps.run(`network: ${nodes.length} nodes, client, router`, () => createNetwork(nodes));
      const bundle =
        options.bundled && (await steps.run('bundle of the speaker', () => bundleSpeaker(join(directory, 'dist'))));
      const controlPlane = await steps.run('control plane', () => startControlPlane(parts));
      lab = new Lab(options, parts, controlPlane, bundle);
      await lab.#startOn(steps);
      return lab;
    } catch (error) {
      await (lab?.stop() ?? takeDown());
      throw error;
    }
  }

  async #startOn(steps: Steps): Promise<void> {
    await steps.run('nodes, kube-proxies, backends', () => this.#startPlatform());
    const { controllers = 2, speakers = true } = this.#options;
    if (controllers === 0 && !speakers) return;
    const title = `Ingot: ${controllers} controllers${speakers ? ', a speaker per node' : ''}`;
    await steps.run(title, () => this.startIngot());
  }

  get admin(): AdminClient {
    return this.controlPlane.admin;
  }

  get controllers(): ReadonlyMap<number, Program> {
    return this.#controllers;
  }

  node(number: NodeNumber): ClusterNode {
    const found = this.nodes.find((node) => node.number === number);
    if (found === undefined) throw new Error(`This lab has no node ${number}`);
    return found;
  }

  /** The node whose interface on the LAN has this MAC address. */
  nodeWithMac(mac: string | undefined): ClusterNode | undefined {
    return this.nodes.find((node) => node.addresses.mac === mac);
  }

  /** kubectl as the admin; `input` is its standard input. */
  kubectl(args: readonly string[], input?: string): Promise<string> {
    const command = [binary(this.#parts, 'kubectl'), `--kubeconfig=${this.controlPlane.kubeconfigPath}`] as const;
    return run([...command, ...args], input === undefined ? {} : { input });
  }

  /** The controllers and speakers that do not run, on nodes that do; waits until all are ready. */
  async startIngot(): Promise<void> {
    const replicas = numbersFrom0(this.#options.controllers ?? 2);
    const speaking = this.#options.speakers === false ? [] : this.nodes.filter(({ powered }) => powered);
    await Promise.all([
      ...replicas
        .filter((replica) => !running(this.#controllers.get(replica)))
        .map((each) => this.startController(each)),
      ...speaking.filter((node) => !running(node.speaker)).map((node) => node.startSpeaker()),
    ]);
    await Promise.all([
      ...replicas.map((replica) => this.#controllerReady(replica)),
      ...speaking.flatMap(({ speaker }) =>
        speaker === undefined ? [] : [this.#podReady(speakerPath(speaker.name), speaker)],
      ),
    ]);
  }

  async startController(replica: number): Promise<Program> {
    const program = await startController(replica, {
      controlPlane: this.controlPlane,
      directory,
      logDirectory,
      flags: this.#options.controllerFlags ?? [],
    });
    this.#controllers.set(replica, program);
    return program;
  }

  /** After a test: faults are healed, what it made is gone and no longer announced, all programs run. */
  async reset(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.heal()));
    await removeWhatTestsMake(this.admin);
    await this.startIngot();
    await eventually(
      async () => {
        const told = await Promise.all(statuses.map((plural) => this.admin.list(`${metallb}/${plural}`)));
        return told.every(({ length }) => length === 0);
      },
      { withinMs: goneWithinMs, what: 'The end of all announcements' },
    );
    await this.client.flushNeighbours();
  }

  /** Ends everything, namespaces included, and checks that nothing is left. */
  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#controllers.values(), (program) => program.stop('SIGKILL')));
    await this.controlPlane.stop();
    await takeDown();
    await eventually(
      async () => {
        const left = [...runningPrograms().map(({ name }) => name), ...(await namespaceNames())];
        if (left.length > 0) throw new Error(`${left.join(', ')} still there`);
        return true;
      },
      { withinMs: goneWithinMs, what: 'The end of the lab' },
    );
  }

  async #startPlatform(): Promise<void> {
    const { admin } = this;
    await Promise.all([applyDefinitions(admin), applyAccess(admin), admin.apply(backendAccount)]);
    await Promise.all([
      ...this.nodes.map((node) => node.startPlatform()),
      ...this.nodes.map((node) => admin.apply(backendPod(node.number))),
    ]);
    await Promise.all(
      this.nodes.map((node) => this.#podReady(`/api/v1/namespaces/default/pods/${node.addresses.pod.name}`)),
    );
  }

  async #podReady(path: string, program?: Program): Promise<void> {
    await eventually(
      async () => {
        program?.assertRunning();
        const { status } = await this.admin.get(path);
        const conditions: readonly { type: string; status: string }[] = status.conditions ?? [];
        return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
      },
      { withinMs: readyWithinMs, what: `${path}, ready` },
    );
  }

  async #controllerReady(replica: number): Promise<void> {
    await eventually(
      async () => {
        this.#controllers.get(replica)?.assertRunning();
        const answer = await fetch(`http://127.0.0.1:${controllerPorts(replica).health}/readyz`);
        return answer.ok;
      },
      { withinMs: readyWithinMs, what: `Controller ${replica}, ready` },
    );
  }
}

const metallb = `/apis/metallb.io/v1beta1/namespaces/${namespace}`;
const configuration = ['ipaddresspools', 'l2advertisements', 'bgpadvertisements', 'bfdprofiles', 'communities'];
const statuses = ['servicel2statuses', 'servicebgpstatuses'];

async function removeWhatTestsMake(admin: AdminClient): Promise<void> {
  const services = await admin.list('/api/v1/services');
  const made = services.filter(({ metadata }) => metadata.name !== 'kubernetes');
  await Promise.all(
    made.map(({ metadata }) => admin.delete(`/api/v1/namespaces/${metadata.namespace}/services/${metadata.name}`)),
  );
  await admin.delete('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices');
  await Promise.all(configuration.map((plural) => admin.delete(`${metallb}/${plural}`)));
  await admin.delete(`/apis/metallb.io/v1beta2/namespaces/${namespace}/bgppeers`);
}

const backendAccount: KubeObject = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: backendServiceAccount, namespace: 'default' },
};

function startControlPlane(parts: Parts): Promise<ControlPlane> {
  return ControlPlane.start({ parts, directory: join(directory, 'control-plane'), ...apiserver, controllers: true });
}

async function takeDown(): Promise<void> {
  await deleteNetwork();
  rmSync(directory, { recursive: true, force: true });
}

function running(program: Program | undefined): boolean {
  return program?.running === true;
}

function numbers(count: NodeNumber): readonly NodeNumber[] {
  return numbersFrom0(count).map((index) => (index + 1) as NodeNumber);
}

function numbersFrom0(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
