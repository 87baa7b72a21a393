// The interfaces with unnumbered BGP peers (shell; spec/bgp §12): those that are named, as they come and go.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { HostNetworkState } from '../l2/host-network.ts';
import type { ObservedRouter } from '../seam.ts';
import { RouterInterface, type RouterInterfaceDependencies } from './router-interface.ts';

/** What was refused is tried again this often, besides at every change of the interfaces. */
const retryMs = 10_000;

export class Routers {
  readonly #dependencies: RouterInterfaceDependencies;
  readonly #interfaces = new Map<string, RouterInterface>();
  #network: HostNetworkState | undefined;
  #retrying: Cancel | undefined;

  constructor(dependencies: RouterInterfaceDependencies) {
    this.#dependencies = dependencies;
  }

  /** Interfaces by name; the others end. */
  want(names: readonly string[]): void {
    const wanted = new Set(names);
    for (const [name, one] of this.#interfaces) if (!wanted.has(name)) this.#end(name, one);
    for (const name of wanted) if (!this.#interfaces.has(name)) this.#begin(name);
    this.#dependencies.changed();
  }

  networkChanged(network: HostNetworkState): void {
    this.#network = network;
    for (const one of this.#interfaces.values()) one.update(network);
  }

  get observed(): readonly ObservedRouter[] {
    return [...this.#interfaces.values()].flatMap(({ observed }) => observed ?? []);
  }

  get problems(): readonly string[] {
    return [...new Set([...this.#interfaces.values()].flatMap(({ problems }) => problems))];
  }

  /** Silent when it returns. */
  close(): void {
    for (const [name, one] of this.#interfaces) this.#end(name, one);
  }

  #begin(name: string): void {
    const one = new RouterInterface(name, this.#dependencies);
    this.#interfaces.set(name, one);
    if (this.#network !== undefined) one.update(this.#network);
    this.#retrying ??= this.#retryLater();
  }

  #end(name: string, one: RouterInterface): void {
    one.close();
    this.#interfaces.delete(name);
    if (this.#interfaces.size > 0) return;
    this.#retrying?.();
    this.#retrying = undefined;
  }

  #retryLater(): Cancel {
    return this.#dependencies.clock.after(retryMs, () => {
      this.#dependencies.gapEnded();
      this.#retrying = this.#retryLater();
      if (this.#network !== undefined) this.networkChanged(this.#network);
      this.#dependencies.changed();
    });
  }
}
