// Sees when Services have their addresses, as anybody does who watches them; metadata only, so that looking costs little.
import type { Cancel } from '#shared/runtime/clock.ts';
import { services } from '#shared/kube/resources.ts';
import { createTransport, type Transport } from '#shared/kube/transport.ts';
import type { ControlPlane } from '#test/lab/control-plane/control-plane.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';

const poolAnnotation = 'metallb.io/ip-allocated-from-pool';

interface Seen {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}

export class AllocationWatch {
  readonly #api: Transport;
  readonly #allocated = new Set<string>();
  readonly #failed = Promise.withResolvers<never>();
  readonly #touched = Promise.withResolvers<void>();
  #cancel: Cancel | undefined;
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined;

  private constructor(api: Transport) {
    this.#api = api;
    this.#failed.promise.catch(() => {});
  }

  static async start({ kubeconfigPath }: ControlPlane, namespace: string): Promise<AllocationWatch> {
    const options = { daemon: 'controller', version: 'bench', instance: 'bench', kubeconfig: kubeconfigPath } as const;
    const api = await createTransport(options, { log: new RecordedLog(), metrics: new RecordedMetrics() });
    const watch = new AllocationWatch(api);
    await watch.#open(namespace);
    return watch;
  }

  /** Resolves when somebody has written to any of them. */
  touched(): Promise<void> {
    return Promise.race([this.#touched.promise, this.#failed.promise]);
  }

  /** Resolves when so many have an address. */
  reached(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { count, resolve };
    this.#look();
    return Promise.race([promise, this.#failed.promise]);
  }

  stop(): void {
    this.#cancel?.();
    void this.#api.stop();
  }

  /** Resolves when all that is there now was seen. */
  #open(namespace: string): Promise<void> {
    return new Promise((listed, reject) => {
      this.#cancel = this.#api.watch(
        { resource: services, namespace, metadataOnly: true, sendInitialEvents: true, timeoutSeconds: 3_600 },
        (event) => {
          if (event.kind === 'closed' && event.error === undefined) {
            // A watch may end by itself at any time; the next one tells all from the beginning.
            this.#allocated.clear();
            this.#open(namespace).then(listed, reject);
          } else if (event.kind === 'closed') {
            const error = new Error(`the watch ended: ${JSON.stringify(event.error)}`);
            reject(error);
            this.#failed.reject(error);
          } else if (event.kind === 'line' && event.line?.type === 'BOOKMARK') {
            listed();
          } else if (event.kind === 'line' && event.line !== undefined) {
            if (event.line.type === 'MODIFIED') this.#touched.resolve();
            this.#see(event.line.object as Seen);
          }
        },
      );
    });
  }

  #see({ metadata }: Seen): void {
    if (metadata.annotations?.[poolAnnotation] === undefined) this.#allocated.delete(metadata.name);
    else this.#allocated.add(metadata.name);
    this.#look();
  }

  #look(): void {
    if (this.#waiting !== undefined && this.#allocated.size >= this.#waiting.count) this.#waiting.resolve();
  }
}
