// Randomness as everything but main sees it: injected, so that a seed repeats a run.

export interface Random {
  /** A uniform integer in 0..2^32-1. */
  next32(): number;
}

/** A uniform integer in from..to, both included; to - from < 2^32. */
export function uniform(random: Random, from: number, to: number): number {
  return from + (random.next32() % (to - from + 1));
}

/** `digits` lower-case hexadecimal digits. */
export function randomHex(random: Random, digits: number): string {
  let text = '';
  while (text.length < digits) text += random.next32().toString(16).padStart(8, '0');
  return text.slice(0, digits);
}
