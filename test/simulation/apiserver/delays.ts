// How long requests and answers are under way, in microseconds; asked anew each time.
import { uniform, type Random } from '#shared/runtime/random.ts';

export interface Delays {
  readonly requestUs: () => number;
  /** What the apiserver takes to do it. */
  readonly serverUs: () => number;
  readonly answerUs: () => number;
  /** Of an event of a watch. Earlier ones arrive earlier all the same. */
  readonly watchUs: () => number;
}

/** As in a rack. */
export function usualDelays(random: Random): Delays {
  const wayUs = (): number => uniform(random, 300, 1_000);
  return { requestUs: wayUs, serverUs: () => uniform(random, 1_000, 3_000), answerUs: wayUs, watchUs: wayUs };
}

/** A millisecond each way: for tests that count them. */
export const promptly: Delays = {
  requestUs: () => 1_000,
  serverUs: () => 0,
  answerUs: () => 1_000,
  watchUs: () => 1_000,
};
