// A control plane of one's own, on the loopback, for tests and benches that restart it or measure it.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Steps } from '../output/steps.ts';
import { apiBinaries, ensureParts } from '../parts/parts.ts';
import { ControlPlane } from './control-plane.ts';
import { applyAccess, applyDefinitions } from './manifests.ts';

/** etcd and kube-apiserver with Ingot's kinds and access rights. Whoever starts it calls `stop`. */
export async function startPrivateControlPlane(steps: Steps = new Steps()): Promise<ControlPlane> {
  const parts = await ensureParts(steps, apiBinaries);
  const controlPlane = await ControlPlane.start({ parts, directory: mkdtempSync(join(tmpdir(), 'ingot-api-')) });
  try {
    await applyDefinitions(controlPlane.admin);
    await applyAccess(controlPlane.admin);
    return controlPlane;
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
}
