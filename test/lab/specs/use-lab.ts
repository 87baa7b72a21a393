// One lab for a test file, whole again after each test.
import { afterAll, afterEach, beforeAll } from 'vitest';
import { keepArtefacts } from '../artefacts.ts';
import { Lab, type LabOptions } from '../lab.ts';

const startWithinMs = 90_000;
const resetWithinMs = 60_000;

/** Returns the way to the lab, which is there once the tests run. */
export function useLab(options: LabOptions = {}): () => Lab {
  let lab: Lab | undefined;
  beforeAll(async () => {
    lab = await Lab.start(options);
  }, startWithinMs);
  afterEach(async ({ task }) => {
    if (lab === undefined) return;
    if (task.result?.state === 'fail' || process.env['INGOT_KEEP_ARTEFACTS'] === '1') {
      console.error(`artefacts: ${await keepArtefacts(lab, task.file.name, task.name)}`);
    }
    await lab.reset();
  }, resetWithinMs);
  afterAll(() => lab?.stop(), resetWithinMs);
  return () => {
    if (lab === undefined) throw new Error('The lab is there only inside tests');
    return lab;
  };
}
