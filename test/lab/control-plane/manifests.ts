// Applies YAML manifests of the repository as a cluster's admin would with kubectl.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { eventually } from '../eventually.ts';
import type { AdminClient, KubeObject } from './admin-client.ts';

export const repository = join(import.meta.dirname, '../../..');
const establishedWithinMs = 15_000;

/** The objects of one YAML file of the repository. */
export function readManifest(file: string): readonly KubeObject[] {
  return parseAllDocuments(readFileSync(join(repository, file), 'utf8'))
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}

/** The objects of all YAML files of a folder of the repository, in the order of the files' names. */
function readManifests(folder: string): readonly KubeObject[] {
  const cwd = join(repository, folder);
  if (!existsSync(cwd)) return [];
  return globSync('*.yaml', { cwd })
    .toSorted()
    .flatMap((file) => readManifest(join(folder, file)));
}

/** Applies the resource definitions and waits until the apiserver serves them. */
export async function applyDefinitions(admin: AdminClient): Promise<void> {
  const definitions = readManifests('crds');
  await Promise.all(definitions.map((definition) => admin.apply(definition)));
  await Promise.all(definitions.map((definition) => established(admin, definition)));
}

async function established(admin: AdminClient, definition: KubeObject): Promise<void> {
  const path = await admin.pathOf(definition);
  await eventually(
    async () => {
      const { status } = await admin.get(path);
      const conditions: readonly { type: string; status: string }[] = status?.conditions ?? [];
      return conditions.some(({ type, status: holds }) => type === 'Established' && holds === 'True');
    },
    { withinMs: establishedWithinMs, what: `The definition ${definition.metadata.name}` },
  );
}

/** Applies the access rights: first the namespace that holds them. */
export async function applyAccess(admin: AdminClient): Promise<void> {
  const objects = readManifests('deploy/rbac');
  const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
  for (const namespace of namespaces) await admin.apply(namespace);
  const others = objects.filter(({ kind }) => kind !== 'Namespace');
  await Promise.all(others.map((object) => admin.apply(object)));
}
