// Durations as Kubernetes' metav1.Duration spells them (the notation of Go's time.ParseDuration).

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of `1m30s`, `0` or `1.5h`; undefined for anything else, negative durations included. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit = ''] of text.matchAll(/([0-9.]+)([a-zµ]+)/g))
    totalMs += Number(amount) * (unitMs[unit] ?? 0);
  return totalMs;
}
