// Runs one of our programs as its Pod would run it: its own service-account folder, the environment of a container, and no capability but those
// its manifest adds.
import { join } from 'node:path';
import type { KubeObject } from '../control-plane/admin-client.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { writeServiceAccount } from '../control-plane/tokens.ts';
import { Program } from '../process/program.ts';

export interface AsPodOptions {
  readonly controlPlane: ControlPlane;
  /** As it is in the apiserver. */
  readonly pod: KubeObject;
  /** Of the whole lab; the Pod gets folders of its own. */
  readonly directory: string;
  readonly logDirectory: string;
  /** How to get into a mount namespace of its own, where it is to run. */
  readonly enter: readonly [string, ...string[]];
  readonly command: readonly string[];
  readonly capabilities: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

export async function runAsPod(options: AsPodOptions): Promise<Program> {
  const { name } = options.pod.metadata;
  const token = join(options.directory, 'pods', name, 'serviceaccount');
  await writeServiceAccount(options.controlPlane, options.pod, token);
  const script = `mount --bind "$1" ${serviceAccountFolder} && shift && exec "$@"`;
  const confined = ['setpriv', `--bounding-set=${bounding(options.capabilities)}`, '--inh-caps=-all', '--no-new-privs'];
  return new Program({
    name,
    logPath: join(options.logDirectory, `${name}.log`),
    env: {
      PATH: process.env['PATH'],
      HOSTNAME: name,
      KUBERNETES_SERVICE_HOST: options.controlPlane.address,
      KUBERNETES_SERVICE_PORT: String(options.controlPlane.port),
      ...options.env,
    },
    command: [...options.enter, 'sh', '-c', script, 'as-pod', token, ...confined, process.execPath, ...options.command],
  });
}

function bounding(capabilities: readonly string[]): string {
  return ['-all', ...capabilities.map((capability) => `+${capability}`)].join(',');
}
