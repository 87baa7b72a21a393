// The speaker as the image has it: bundled, so that it starts in a third of the time that its source takes.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../control-plane/manifests.ts';
import { run } from '../process/run.ts';

/** Builds it into a folder; returns the words that Node is started with. */
export async function bundleSpeaker(directory: string): Promise<readonly string[]> {
  await run([process.execPath, 'build.ts', directory], { cwd: repository });
  // Its native module is beside it.
  symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'));
  return [join(directory, 'speaker.cjs')];
}
