// The programs run with the shipped rights: these suffice for all they do, and allow nothing else.
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { auditLogPath } from '../control-plane/apiserver.ts';
import { applyAccess } from '../control-plane/manifests.ts';
import { run } from '../process/run.ts';
import { allocated, announced, conditionOf, servicePath } from '../services.ts';
import { configurationPath, l2Advertisement, lanAddresses, pool, service } from './objects.ts';
import { excludeUntilTestEnds } from './exclude.ts';
import { notesOn } from './seen.ts';
import { useLab } from './use-lab.ts';

const timeout = 25_000;
const recoveredWithinMs = 40_000;
const metallb = '/apis/metallb.io/v1beta1/namespaces/metallb-system';
const lab = useLab();

type Account = 'controller' | 'speaker';

async function tokenOf(account: Account): Promise<string> {
  const path = `/api/v1/namespaces/metallb-system/serviceaccounts/${account}/token`;
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const { status } = (await lab().admin.request('POST', path, request)) as { status: { token: string } };
  return status.token;
}

/** The apiserver's answer to `VERB path` with a token: its code. */
async function codeOf(token: string, request: string): Promise<number> {
  const [verb = '', path = ''] = request.split(' ');
  const contentType = verb === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const { controlPlane } = lab();
  const options = [
    '-sS',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '--cacert',
    controlPlane.certificates.authority.certificate,
  ];
  const headers = ['-H', `Authorization: Bearer ${token}`, '-H', `Content-Type: ${contentType}`];
  const body = verb === 'GET' || verb === 'DELETE' ? [] : ['-d', '{}'];
  return Number(await run(['curl', ...options, ...headers, ...body, '-X', verb, `${controlPlane.url}${path}`]));
}

interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly responseStatus: { readonly code: number };
}

/** What our programs asked for, as the audit log has it. */
function requestsOfOurs(): readonly AuditEvent[] {
  const lines = readFileSync(auditLogPath(lab().controlPlane.directory), 'utf8').split('\n').filter(Boolean);
  const events = lines.map((line) => JSON.parse(line) as AuditEvent);
  return events.filter(({ user }) => user.username.startsWith('system:serviceaccount:metallb-system:'));
}

test('a whole life of pool, Service and announcement is lived without being refused anything', async () => {
  const { admin } = lab();
  await admin.apply(pool('lan', [lanAddresses.ipv4]));
  await admin.apply(l2Advertisement('lan'));
  await admin.create(service('web'));
  const [address] = await allocated(lab(), 'web');
  const owner = await announced(lab(), 'web', address);
  await excludeUntilTestEnds(lab(), owner);
  await expect.poll(async () => (await announced(lab(), 'web', address)).name, { timeout }).not.toBe(owner.name);
  const isAnnounced = async () => conditionOf(await admin.get(servicePath('web')), 'ingot.dev/Announced')?.status;
  await expect.poll(isAnnounced, { timeout }).toBe('True');
  await admin.apply(pool('again', [lanAddresses.ipv4]));
  await expect.poll(() => notesOn(lab(), 'IPAddressPool', 'again', 'metallb-system'), { timeout }).toHaveLength(1);
  await admin.patch(servicePath('web'), { spec: { type: 'ClusterIP' } });
  await expect.poll(isAnnounced, { timeout }).toBeUndefined();
  await admin.delete(configurationPath('ipaddresspools', 'lan'));
  await admin.delete(servicePath('web'));

  const requests = requestsOfOurs();
  expect(new Set(requests.map(({ user }) => user.username.split(':').at(-1)))).toEqual(
    new Set(['controller', 'speaker']),
  );
  expect(requests.filter(({ responseStatus }) => responseStatus.code === 403)).toEqual([]);
});

const refused: Readonly<Record<Account, readonly string[]>> = {
  controller: [
    'GET /api/v1/secrets',
    'GET /api/v1/namespaces/metallb-system/secrets',
    'GET /api/v1/pods',
    'GET /api/v1/namespaces/metallb-system/pods',
    'GET /apis/apps/v1/deployments',
    'GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    'GET /apis/discovery.k8s.io/v1/endpointslices',
    'PATCH /api/v1/namespaces/default/services/kubernetes',
    'DELETE /api/v1/namespaces/default/services/kubernetes',
    'PATCH /api/v1/nodes/n1',
    `PATCH ${metallb}/ipaddresspools/lan`,
    `POST ${metallb}/servicel2statuses`,
    'GET /apis/coordination.k8s.io/v1/namespaces/metallb-system/leases/another',
    'POST /apis/coordination.k8s.io/v1/namespaces/default/leases',
  ],
  speaker: [
    'GET /api/v1/secrets',
    'GET /api/v1/namespaces/default/secrets',
    'GET /api/v1/pods',
    'PATCH /api/v1/namespaces/default/services/kubernetes',
    'PATCH /api/v1/namespaces/default/services/kubernetes/status',
    'PATCH /api/v1/nodes/n1',
    'PATCH /api/v1/nodes/n1/status',
    'GET /api/v1/namespaces',
    'GET /apis/coordination.k8s.io/v1/namespaces/metallb-system/leases/ingot-controller',
    'PATCH /apis/discovery.k8s.io/v1/namespaces/default/endpointslices/web',
    `PATCH ${metallb}/ipaddresspools/lan`,
    `PATCH ${metallb}/ipaddresspools/lan/status`,
    `DELETE ${metallb}/configurationstates/controller`,
  ],
};

const allowed: Readonly<Record<Account, readonly string[]>> = {
  controller: ['GET /api/v1/services', `GET ${metallb}/ipaddresspools`],
  speaker: ['GET /api/v1/services', `GET ${metallb}/l2advertisements`, 'GET /api/v1/namespaces/metallb-system/pods'],
};

test.each(['controller', 'speaker'] as const)('the token of the %s is good for what it needs only', async (account) => {
  const token = await tokenOf(account);
  const answers = async (requests: readonly string[]): Promise<readonly string[]> => {
    const codes = await Promise.all(requests.map((request) => codeOf(token, request)));
    return requests.map((request, index) => `${request} ${codes[index]}`);
  };
  expect(await answers(refused[account])).toEqual(refused[account].map((request) => `${request} 403`));
  expect(await answers(allowed[account])).toEqual(allowed[account].map((request) => `${request} 200`));
});

test('a speaker without rights is not ready, says what it may not do, and goes on once it may', async () => {
  const node = lab().node(1);
  onTestFinished(() => applyAccess(lab().admin));
  await expect.poll(() => node.speakerReadiness(), { timeout }).toBe('ok\n');
  await lab().admin.delete('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/ingot-speaker');
  await node.speaker?.stop();
  const restarted = await node.startSpeaker();
  await expect.poll(() => node.speakerReadiness(), { timeout }).toMatch(/^Service: .*403/m);
  await applyAccess(lab().admin);
  await expect.poll(() => node.speakerReadiness(), { timeout: recoveredWithinMs }).toBe('ok\n');
  expect(restarted.running).toBe(true);
});
