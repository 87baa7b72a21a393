// The programs of the lab's control plane, and a folder that holds them.
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

export const binaryNames = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-proxy', 'kubectl'] as const;
export type BinaryName = (typeof binaryNames)[number];

export function isComplete(directory: string, names: readonly BinaryName[] = binaryNames): boolean {
  return missing(directory, names).length === 0;
}

export function missing(directory: string, names: readonly BinaryName[] = binaryNames): readonly BinaryName[] {
  return names.filter((name) => !isExecutable(join(directory, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
