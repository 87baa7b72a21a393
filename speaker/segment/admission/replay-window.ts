// Which sequence numbers of one sender have been seen: a window of 256 below the highest (as RFC 4303 §3.4.3 has it for IPsec).

export interface ReplayWindow {
  highest: number;
  /** One bit per sequence number, at its remainder by 256. */
  readonly seen: Uint32Array;
}

const windowSize = 256;

export function newReplayWindow(): ReplayWindow {
  return { highest: 0, seen: new Uint32Array(windowSize / 32) };
}

/** True once for each sequence number that is not too old. */
export function admitOnce(window: ReplayWindow, sequence: number): boolean {
  if (sequence < 1 || sequence <= window.highest - windowSize) return false;
  if (sequence > window.highest) advance(window, sequence);
  const word = (sequence % windowSize) >>> 5;
  const bit = 1 << (sequence % 32);
  const seen = window.seen[word] ?? 0;
  if ((seen & bit) !== 0) return false;
  window.seen[word] = seen | bit;
  return true;
}

function advance(window: ReplayWindow, sequence: number): void {
  if (sequence - window.highest >= windowSize) {
    window.seen.fill(0);
  } else {
    for (let passed = window.highest + 1; passed <= sequence; passed++) {
      const word = (passed % windowSize) >>> 5;
      window.seen[word] = (window.seen[word] ?? 0) & ~(1 << (passed % 32));
    }
  }
  window.highest = sequence;
}
