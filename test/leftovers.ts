// What a test run must not leave behind: processes, network namespaces and temporary files. Its processes are known by a variable in their
// environment and its files by their folder, so that two runs on one machine do not accuse each other.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const variable = 'INGOT_TEST_RUN';

export class RunMarks {
  /** For temporary files; gone with `remove`. */
  readonly directory = mkdtempSync(join(tmpdir(), 'ingot-test-'));
  readonly #namespaces = new Set(list('/run/netns'));

  /** The environment for all that the run starts. Tools may not keep compiled code in the folder. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, TMPDIR: this.directory, [variable]: this.directory, NODE_DISABLE_COMPILE_CACHE: '1' };
  }

  /** A line for each thing that is still there. */
  leftBehind(): string[] {
    return [
      ...this.#processes(),
      ...list('/run/netns')
        .filter((name) => !this.#namespaces.has(name))
        .map((name) => `network namespace ${name}`),
      ...list(this.directory).map((name) => `${this.directory}/${name}`),
    ];
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #processes(): string[] {
    return list('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => procFile(pid, 'environ').includes(`${variable}=${this.directory}`))
      .map((pid) => `process ${pid}: ${procFile(pid, 'cmdline').slice(0, 3).join(' ')}`);
  }
}

/** Empty when the process ended meanwhile or is somebody else's. */
function procFile(pid: string, file: 'environ' | 'cmdline'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
