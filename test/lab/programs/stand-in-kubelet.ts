// The lab's only fake: writes what a kubelet writes about one node and its Pods. It lives in the node's namespace, so it dies and is cut off with it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { nodeAddresses, type NodeNumber } from '../network/addresses.ts';
import { within } from '../network/namespace.ts';
import { Program } from '../process/program.ts';

/** What the program reads from the file that it is given. */
export interface KubeletSettings {
  readonly node: NodeNumber;
  readonly version: string;
  readonly url: string;
  readonly certificates: ControlPlane['certificates'];
}

export function startStandInKubelet(
  number: NodeNumber,
  version: string,
  controlPlane: ControlPlane,
  logDirectory: string,
): Program {
  const { name } = nodeAddresses(number);
  const path = join(controlPlane.directory, `kubelet-${name}.json`);
  const { url, certificates } = controlPlane;
  const settings: KubeletSettings = { node: number, version, url, certificates };
  writeFileSync(path, JSON.stringify(settings));
  return new Program({
    name: `kubelet-${name}`,
    logPath: join(logDirectory, `kubelet-${name}.log`),
    command: within(name, [process.execPath, join(import.meta.dirname, 'stand-in-kubelet-main.ts'), path]),
  });
}
