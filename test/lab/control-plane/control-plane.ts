// A Kubernetes control plane for tests: etcd and kube-apiserver, on request kube-controller-manager, as child processes with data of their own.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import type { Parts } from '../parts/parts.ts';
import type { Program } from '../process/program.ts';
import { AdminClient } from './admin-client.ts';
import { startApiserver } from './apiserver.ts';
import { createCertificates, type Certificates, type KeyPair } from './certificates.ts';
import { startControllerManager } from './controller-manager.ts';
import { startEtcd, type Etcd } from './etcd.ts';
import { freePort } from './free-port.ts';
import { writeKubeconfig } from './kubeconfig.ts';

export interface ControlPlaneOptions {
  readonly parts: Parts;
  /** For data, keys and logs; made if it is not there, and removed by `stop`. */
  readonly directory: string;
  /** Where the apiserver listens; the loopback if absent. */
  readonly address?: string;
  /** A free one if absent. */
  readonly port?: number;
  readonly controllers?: boolean;
}

const loopback = '127.0.0.1';
const readyWithinMs = 60_000;

export class ControlPlane {
  readonly directory: string;
  readonly address: string;
  readonly port: number;
  readonly certificates: Certificates;
  readonly admin: AdminClient;
  /** For the admin; contains its key. */
  readonly kubeconfigPath: string;
  readonly #options: ControlPlaneOptions;
  readonly #etcd: Etcd;
  #apiserver: Program;
  #controllerManager: Program | undefined;

  private constructor(options: ControlPlaneOptions, certificates: Certificates, etcd: Etcd, port: number) {
    this.#options = options;
    this.directory = options.directory;
    this.address = options.address ?? loopback;
    this.port = port;
    this.certificates = certificates;
    this.#etcd = etcd;
    this.#apiserver = this.#startApiserver();
    this.admin = new AdminClient(this.url, certificates);
    this.kubeconfigPath = this.writeKubeconfig('admin', certificates.admin);
  }

  /** Starts a control plane and waits until it is ready. */
  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    mkdirSync(options.directory, { recursive: true });
    const address = options.address ?? loopback;
    const [certificates, etcd] = await Promise.all([
      createCertificates(join(options.directory, 'pki'), [address]),
      startEtcd(options.parts, options.directory),
    ]);
    const controlPlane = new ControlPlane(options, certificates, etcd, options.port ?? (await freePort(address)));
    try {
      await controlPlane.ready();
      if (options.controllers === true) await controlPlane.#startControllers();
      return controlPlane;
    } catch (error) {
      await controlPlane.stop();
      throw error;
    }
  }

  get url(): string {
    return `https://${this.address}:${this.port}`;
  }

  /** The processes that run now. */
  get programs(): readonly Program[] {
    const all = [this.#etcd.program, this.#apiserver, this.#controllerManager];
    return all.filter((program): program is Program => program?.running === true);
  }

  get apiserver(): Program {
    return this.#apiserver;
  }

  /** A kubeconfig for a client certificate; returns its path. */
  writeKubeconfig(name: string, client: KeyPair): string {
    const path = join(this.directory, `${name}.kubeconfig`);
    writeKubeconfig(path, { server: this.url, authority: this.certificates.authority, client });
    return path;
  }

  async ready(): Promise<void> {
    const programs = [this.#etcd.program, this.#apiserver];
    await eventually(
      async () => {
        for (const program of programs) program.assertRunning();
        await this.admin.request('GET', '/readyz');
        return true;
      },
      { withinMs: readyWithinMs, what: 'A ready kube-apiserver' },
    );
    // What answers there must be ours, not what a failed start left behind.
    for (const program of programs) program.assertRunning();
  }

  /** Stops the apiserver at once; its data stay. */
  async killApiserver(): Promise<void> {
    await this.#apiserver.stop('SIGKILL');
  }

  /** Starts the apiserver anew on its data, at the same address, and waits until it is ready. */
  async restartApiserver(): Promise<void> {
    await this.killApiserver();
    this.#apiserver = this.#startApiserver();
    await this.ready();
  }

  /** Ends everything at once (a polite apiserver takes ten seconds and more) and removes the data. */
  async stop(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.stop('SIGKILL')));
    await this.admin.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #startApiserver(): Program {
    const { parts, directory } = this.#options;
    return startApiserver({
      parts,
      directory,
      address: this.address,
      port: this.port,
      etcdUrl: this.#etcd.url,
      certificates: this.certificates,
    });
  }

  async #startControllers(): Promise<void> {
    const { parts, directory } = this.#options;
    this.#controllerManager = startControllerManager({
      parts,
      directory,
      address: loopback,
      port: await freePort(loopback),
      kubeconfigPath: this.writeKubeconfig('controller-manager', this.certificates.controllerManager),
      certificates: this.certificates,
    });
  }
}
