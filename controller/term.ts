// One term of leading: what is read once when it begins, and what is tidied up once.
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import type { KubeRequest } from '#shared/kube/kube-api.ts';
import { child, ifReadable, texts } from '#shared/kube/objects/fields.ts';
import { serviceCIDRs, services } from '#shared/kube/resources.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { listOnce } from './list-once.ts';
import { markedAmong, type Marked } from './service/clean-up.ts';

const retryMs = 5_000;

export interface TermListener {
  /** Something that was to be read is read. */
  learned(): void;
  /** A Service that is none of ours any more, and still carries what an earlier leader wrote. */
  leftover(service: Marked): void;
  /** The ConfigurationState of whoever led before; undefined when there is none. */
  configurationState(object: unknown): void;
}

export class Term {
  readonly #dependencies: KubeDependencies;
  readonly #listener: TermListener;
  /** What is under way, by what it is for. */
  readonly #ends = new Map<string, Cancel>();
  #serviceCIDRs: readonly string[] | undefined;
  #configurationStateRead = false;
  /** All Services were listed since the term began: nothing may be written before. */
  servicesListed = false;

  constructor(dependencies: KubeDependencies, listener: TermListener) {
    this.#dependencies = dependencies;
    this.#listener = listener;
  }

  /** Undefined until they are known. */
  get serviceCIDRs(): readonly string[] | undefined {
    return this.#serviceCIDRs;
  }

  get configurationStateRead(): boolean {
    return this.#configurationStateRead;
  }

  begin(configurationState: Omit<Extract<KubeRequest, { verb: 'get' }>, 'verb'>): void {
    this.#readConfigurationState({ verb: 'get', ...configurationState });
    this.#keep(
      'serviceCIDRs',
      listOnce({ resource: serviceCIDRs }, this.#dependencies, (objects) => {
        this.#serviceCIDRs = objects.flatMap((object) => ifReadable(() => texts(child(object, 'spec'), 'cidrs')) ?? []);
        this.#listener.learned();
      }),
    );
    const others = { resource: services, fieldSelector: 'spec.type!=LoadBalancer', metadataOnly: true };
    this.#keep(
      'leftovers',
      listOnce(others, this.#dependencies, (objects) => {
        for (const service of markedAmong(objects)) this.#listener.leftover(service);
      }),
    );
  }

  end(): void {
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
  }

  #readConfigurationState(request: KubeRequest): void {
    const { api, clock } = this.#dependencies;
    this.#keep(
      'configurationState',
      api.request(request, (answer) => {
        if (answer.kind === 'failed' && !(answer.error.kind === 'status' && answer.error.code === 404)) {
          this.#keep(
            'configurationState',
            clock.after(retryMs, () => this.#readConfigurationState(request)),
          );
          return;
        }
        this.#configurationStateRead = true;
        this.#listener.configurationState(answer.kind === 'ok' ? answer.body : undefined);
        this.#listener.learned();
      }),
    );
  }

  #keep(what: string, end: Cancel): void {
    this.#ends.set(what, end);
  }
}
