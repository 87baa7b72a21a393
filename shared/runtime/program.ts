// How a daemon lives: it reads its options, starts, runs until it is asked to stop, and says why when it ends otherwise.
import type { Log } from './log.ts';
import { UsageError, type CommonOptions } from './options.ts';
import { createLog } from './pino-log.ts';

export interface Program<Options extends CommonOptions> {
  /** Throws UsageError. */
  parse(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Options;
  /** What stands in every log line. */
  identity(options: Options): Readonly<Record<string, string>>;
  /** Resolves once it runs. */
  start(options: Options, log: Log): Promise<Running>;
  /** Ends the process after an error of our own. */
  endNow(): void;
}

export interface Running {
  /** Ends it in order. */
  stop(): Promise<void>;
  /** It is being ended in order, and asked again: that is to take no time any more. Absent: the process just ends. */
  hurry?(): void;
}

const usageExitCode = 2;

export function runProgram<Options extends CommonOptions>(program: Program<Options>): void {
  let options: Options;
  try {
    options = program.parse(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = usageExitCode;
    return;
  }
  const log = createLog(options.logLevel, program.identity(options));
  if (options.ignored.length > 0) log.warn({ ignored: options.ignored }, 'these have no effect here');
  // Unhandled rejections come here too: that is Node's default.
  process.on('uncaughtException', (error) => {
    log.error({ error: textOf(error) }, 'ending for an error of our own');
    program.endNow();
  });
  live(program, options, log).then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ error: textOf(error) }, 'cannot go on');
      process.exit(1);
    },
  );
}

async function live<Options extends CommonOptions>(
  program: Program<Options>,
  options: Options,
  log: Log,
): Promise<void> {
  let hurry = exitNow;
  const asked = new Promise<void>((first) => {
    const answers = [first, () => hurry()];
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => (answers.shift() ?? exitNow)());
  });
  const running = await program.start(options, log);
  hurry = running.hurry?.bind(running) ?? exitNow;
  await asked;
  log.info({}, 'stopping');
  await running.stop();
  log.info({}, 'stopped');
}

function exitNow(): void {
  process.exit(1);
}

function textOf(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
