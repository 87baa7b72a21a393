// What a person sees while the lab works: one line for each finished step. On a terminal the running step has a spinner and its seconds;
// elsewhere a long step says a line each 15 s.
/** What a running step is doing now. */
export type Progress = (text: string) => void;

/** A terminal or anything else that takes text. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const spinnerMs = 100;
const plainLineMs = 15_000;
const columns = 80;
const titleColumns = 44;

export class Steps {
  readonly #stream: Output;
  readonly #live: boolean;
  readonly #colour: boolean;

  constructor(stream: Output = process.stderr) {
    this.#stream = stream;
    this.#live = stream.isTTY === true && process.env['TERM'] !== 'dumb';
    this.#colour = this.#live && process.env['NO_COLOR'] === undefined;
  }

  /** A line of its own between the steps. */
  say(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  /** Runs `work` and tells how it went; `told` may name what came out instead of the seconds it took. */
  async run<Result>(
    title: string,
    work: (progress: Progress) => Promise<Result>,
    told?: (result: Result) => { readonly title?: string; readonly note?: string },
  ): Promise<Result> {
    const startedMs = performance.now();
    let doing = '';
    const show = this.#live
      ? this.#every(spinnerMs, (tick) => this.#spin(tick, title, doing || seconds(startedMs)))
      : this.#every(plainLineMs, () => this.say(line('..', title, doing || seconds(startedMs))));
    try {
      const result = await work((text) => (doing = text));
      const end = told?.(result);
      this.#finish('ok', end?.title ?? title, end?.note ?? seconds(startedMs));
      return result;
    } catch (error) {
      this.#finish('failed', title, seconds(startedMs));
      throw error;
    } finally {
      clearInterval(show);
    }
  }

  #every(ms: number, act: (tick: number) => void): NodeJS.Timeout {
    let tick = 0;
    return setInterval(() => act(tick++), ms);
  }

  #spin(tick: number, title: string, note: string): void {
    const text = line(spinner[tick % spinner.length] ?? '', title, note);
    this.#stream.write(`\r\x1b[2K${text.slice(0, this.#stream.columns ?? columns)}`);
  }

  #finish(outcome: 'ok' | 'failed', title: string, note: string): void {
    const mark = { ok: '✓ ', failed: '✗ ' }[outcome];
    const colour = { ok: '\x1b[32m', failed: '\x1b[31m' }[outcome];
    if (!this.#live) this.say(line(outcome === 'ok' ? 'ok' : 'no', title, note));
    else this.say(`\r\x1b[2K${line(this.#colour ? `${colour}${mark}\x1b[0m` : mark, title, note)}`);
  }
}

/** For those who want to hear nothing but errors. */
export const silently = new Steps({ write: () => true });

function line(mark: string, title: string, note: string): string {
  return `${mark.padEnd(2)}  ${title.padEnd(titleColumns - 1)} ${note}`;
}

function seconds(startedMs: number): string {
  return duration(performance.now() - startedMs);
}

/** 41 ms, 3.2 s, 2m10s. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.floor(ms / 1000);
  return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
}
