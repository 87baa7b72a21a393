// The lab's control plane binaries: taken from where they are, else built once.
import { join } from 'node:path';
import { MachineLacks } from '../machine-lacks.ts';
import { Steps, type Progress } from '../output/steps.ts';
import { run } from '../process/run.ts';
import { binaryNames, isComplete, missing, type BinaryName } from './binaries.ts';
import { buildParts, cachedDirectory, kubernetesVersion, partsKey } from './build.ts';
import { touch } from './cache.ts';

export interface Parts {
  readonly directory: string;
  /** As kube-apiserver says it: v1.36.3. */
  readonly kubernetes: string;
  /** As etcd says it: 3.6.8. */
  readonly etcd: string;
}

/** What the api tier runs. */
export const apiBinaries = ['etcd', 'kube-apiserver'] as const satisfies readonly BinaryName[];
const oldestApiserverMinor = 32;

/** The parts, built if they are nowhere yet (minutes, once). Tells how it goes on `steps`. */
export function ensureParts(steps: Steps = new Steps(), names: readonly BinaryName[] = binaryNames): Promise<Parts> {
  return steps.run(
    `Kubernetes ${kubernetesVersion.slice(1)} for the lab`,
    (progress) => takeOrBuild(names, progress),
    (parts) => ({ note: `${parts.kubernetes}, etcd ${parts.etcd} in ${parts.directory}` }),
  );
}

async function takeOrBuild(names: readonly BinaryName[], progress: Progress): Promise<Parts> {
  const given = process.env['INGOT_LAB_BIN'];
  if (given !== undefined) return checked(complete('INGOT_LAB_BIN', given, names));
  const assets = process.env['KUBEBUILDER_ASSETS'];
  const onlyApi = names.every((name) => (apiBinaries as readonly string[]).includes(name));
  if (!isComplete(cachedDirectory)) {
    if (onlyApi && assets !== undefined) return checked(complete('KUBEBUILDER_ASSETS', assets, names));
    progress('building, once');
    await buildParts(progress);
  }
  touch(partsKey);
  return checked(cachedDirectory);
}

function complete(variable: string, directory: string, names: readonly BinaryName[]): string {
  const lacking = missing(directory, names);
  if (lacking.length > 0) throw new MachineLacks(`${variable}=${directory} holds no executable ${lacking.join(', ')}.`);
  return directory;
}

async function checked(directory: string): Promise<Parts> {
  const [apiserver, etcd] = await Promise.all(apiserverAndEtcd(directory));
  const kubernetes = /v1\.(\d+)\.\S+/.exec(apiserver);
  if (kubernetes === null || Number(kubernetes[1]) < oldestApiserverMinor) {
    throw new MachineLacks(
      `${directory}/kube-apiserver is ${apiserver.trim()}; the lab needs 1.${oldestApiserverMinor} or newer.`,
    );
  }
  return { directory, kubernetes: kubernetes[0], etcd: /etcd Version: (\S+)/.exec(etcd)?.[1] ?? 'unknown' };
}

function apiserverAndEtcd(directory: string): [Promise<string>, Promise<string>] {
  return [run([join(directory, 'kube-apiserver'), '--version']), run([join(directory, 'etcd'), '--version'])];
}

export function binary(parts: Parts, name: BinaryName): string {
  return join(parts.directory, name);
}

if (import.meta.main) await ensureParts();
