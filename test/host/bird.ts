// A BIRD as router in a network namespace of its own, asked by its command line.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from '#test/lab/network/namespace.ts';
import { Program } from '#test/lab/process/program.ts';
import { attempt, run } from '#test/lab/process/run.ts';
import { eventually } from '#test/lab/eventually.ts';
import { birdProgram } from './bird-package.ts';

const startedWithinMs = 10_000;

export class Bird {
  readonly #namespace: string;
  readonly #folder: string;
  readonly #program: Program;

  private constructor(namespace: string, folder: string, program: Program) {
    this.#namespace = namespace;
    this.#folder = folder;
    this.#program = program;
  }

  /** `protocols`: of a router 192.0.2.1 that takes what it is given. */
  static async start(namespace: string, protocols: string): Promise<Bird> {
    const folder = mkdtempSync(join(tmpdir(), 'bird-'));
    const config = join(folder, 'bird.conf');
    writeFileSync(config, `router id 192.0.2.1;\nprotocol device {}\n${protocols}`);
    const command = [...birdProgram('bird'), '-f', '-c', config, '-s', join(folder, 'bird.ctl')];
    const program = new Program({
      name: 'bird',
      command: within(namespace, command),
      logPath: join(folder, 'bird.log'),
    });
    const bird = new Bird(namespace, folder, program);
    await eventually(
      () => {
        program.assertRunning();
        return bird.ask('show status');
      },
      { withinMs: startedWithinMs, what: 'BIRD' },
    );
    return bird;
  }

  /** What birdc answers. */
  async ask(question: string): Promise<string> {
    const command = [...birdProgram('birdc'), '-s', join(this.#folder, 'bird.ctl'), ...question.split(' ')];
    return run(within(this.#namespace, command));
  }

  /** Prefixes and, with `all`, their attributes. */
  async routes(): Promise<readonly string[]> {
    const answer = await this.ask('show route');
    return [...answer.matchAll(/^(\S+\/\d+)/gm)].map(([, prefix = '']) => prefix).toSorted();
  }

  /** As BIRD names it: `Established`, or why not. */
  async state(protocol: string): Promise<string> {
    return /BGP state:\s+(.*)/.exec(await this.ask(`show protocols all ${protocol}`))?.[1] ?? 'none';
  }

  async stop(): Promise<void> {
    await attempt(within(this.#namespace, [...birdProgram('birdc'), '-s', join(this.#folder, 'bird.ctl'), 'down']));
    await this.#program.stop();
    rmSync(this.#folder, { recursive: true });
  }
}
