// What a test run must not leave behind: processes, network namespaces and temporary files of its own.
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Programs that the tests start: the control plane, and ours from this checkout. */
const startedByTests = /\/(etcd|kube-apiserver|kube-controller-manager|kube-proxy)$|\/(controller|speaker)\/main\.ts$/;

/** A line for each thing that there is now. */
export function seenNow(root: string): ReadonlySet<string> {
  return new Set([...processes(root), ...namespaces(), ...temporaryFiles()]);
}

export function leftBehind(root: string, before: ReadonlySet<string>): string[] {
  return [...seenNow(root)].filter((line) => !before.has(line));
}

function processes(root: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid, command: commandOf(pid) }))
    .filter(({ command }) =>
      command.slice(0, 2).some((part) => startedByTests.test(part) || part.startsWith(`${root}/test/lab/`)),
    )
    .map(({ pid, command }) => `process ${pid}: ${command.slice(0, 3).join(' ')}`);
}

/** Empty when the process ended meanwhile. */
function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function namespaces(): string[] {
  return list('/run/netns').map((name) => `network namespace ${name}`);
}

function temporaryFiles(): string[] {
  return list(tmpdir())
    .filter((name) => name.startsWith('ingot-'))
    .map((name) => `${tmpdir()}/${name}`);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
