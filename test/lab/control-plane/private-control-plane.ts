// A control plane of one's own, on the loopback, for tests and benches that restart it or measure it.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Steps } from '../output/steps.ts';
import { apiBinaries, ensureParts } from '../parts/parts.ts';
import { isAlive } from '../process/alive.ts';
import { ControlPlane } from './control-plane.ts';
import { applyAccess, applyDefinitions } from './manifests.ts';

/** etcd and kube-apiserver with Ingot's kinds and access rights. Whoever starts it calls `stop`. */
export async function startPrivateControlPlane(steps: Steps = new Steps()): Promise<ControlPlane> {
  const parts = await ensureParts(steps, apiBinaries);
  removeLeftovers();
  const directory = mkdtempSync(join(tmpdir(), `ingot-api-${process.pid}-`));
  const controlPlane = await ControlPlane.start({ parts, directory });
  try {
    await applyDefinitions(controlPlane.admin);
    await applyAccess(controlPlane.admin);
    return controlPlane;
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
}

/** The data of processes that were killed before they could stop what they had started; the programs ended with them. */
function removeLeftovers(): void {
  for (const entry of readdirSync(tmpdir())) {
    const owner = /^ingot-api-(\d+)-/.exec(entry)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) rmSync(join(tmpdir(), entry), { recursive: true, force: true });
  }
}
