// A process that can be held still, as by SIGSTOP or a machine that sleeps: the cluster goes on, and all that came due meanwhile, timers and
// answers, is taken up at once when it wakes.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { KubeApi } from '#shared/kube/kube-api.ts';

export class Process {
  /** As the process sees time: the hands move on, nothing happens. */
  readonly clock: Clock;
  readonly api: KubeApi;
  #isPaused = false;
  #due: (() => void)[] = [];

  constructor(clock: Clock, api: KubeApi) {
    const whenAwake = (work: () => void): void => this.#whenAwake(work);
    this.clock = {
      nowMs: () => clock.nowMs(),
      wallMs: () => clock.wallMs(),
      after: (delayMs, callback) => cancellable((live) => clock.after(delayMs, () => whenAwake(live(callback)))),
    };
    this.api = {
      request: (request, answered) =>
        cancellable((live) => api.request(request, (answer) => whenAwake(live(() => answered(answer))))),
      watch: (request, happened) =>
        cancellable((live) => api.watch(request, (event) => whenAwake(live(() => happened(event))))),
    };
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const due = this.#due;
    this.#due = [];
    for (const work of due) work();
  }

  #whenAwake(work: () => void): void {
    if (this.#isPaused) this.#due.push(work);
    else work();
  }
}

/** What waits for the process to wake can still be cancelled by what is taken up before it. */
function cancellable(begin: (live: (work: () => void) => () => void) => Cancel): Cancel {
  let cancelled = false;
  const cancel = begin((work) => () => {
    if (!cancelled) work();
  });
  return () => {
    cancelled = true;
    cancel();
  };
}
