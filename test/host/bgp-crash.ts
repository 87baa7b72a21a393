// A node in a process of its own that can be killed: the kernel closes its connection without a word of BGP.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '#test/lab/process/program.ts';
import type { NodeAddress } from './bgp-node.ts';

const script = join(import.meta.dirname, 'programs/bgp-node-main.ts');

export interface CrashingNode {
  /** At once. */
  end(): Promise<void>;
}

export function startCrashingNode(node: NodeAddress, prefixes: string): CrashingNode {
  const folder = mkdtempSync(join(tmpdir(), 'bgp-node-'));
  const command = [process.execPath, script, node.ipv4, node.ipv6, prefixes] as const;
  const program = new Program({ name: 'bgp-node', command: [...command], logPath: join(folder, 'log') });
  return {
    async end() {
      await program.stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
