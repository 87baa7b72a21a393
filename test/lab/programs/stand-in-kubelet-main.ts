// The stand-in kubelet's process: the Node with its addresses, its Lease each 2 s, its conditions each 10 s, and for each Pod bound to it the
// status that follows from its readiness probe.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { AdminClient, type KubeObject } from '../control-plane/admin-client.ts';
import { nodeAddresses } from '../network/addresses.ts';
import type { KubeletSettings } from './stand-in-kubelet.ts';

const leaseMs = 2_000;
const conditionsMs = 10_000;
const podsMs = 500;
const probeTimeoutMs = 1_000;

const settings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as KubeletSettings;
const node = nodeAddresses(settings.node);
const api = new AdminClient(settings.url, settings.certificates);
const readySince = new Map<string, string>();

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}

async function register(): Promise<void> {
  await api.apply({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node.name, labels: { 'kubernetes.io/hostname': node.name, 'kubernetes.io/os': 'linux' } },
    spec: { podCIDR: node.pod.networks[0], podCIDRs: node.pod.networks },
  });
}

/** A merge patch with the conditions in whole, as the node lifecycle controller may have changed them meanwhile. */
async function writeConditions(): Promise<void> {
  const time = now();
  const condition = (type: string, status: 'True' | 'False', reason: string): object => ({
    type,
    status,
    reason,
    message: '',
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  });
  await api.patch(`/api/v1/nodes/${node.name}/status`, {
    status: {
      addresses: [
        { type: 'InternalIP', address: node.ipv4 },
        { type: 'InternalIP', address: node.ipv6 },
        { type: 'Hostname', address: node.name },
      ],
      capacity: { cpu: '2', memory: '4Gi', pods: '110' },
      allocatable: { cpu: '2', memory: '4Gi', pods: '110' },
      nodeInfo: { kubeletVersion: settings.version, operatingSystem: 'linux', architecture: 'amd64' },
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
        condition('Ready', 'True', 'KubeletReady'),
      ],
    },
  });
}

async function renewLease(): Promise<void> {
  await api.apply({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: node.name, namespace: 'kube-node-lease' },
    spec: {
      holderIdentity: node.name,
      leaseDurationSeconds: 40,
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    },
  });
}

async function probe(pod: KubeObject, ip: string): Promise<boolean> {
  const { readinessProbe } = pod['spec'].containers[0];
  if (readinessProbe === undefined) return true;
  const { host, port, path } = readinessProbe.httpGet;
  try {
    const answer = await fetch(`http://${host ?? ip}:${port}${path}`, { signal: AbortSignal.timeout(probeTimeoutMs) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

async function writePodStatus(pod: KubeObject): Promise<void> {
  const hostNetwork: boolean = pod['spec'].hostNetwork === true;
  const [ipv4, ipv6] = hostNetwork ? [node.ipv4, node.ipv6] : [node.pod.ipv4, node.pod.ipv6];
  const ready = (await probe(pod, ipv4)) ? 'True' : 'False';
  const key = `${pod.metadata.uid}/${ready}`;
  const since = readySince.get(key) ?? now();
  readySince.set(key, since);
  readySince.delete(`${pod.metadata.uid}/${ready === 'True' ? 'False' : 'True'}`);
  const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
    type,
    status: type.endsWith('eady') ? ready : 'True',
    lastTransitionTime: since,
  }));
  const status = {
    phase: 'Running',
    hostIP: node.ipv4,
    hostIPs: [{ ip: node.ipv4 }, { ip: node.ipv6 }],
    podIP: ipv4,
    podIPs: [{ ip: ipv4 }, { ip: ipv6 }],
    conditions,
    containerStatuses: [
      {
        name: pod['spec'].containers[0].name,
        image: pod['spec'].containers[0].image,
        imageID: '',
        ready: ready === 'True',
        restartCount: 0,
        state: { running: { startedAt: since } },
      },
    ],
  };
  if (isSaid(pod['status'], status)) return;
  await api.patch(`/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/status`, { status });
}

/** Readiness and addresses stand there already; times alone are not worth a write. */
function isSaid(shown: Record<string, unknown>, wanted: Readonly<Record<string, unknown>>): boolean {
  return isDeepStrictEqual(essence(shown), essence(wanted));
}

function essence(status: Readonly<Record<string, unknown>>): unknown {
  const conditions = (status['conditions'] ?? []) as readonly { type: string; status: string }[];
  const ready = conditions.find(({ type }) => type === 'Ready')?.status;
  return { phase: status['phase'], podIPs: status['podIPs'], ready };
}

/** A Pod that is to go has nothing left to wait for: its program is the lab's. */
async function finishOrReport(pod: KubeObject): Promise<void> {
  if (pod.metadata['deletionTimestamp'] === undefined) await writePodStatus(pod);
  else {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
    await api.request('DELETE', path, { gracePeriodSeconds: 0 });
  }
}

async function reportPods(): Promise<void> {
  const pods = await api.list(`/api/v1/pods?fieldSelector=spec.nodeName%3D${node.name}`);
  await Promise.all(pods.map((pod) => finishOrReport(pod)));
}

/** Does it again and again; what fails is said and tried the next time. */
async function forever(everyMs: number, act: () => Promise<void>): Promise<never> {
  for (;;) {
    const startedMs = performance.now();
    try {
      await act();
    } catch (error) {
      console.error(new Date().toISOString(), act.name, error instanceof Error ? error.message : error);
    }
    await sleep(Math.max(0, everyMs - (performance.now() - startedMs)));
  }
}

async function registered(): Promise<void> {
  for (;;) {
    try {
      await register();
      return;
    } catch (error) {
      console.error(new Date().toISOString(), 'register', error);
      await sleep(podsMs);
    }
  }
}

await registered();
await Promise.all([forever(conditionsMs, writeConditions), forever(leaseMs, renewLease), forever(podsMs, reportPods)]);
