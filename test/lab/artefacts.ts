// What a failed test leaves for a person to read: logs, objects, metrics, and the state of every namespace.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { auditLogPath } from './control-plane/apiserver.ts';
import { repository } from './control-plane/manifests.ts';
import type { Lab } from './lab.ts';
import { namespaceNames, within } from './network/namespace.ts';
import { attempt } from './process/run.ts';
import { metricsPort } from './programs/speaker.ts';

const kinds = [
  'nodes,pods,services,endpointslices,leases,events',
  'ipaddresspools.metallb.io,l2advertisements.metallb.io,servicel2statuses.metallb.io,configurationstates.metallb.io',
  'bgppeers.metallb.io,bgpadvertisements.metallb.io,bfdprofiles.metallb.io,servicebgpstatuses.metallb.io',
].join(',');

/** Returns the folder, under test-results. */
export async function keepArtefacts(lab: Lab, file: string, test: string): Promise<string> {
  const folder = join(repository, 'test-results', asName(basename(file, '.test.ts')), asName(test));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(lab.logDirectory, join(folder, 'logs'), { recursive: true });
  cpSync(auditLogPath(lab.controlPlane.directory), join(folder, 'audit.log'));
  writeFileSync(join(folder, 'objects.yaml'), await whateverIsSaid(lab.kubectl(['get', kinds, '-A', '-o', 'yaml'])));
  for (const { name } of lab.nodes) {
    const { stdout } = await attempt(
      within(name, ['curl', '-sS', '--max-time', '2', `localhost:${metricsPort}/metrics`]),
    );
    writeFileSync(join(folder, `metrics-${name}.txt`), stdout);
  }
  for (const name of await namespaceNames()) {
    const script = 'ip -s address; ip route; ip -6 route; ip neigh; nft list ruleset';
    const { stdout } = await attempt(within(name, ['sh', '-c', script]));
    writeFileSync(join(folder, `namespace-${name}.txt`), stdout);
  }
  return folder;
}

function whateverIsSaid(text: Promise<string>): Promise<string> {
  return text.catch((error: unknown) => String(error));
}

function asName(text: string): string {
  return text.replaceAll(/[^\w.]+/g, '-').slice(0, 100);
}
