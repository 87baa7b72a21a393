// What the apiserver makes of what connections bring: it takes its time, some of it is refused or lost, and only then it is done.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { KubeAnswer, KubeRequest, WatchRequest } from '#shared/kube/kube-api.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { refusal, refused, type Refusal } from './answer.ts';
import { ReplicaLag } from './replica-lag.ts';
import type { Store } from './store.ts';
import { isRead, type ApiClient, type Troubles } from './trouble.ts';
import type { Tell } from './watch.ts';

export interface ReceptionDependencies {
  readonly scheduler: Scheduler;
  readonly store: Store;
  readonly troubles: Troubles;
  /** Another one after each outage; undefined: it is down. */
  readonly incarnation: () => number | undefined;
  readonly perform: (request: KubeRequest, client: string) => KubeAnswer;
  readonly openWatch: (request: WatchRequest, client: string, tell: Tell) => Cancel;
  /** Was refused for no fault of its own. */
  readonly refused: (request: KubeRequest, client: string, code: number) => void;
}

/** How long a replica is waited for that has not come as far as it is asked for. */
const patienceUs = 3_000_000;
const tooLarge = refusal(504, 'Too large resource version', { retryAfterMs: 1_000 });

export class Reception {
  readonly #dependencies: ReceptionDependencies;
  readonly #replica: ReplicaLag;

  constructor(dependencies: ReceptionDependencies) {
    this.#dependencies = dependencies;
    this.#replica = new ReplicaLag(dependencies.scheduler, dependencies.store);
  }

  /** Without an answer where there is to be none. */
  handle(request: KubeRequest, client: ApiClient, serverUs: number, answered: (answer: KubeAnswer) => void): void {
    const { scheduler, troubles, incarnation, perform } = this.#dependencies;
    const fate = troubles.fateOf(request, client);
    if (fate?.kind === 'lost') return;
    if (fate?.kind === 'refused') {
      this.#dependencies.refused(request, client.name, fate.error.code);
      return void scheduler.after(serverUs, () => answered(refused(fate.error)));
    }
    const halfUs = troubles.most('delayMs', client) * 500;
    // A consistent read waits for the replica, or is made elsewhere.
    const lagUs = isRead(request) ? Math.min(patienceUs, troubles.most('replicaLagMs', client) * 1_000) : 0;
    const received = incarnation();
    scheduler.after(serverUs + halfUs + lagUs, () => {
      if (incarnation() === undefined || incarnation() !== received) return;
      const answer = perform(request, client.name);
      if (fate?.kind !== 'unanswered') scheduler.after(halfUs, () => answered(answer));
    });
  }

  openWatch(request: WatchRequest, client: ApiClient, serverUs: number, tell: Tell): Cancel {
    const { scheduler, troubles, openWatch } = this.#dependencies;
    const fate = troubles.fateOf(request, client);
    if (fate?.kind === 'lost') return () => {};
    const delayUs = serverUs + troubles.most('delayMs', client) * 1_000;
    const refuse = (afterUs: number, error: Refusal): Cancel =>
      scheduler.after(afterUs, () => tell({ kind: 'closed', error }, false));
    if (fate?.kind === 'refused') return refuse(delayUs, fate.error);
    const waitUs = this.#replicaWaitUs(request, client);
    if (waitUs > patienceUs) return refuse(delayUs + patienceUs, tooLarge);
    let end = scheduler.after(delayUs + waitUs, () => (end = openWatch(request, client.name, tell)));
    return () => end();
  }

  /** Until the replica behind which the client is can begin: a streaming list is as fresh as now. */
  #replicaWaitUs({ sendInitialEvents }: WatchRequest, client: ApiClient): number {
    const lagMs = this.#dependencies.troubles.most('replicaLagMs', client);
    if (lagMs === 0 || sendInitialEvents !== true) return 0;
    return this.#replica.waitUs(this.#dependencies.store.revision, lagMs);
  }
}
