// kube-proxy on one node: rules that follow the API a while behind it, and stay when the process does not run.
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import { once } from '../cancel.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { Kernel } from './kernel.ts';
import { isServedOn, type ServedService, type ServedServices } from './served-services.ts';

/** Until a change has come through the watch. */
const watchUs = [2_000, 30_000] as const;
/** Until the rules are written. */
const writeUs = [10_000, 100_000] as const;
/** minSyncPeriod: not more often than that. */
const betweenUs = 1_000_000;
const startUs = [1_000_000, 3_000_000] as const;

type Seen = readonly [key: string, service: ServedService | undefined];

export interface KubeProxyDependencies {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly services: ServedServices;
}

export class KubeProxy {
  readonly #kernel: Kernel;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #services: ServedServices;
  /** The rules, by key of the Service and by address. */
  readonly #rules = new Map<string, ServedService>();
  readonly #byAddress = new Map<Ip, Set<string>>();
  /** What has come through the watch and is not written yet. */
  readonly #seen = new Map<string, ServedService | undefined>();
  /** Keys of what changed while it was stuck. */
  readonly #missed = new Set<string>();
  #stuck = 0;
  #isOn = true;
  #lastSyncUs = -betweenUs;
  #sync: Cancel | undefined;
  #starting: Cancel | undefined;

  /** Its rules are complete from the start. */
  constructor(kernel: Kernel, { scheduler, random, services }: KubeProxyDependencies) {
    this.#kernel = kernel;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#services = services;
    kernel.forwards = (ip) => this.forwards(ip);
    for (const key of services.keys) this.#write([key, services.get(key)]);
    services.follow((key) => scheduler.after(this.#draw(watchUs), () => this.#see(key)));
  }

  /** Packets for the address that come to this node go on to a usable endpoint. */
  forwards(ip: Ip): boolean {
    for (const key of this.#byAddress.get(ip) ?? []) {
      const service = this.#rules.get(key);
      if (service !== undefined && isServedOn(service, this.#kernel.name, ip)) return true;
    }
    return false;
  }

  /** How its process answers who asks for its health. */
  get answers(): 'at once' | 'never' | 'not there' {
    if (!this.#isOn) return 'not there';
    return this.#stuck > 0 ? 'never' : 'at once';
  }

  /** The process hangs, stands still with its machine, or hears nothing of the API, until the answer is called; its rules stay. */
  stick(): Cancel {
    this.#stuck++;
    return once(() => {
      this.#stuck--;
      const missed = [...this.#missed];
      this.#missed.clear();
      for (const key of missed) this.#see(key);
      this.#syncSoon();
    });
  }

  /** With the node: the rules are gone. */
  powerOff(): void {
    this.#isOn = false;
    this.#starting?.();
    const addresses = [...this.#byAddress.keys()];
    this.#sync?.();
    this.#sync = undefined;
    this.#seen.clear();
    this.#missed.clear();
    this.#rules.clear();
    this.#byAddress.clear();
    this.#kernel.servingChanged(addresses);
  }

  /** After the node has booted. */
  start(): void {
    this.#starting = this.#scheduler.after(this.#draw(startUs), () => {
      this.#isOn = true;
      for (const key of this.#services.keys) this.#see(key);
    });
  }

  #see(key: string): void {
    if (!this.#isOn) return;
    if (this.#stuck > 0) this.#missed.add(key);
    else this.#seen.set(key, this.#services.get(key));
    this.#syncSoon();
  }

  #syncSoon(): void {
    if (this.#sync !== undefined || this.#stuck > 0 || this.#seen.size === 0) return;
    this.#sync = this.#scheduler.at(this.#lastSyncUs + betweenUs, () => {
      const batch = [...this.#seen];
      this.#seen.clear();
      this.#lastSyncUs = this.#scheduler.nowUs;
      this.#sync = this.#scheduler.after(this.#draw(writeUs), () => this.#writeAll(batch));
    });
  }

  #writeAll(batch: readonly Seen[]): void {
    this.#sync = undefined;
    if (this.#stuck > 0) {
      for (const [key] of batch) this.#missed.add(key);
      return;
    }
    const addresses = new Set(batch.flatMap((seen) => this.#write(seen)));
    this.#kernel.servingChanged([...addresses]);
    this.#syncSoon();
  }

  /** Answers with the addresses that it had or has. */
  #write([key, now]: Seen): readonly Ip[] {
    const before = this.#rules.get(key);
    for (const ip of before?.addresses ?? []) this.#remove(ip, key);
    if (now === undefined) this.#rules.delete(key);
    else this.#rules.set(key, now);
    for (const ip of now?.addresses ?? []) {
      const keys = this.#byAddress.get(ip) ?? new Set();
      this.#byAddress.set(ip, keys.add(key));
    }
    return [...(before?.addresses ?? []), ...(now?.addresses ?? [])];
  }

  #remove(ip: Ip, key: string): void {
    const keys = this.#byAddress.get(ip);
    keys?.delete(key);
    if (keys?.size === 0) this.#byAddress.delete(ip);
  }

  #draw([least, most]: readonly [number, number]): number {
    return uniform(this.#random, least, most);
  }
}
