// Controllers as processes on the test apiserver: started as in a pod, ended by their pid.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { freePort } from '#test/lab/control-plane/free-port.ts';
import { Program } from '#test/lab/process/program.ts';

export interface ControllerArguments {
  readonly namespace: string;
  readonly lbClass: string;
}

export class ControllerProcesses {
  readonly #arguments: ControllerArguments;
  readonly #directory = mkdtempSync(join(tmpdir(), 'ingot-controllers-'));
  readonly #programs: Program[] = [];

  constructor(options: ControllerArguments) {
    this.#arguments = options;
  }

  /** `name` is that of its pod. */
  async start(name: string): Promise<Program> {
    const { namespace, lbClass } = this.#arguments;
    const flags = {
      kubeconfig: inject('apiserver').kubeconfigPath,
      namespace,
      'pod-name': name,
      'lb-class': lbClass,
      port: 0,
      'health-probe-port': await freePort('127.0.0.1'),
    };
    const program = new Program({
      name,
      command: [
        process.execPath,
        'controller/main.ts',
        ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
      ],
      logPath: join(this.#directory, `${name}.log`),
    });
    this.#programs.push(program);
    return program;
  }

  /** Who is named by the holder of a Lease, as `<pod>_<digits>`. */
  holding(holderIdentity: string): Program | undefined {
    return this.#programs.find(({ name, running }) => running && holderIdentity.startsWith(`${name}_`));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop()));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
