// Waiting for something to become true, by looking again and again. The only way tests wait.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  readonly withinMs: number;
  readonly everyMs?: number;
  /** What is waited for, for the message when it does not come. */
  readonly what?: string;
}

/** It will not become true any more: waiting on is no use. */
export class Hopeless extends Error {}

const defaultEveryMs = 50;

/**
 * Looks until `look` neither throws nor answers undefined or false, and returns its answer.
 * In time or not, it looks at least once; the error names what was seen last.
 */
export async function eventually<Answer>(
  look: () => Answer | Promise<Answer>,
  patience: Patience,
): Promise<Exclude<Awaited<Answer>, undefined | false>> {
  const deadlineMs = performance.now() + patience.withinMs;
  for (;;) {
    let last: unknown;
    try {
      const answer = await look();
      if (answer !== undefined && answer !== false) return answer as Exclude<Awaited<Answer>, undefined | false>;
      last = new Error(`saw ${String(answer)}`);
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = error;
    }
    if (performance.now() >= deadlineMs) {
      throw new Error(
        `${patience.what ?? 'What was waited for'} did not come within ${patience.withinMs} ms: ${message(last)}`,
        {
          cause: last,
        },
      );
    }
    await sleep(patience.everyMs ?? defaultEveryMs);
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
