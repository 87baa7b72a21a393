// A router's Debian with a state of its own on top (in-root.sh): the folder in the cache stays as it is, and several routers may use it at once.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually } from '../eventually.ts';
import { within } from '../network/namespace.ts';
import { routersRoot, routerVersions, type RouterSet } from '../parts/routers.ts';
import { Program } from '../process/program.ts';
import { run, type RunOptions } from '../process/run.ts';

const script = join(import.meta.dirname, 'in-root.sh');
const folders = ['run', 'run/frr', 'run/openbgpd', 'run/exabgp', 'tmp', 'var/tmp', 'etc/frr'];
const startedWithinMs = 20_000;
/** Only root has a name in the lab: daemons that want another one get it under theirs. */
const ownNames = /^(frr|frrvty|_openbgpd):x:\d+(:\d+)?/gm;

/** Nothing of a router that does not come up is left. */
export async function startIn<Started>(
  set: RouterSet,
  namespace: string,
  start: (folder: RouterFolder) => Promise<Started>,
): Promise<Started> {
  const folder = new RouterFolder(set, namespace);
  try {
    return await start(folder);
  } catch (error) {
    await folder.stop();
    throw error;
  }
}

export class RouterFolder {
  readonly #set: RouterSet;
  readonly #namespace: string;
  readonly #state: string;
  readonly #programs: Program[] = [];

  constructor(set: RouterSet, namespace: string) {
    this.#set = set;
    this.#namespace = namespace;
    this.#state = mkdtempSync(join(tmpdir(), 'router-'));
    for (const folder of folders) mkdirSync(join(this.#state, folder), { recursive: true });
    for (const file of ['etc/passwd', 'etc/group']) {
      const text = readFileSync(join(routersRoot(set), file), 'utf8');
      this.write(
        file,
        text.replaceAll(ownNames, (_, name: string, group?: string) => `${name}:x:0${group ? ':0' : ''}`),
      );
    }
  }

  /** The router's version as Debian has it, without the packaging's own: 10.7.1. */
  version(packageName: string): string {
    const found = routerVersions(this.#set).find((line) => line.startsWith(`${packageName} `));
    return /^[\d.]+\d/.exec(found?.slice(packageName.length + 1) ?? '')?.[0] ?? 'unknown';
  }

  /** A file that its programs find at the same path. */
  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.#state, path)), { recursive: true });
    writeFileSync(join(this.#state, path), text);
    // OpenBGPD reads no configuration that others may read.
    chmodSync(join(this.#state, path), path.startsWith('tmp/') ? 0o600 : 0o644);
  }

  read(path: string): string {
    return readFileSync(join(this.#state, path), 'utf8');
  }

  /** Begins a program that lives until `stop`. */
  start(name: string, command: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const program = new Program({
      name,
      command: this.#command(command),
      logPath: join(this.#state, `${name}.log`),
      env: { ...process.env, ...env },
    });
    this.#programs.push(program);
    return program;
  }

  /** What a command says that ends by itself. */
  run(command: readonly string[], options?: RunOptions): Promise<string> {
    return run(this.#command(command), options);
  }

  /** Waits until `look` answers, while all programs live. */
  async ready(look: () => unknown): Promise<void> {
    const what = this.#programs.map(({ name }) => name).join(', ');
    await eventually(
      async () => {
        for (const program of this.#programs) program.assertRunning();
        return (await look()) !== false;
      },
      { withinMs: startedWithinMs, what },
    );
  }

  /** Ends its programs at once, the last one first, and forgets their state. */
  async stop(): Promise<void> {
    for (const program of this.#programs.toReversed()) await program.stop('SIGKILL');
    rmSync(this.#state, { recursive: true, force: true });
  }

  #command(command: readonly string[]): [string, ...string[]] {
    return within(this.#namespace, ['sh', script, routersRoot(this.#set), this.#state, ...command]);
  }
}
