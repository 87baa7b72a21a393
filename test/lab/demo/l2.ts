// Services get addresses, and a client on the LAN reaches them.
import { join } from 'node:path';
import type { ClusterNode } from '../cluster-node.ts';
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

const serviceNames = ['web', 'local', 'wish'] as const;
const requests = 12;
const pool = join(import.meta.dirname, 'pool.yaml');
const services = join(import.meta.dirname, 'services.yaml');

export async function showL2(lab: Lab, steps: Steps): Promise<readonly Reached[]> {
  await apply(lab, steps, 'pool and advertisement', pool);
  const createdMs = performance.now();
  await apply(lab, steps, 'three Services', services);
  const reached: Reached[] = [];
  for (const service of serviceNames) reached.push(await reach(lab, steps, service, createdMs));
  check(lab, reached);
  return reached;
}

async function apply(lab: Lab, steps: Steps, what: string, file: string): Promise<void> {
  const said = await steps.run(`kubectl apply: ${what}`, () => lab.kubectl(['apply', '-f', file]));
  for (const line of said.trim().split('\n')) steps.say(`      ${line}`);
}

async function reach(lab: Lab, steps: Steps, service: string, createdMs: number): Promise<Reached> {
  const since = (): string => duration(performance.now() - createdMs);
  const [address] = await steps.run(
    `Service ${service}: an address`,
    () => allocated(lab, service),
    ([ip]) => ({ title: `Service ${service} has ${ip}`, note: `${since()} after kubectl apply` }),
  );
  const announcer = await steps.run(
    `who answers for ${address}`,
    () => announced(lab, service, address),
    ({ name, addresses }) => ({ title: `${name} answers for ${address}`, note: `${addresses.mac}, ${since()}` }),
  );
  const answers = await steps.run(
    `curl http://${address} from the client`,
    () => ask(lab, address),
    (all) => ({ note: tally(all) }),
  );
  return { service, address, announcer, answers };
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
    if (service === 'wish' && address !== '192.0.2.222') throw new NotAsTold('192.0.2.222, as asked for', address);
  }
}
