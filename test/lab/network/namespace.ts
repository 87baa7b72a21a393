// Network namespaces by name, as iproute2 keeps them.
import { attempt, run } from '../process/run.ts';

/** What a namespace is for decides whether its kernel forwards. */
export type NamespaceRole = 'host' | 'forwarder';

const neverDetectDuplicates = {
  'ipv6/conf/all/accept_dad': 0,
  'ipv6/conf/default/accept_dad': 0,
};

const forwarding = {
  'ipv4/ip_forward': 1,
  'ipv6/conf/all/forwarding': 1,
  'ipv6/conf/default/forwarding': 1,
  'ipv4/conf/all/rp_filter': 0,
  'ipv4/conf/default/rp_filter': 0,
  // A redirect for each packet handed back would use up the rate limit that kube-proxy's port-unreachable needs too.
  'ipv4/conf/all/send_redirects': 0,
  'ipv4/conf/default/send_redirects': 0,
};

/** The command that runs `command` in a namespace. */
export function within(namespace: string, command: readonly string[]): [string, ...string[]] {
  return ['ip', 'netns', 'exec', namespace, ...command];
}

/** Several lines for `ip`, each without the word itself, in one process; in the lab's root without a namespace. */
export async function ip(lines: readonly string[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ['-n', namespace];
  await run(['ip', ...where, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

export async function createNamespace(name: string, role: NamespaceRole): Promise<void> {
  await run(['ip', 'netns', 'add', name]);
  const settings = { ...neverDetectDuplicates, ...(role === 'forwarder' ? forwarding : {}) };
  const script = Object.entries(settings).map(([path, value]) => `echo ${value} > /proc/sys/net/${path}`);
  await run(within(name, ['sh', '-ec', script.join('\n')]));
  await ip(['link set lo up'], name);
}

export async function namespaceNames(): Promise<readonly string[]> {
  const listed = await run(['ip', 'netns', 'list']);
  return listed
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name !== '');
}

/** The processes that live in a namespace; none when it does not exist. */
export async function processesIn(namespace: string): Promise<readonly number[]> {
  const listed = await attempt(['ip', 'netns', 'pids', namespace]);
  return listed.stdout.split('\n').filter(Boolean).map(Number);
}

/** Sends a signal to every process of a namespace. */
export async function signalAll(namespace: string, signal: NodeJS.Signals): Promise<void> {
  for (const pid of await processesIn(namespace)) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Kills what runs in a namespace, then removes it. */
export async function deleteNamespace(name: string): Promise<void> {
  await signalAll(name, 'SIGKILL');
  await run(['ip', 'netns', 'delete', name]);
}
