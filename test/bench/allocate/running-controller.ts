// The controller as it is deployed: bundled, a process of its own, with the rights of its service account.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '#test/lab/control-plane/control-plane.ts';
import { eventually } from '#test/lab/eventually.ts';
import type { Program } from '#test/lab/process/program.ts';
import { controllerPorts, startController } from '#test/lab/programs/controller.ts';
import { run } from '#test/lab/process/run.ts';

const readyWithinMs = 60_000;
const root = join(import.meta.dirname, '../../..');
/** Memory before speed: most of what it holds is short-lived, and V8 would let it pile up. */
const nodeFlags = ['--max-semi-space-size=8', '--heap-growing-percent=50'];
const poolPath = '/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/bench';

export class RunningController {
  readonly #controlPlane: ControlPlane;
  readonly #program: Program;

  private constructor(controlPlane: ControlPlane, program: Program) {
    this.#controlPlane = controlPlane;
    this.#program = program;
  }

  /** Where the bundle is, for `start`. */
  static async build({ directory }: ControlPlane): Promise<string> {
    const dist = join(directory, 'dist');
    await run([process.execPath, 'build.ts', dist], { cwd: root });
    return join(dist, 'controller.cjs');
  }

  /** Starts it and waits until it has read everything. There is no pool. */
  static async start(controlPlane: ControlPlane, bundle: string): Promise<RunningController> {
    await controlPlane.admin.delete(poolPath);
    const { directory } = controlPlane;
    const program = await startController(0, {
      controlPlane,
      directory,
      logDirectory: directory,
      flags: [],
      bundle: [...nodeFlags, bundle],
    });
    await eventually(
      async () => {
        program.assertRunning();
        return (await fetch(`http://127.0.0.1:${controllerPorts(0).health}/readyz`)).ok;
      },
      { withinMs: readyWithinMs, what: 'A controller that is ready' },
    );
    return new RunningController(controlPlane, program);
  }

  /** With just enough addresses. */
  async createPool(addresses: number): Promise<void> {
    const last = addresses - 1;
    const range = `10.100.0.0-10.${100 + (last >> 16)}.${(last >> 8) & 255}.${last & 255}`;
    await this.#controlPlane.admin.create({
      apiVersion: 'metallb.io/v1beta1',
      kind: 'IPAddressPool',
      metadata: { name: 'bench', namespace: 'metallb-system' },
      spec: { addresses: [range] },
    });
  }

  /** Since it was started. */
  peakRssMb(): number {
    const status = readFileSync(`/proc/${this.#program.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    await this.#controlPlane.admin.delete(poolPath);
  }
}
