// Which of the gates that hold addresses back are worth telling: that kube-proxy does not forward for a Service yet passes by itself, as a rule.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { GatedAddress } from '../../desired/bgp/contributions.ts';

const passingMs = 10_000;

export class LastingGates {
  readonly #clock: Clock;
  readonly #due: () => void;
  /** Since when those wait that may pass, by Service and address. */
  #sinceMs: ReadonlyMap<string, number> = new Map();
  #wake: Cancel | undefined;

  /** `due`: `of` has another answer now. */
  constructor(clock: Clock, due: () => void) {
    this.#clock = clock;
    this.#due = due;
  }

  stop(): void {
    this.#wake?.();
  }

  of(gated: readonly GatedAddress[]): readonly GatedAddress[] {
    const nowMs = this.#clock.nowMs();
    const sinceMs = new Map<string, number>();
    const lasting = gated.filter(({ gate, service, ip }) => {
      if (gate !== 'kubeProxyNotReady') return true;
      const key = `${service.uid} ${ip}`;
      const since = this.#sinceMs.get(key) ?? nowMs;
      sinceMs.set(key, since);
      return nowMs - since >= passingMs;
    });
    this.#sinceMs = sinceMs;
    this.#wake?.();
    const waits = [...sinceMs.values()].map((since) => since + passingMs - nowMs).filter((waitMs) => waitMs > 0);
    this.#wake = waits.length === 0 ? undefined : this.#clock.after(Math.min(...waits), this.#due);
    return lasting;
  }
}
