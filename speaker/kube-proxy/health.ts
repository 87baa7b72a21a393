// What kube-proxy says of itself at http://127.0.0.1:10256/healthz: asked through an injected interface, read here.

export type KubeProxyHealth =
  | 'healthy'
  /** It would forward, but its Node is about to be deleted (KEP-3836). */
  | 'ineligible'
  /** Its rules are old. */
  | 'unhealthy'
  /** Nobody answers, or not in time, or with something else. */
  | 'silent';

/** Asks once; the answer comes once, and in bounded time. */
export interface KubeProxyProbe {
  ask(answered: (health: KubeProxyHealth) => void): void;
}

const ok = 200;
const unavailable = 503;
/** kube-proxy calls itself unhealthy when its rules are that much behind: twice its syncPeriod of 30 s. */
const freshMs = 60_000;
/** How Go prints a time: date, time, and the offset from UTC; then more that says nothing. */
const goTime = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)? ([+-]\d\d)(\d\d)\b/;

/** Reads an answer: `{"lastUpdated": …, "currentTime": …, "nodeEligible": …}`. */
export function readHealth(status: number, body: string): KubeProxyHealth {
  if (status === ok) return 'healthy';
  if (status !== unavailable) return 'silent';
  const { lastUpdated, currentTime, nodeEligible } = fieldsIn(body);
  if (nodeEligible !== false) return 'unhealthy';
  // Both by its clock.
  const ageMs = timeMs(currentTime) - timeMs(lastUpdated);
  return ageMs <= freshMs ? 'ineligible' : 'unhealthy';
}

function fieldsIn(body: string): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(body);
    return typeof read === 'object' && read !== null ? (read as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** NaN when it is no time. */
function timeMs(text: unknown): number {
  const [, date, time, fraction = '0', hours, minutes] = goTime.exec(String(text)) ?? [];
  return Date.parse(`${date}T${time}.${fraction.padEnd(3, '0')}${hours}:${minutes}`);
}
