// Services get addresses, and a client on the LAN reaches them.
import { join } from 'node:path';
import type { ClusterNode } from '../cluster-node.ts';
import type { KubeObject } from '../control-plane/admin-client.ts';
import { readManifest } from '../control-plane/manifests.ts';
import type { Lab } from '../lab.ts';
import { duration, type Steps } from '../output/steps.ts';
import type { BackendAnswer } from '../programs/backend-main.ts';
import { allocated, announced } from '../services.ts';
import { NotAsTold } from './not-as-told.ts';

/** What was seen of one Service. */
export interface Reached {
  readonly service: string;
  readonly address: string;
  readonly announcer: ClusterNode;
  readonly answers: readonly BackendAnswer[];
}

const requests = 12;
const poolFile = join(import.meta.dirname, 'pool.yaml');
/** As the manifest has it. */
const wishedAddress = '192.0.2.230';
const servicesFile = 'test/lab/demo/services.yaml';

export async function showL2(lab: Lab, steps: Steps): Promise<readonly Reached[]> {
  const said = await steps.run('kubectl apply: pool and advertisement', () => lab.kubectl(['apply', '-f', poolFile]));
  for (const line of said.trim().split('\n')) steps.say(`      ${line}`);
  const created = readManifest(servicesFile).map((service) => ({ service, given: create(lab, service) }));
  const reached: Reached[] = [];
  for (const { service, given } of created) reached.push(await reach(lab, steps, service.metadata.name, given));
  check(lab, reached);
  return reached;
}

/** An address, and how long after the creation of the Service it was seen in status. */
interface Given {
  readonly address: string;
  readonly afterMs: number;
}

async function create(lab: Lab, service: KubeObject): Promise<Given> {
  await lab.admin.create(service);
  const createdMs = performance.now();
  const [address] = await allocated(lab, service.metadata.name);
  return { address, afterMs: performance.now() - createdMs };
}

async function reach(lab: Lab, steps: Steps, service: string, given: Promise<Given>): Promise<Reached> {
  const { address } = await steps.run(
    `Service ${service} is created`,
    () => given,
    ({ address: ip, afterMs }) => ({
      title: `Service ${service} has ${ip}`,
      note: `${duration(afterMs)} after its creation`,
    }),
  );
  const announcer = await steps.run(
    `who answers for ${address}`,
    () => announced(lab, service, address),
    ({ name, addresses }) => ({ title: `${name} answers for ${address}`, note: `the client learned ${addresses.mac}` }),
  );
  return { service, address, announcer, answers: await askOften(lab, steps, address) };
}

/** Who answers curl in the client, asked a dozen times. */
export function askOften(lab: Lab, steps: Steps, address: string): Promise<readonly BackendAnswer[]> {
  return steps.run(
    `curl http://${address} from the client`,
    () => ask(lab, address),
    (answers) => ({ note: tally(answers) }),
  );
}

async function ask(lab: Lab, address: string): Promise<readonly BackendAnswer[]> {
  const answers: BackendAnswer[] = [];
  for (let asked = 0; asked < requests; asked++) answers.push(await lab.client.curl(address));
  return answers;
}

/** p1 ×4, p2 ×5, p3 ×3 */
export function tally(answers: readonly BackendAnswer[]): string {
  const pods = Array.from(new Set(answers.map(({ pod }) => pod))).toSorted();
  return pods.map((pod) => `${pod} ×${answers.filter((answer) => answer.pod === pod).length}`).join(', ');
}

/** What the three kinds of Service promise. */
function check(lab: Lab, reached: readonly Reached[]): void {
  for (const { service, address, answers, announcer } of reached) {
    const pods = new Set(answers.map(({ pod }) => pod));
    const peers = new Set(answers.map(({ peer }) => peer));
    if (service === 'local') {
      const own = announcer.addresses.pod.name;
      if (pods.size !== 1 || !pods.has(own)) throw new NotAsTold(`only ${own} answers on ${address}`, tally(answers));
      if (peers.size !== 1 || !peers.has(lab.client.ipv4)) {
        throw new NotAsTold(`the pod sees the client, ${lab.client.ipv4}`, Array.from(peers).join(', '));
      }
    } else if (pods.size < 2) {
      throw new NotAsTold(`pods of several nodes answer on ${address}`, tally(answers));
    }
    if (service === 'wish' && address !== wishedAddress) throw new NotAsTold(`${wishedAddress}, as asked for`, address);
  }
}
