// Builds the lab's control plane from the pinned Go module beside this file: every `tool` of its go.mod in one `go build`.
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MachineLacks } from '../machine-lacks.ts';
import { duration, type Progress } from '../output/steps.ts';
import { attempt } from '../process/run.ts';
import { isComplete } from './binaries.ts';
import { cacheKey, cacheRoot, lock, prune } from './cache.ts';

const moduleDirectory = import.meta.dirname;
const goMod = readFileSync(join(moduleDirectory, 'go.mod'), 'utf8');
const minimumGo = [1, 26] as const;
/** From this one on, Go can fetch the release that go.mod asks for. */
const fetchingGo = [1, 21] as const;
const shownLogLines = 20;
const interruptSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export const kubernetesVersion = moduleVersion('k8s.io/kubernetes');

const [major, minor] = kubernetesVersion.slice(1).split('.');
const versionPackage = 'k8s.io/component-base/version';
const goFlags = '-mod=readonly -trimpath -buildvcs=false';
const linkerFlags = [
  '-s -w',
  `-X ${versionPackage}.gitVersion=${kubernetesVersion}`,
  `-X ${versionPackage}.gitMajor=${major}`,
  `-X ${versionPackage}.gitMinor=${minor}`,
  `-X ${versionPackage}.gitTreeState=clean`,
].join(' ');

const goArchitecture = process.arch === 'x64' ? 'amd64' : process.arch;
export const partsKey = cacheKey([
  goMod,
  readFileSync(join(moduleDirectory, 'go.sum')),
  `${goFlags} ${linkerFlags}`,
  process.platform,
  goArchitecture,
]);
export const cachedDirectory = join(cacheRoot, partsKey, 'bin');

/** Builds the parts into the cache; when another process does so already, waits for it. */
export async function buildParts(progress: Progress): Promise<void> {
  const release = await lock(partsKey, (pid) => progress(`process ${pid} is building it; waiting`));
  const temporary = join(cacheRoot, `${partsKey}.tmp.${process.pid}`);
  const cleanUp = (): void => {
    rmSync(temporary, { recursive: true, force: true });
    release();
  };
  process.once('exit', cleanUp);
  try {
    if (isComplete(cachedDirectory)) return;
    prune();
    await build(temporary, progress);
    rmSync(join(cacheRoot, partsKey), { recursive: true, force: true });
    renameSync(temporary, join(cacheRoot, partsKey));
  } finally {
    process.off('exit', cleanUp);
    cleanUp();
  }
}

async function build(temporary: string, progress: Progress): Promise<void> {
  const output = join(temporary, 'bin');
  // An interrupted go leaves what it was working on.
  const work = join(temporary, 'work');
  mkdirSync(output, { recursive: true });
  mkdirSync(work);
  const env = { ...process.env, ...(await toolchain()), CGO_ENABLED: '0', GOFLAGS: goFlags, GOTMPDIR: work };
  const startedMs = performance.now();
  const since = (): string => duration(performance.now() - startedMs);
  let modules = 0;
  const packages = await go(['list', '-deps', 'tool'], env, (line) => {
    if (line.startsWith('go: downloading')) progress(`fetching Go modules: ${++modules}, ${since()}`);
  });
  const total = packages.filter((line) => line !== '').length;
  let built = 0;
  await go(['build', '-v', '-o', `${output}/`, '-ldflags', linkerFlags, 'tool'], env, () => {
    progress(`building, once: ${grouped(++built)} of ${grouped(total)} packages, ${since()}`);
  });
  // The tool is named after its folder.
  renameSync(join(output, 'server'), join(output, 'etcd'));
  rmSync(work, { recursive: true });
}

/** 2,744 */
function grouped(count: number): string {
  return count.toLocaleString('en');
}

/** Runs go quietly behind everything else; its standard error is read line by line and kept in a log. Ends with this process. */
async function go(args: readonly string[], env: NodeJS.ProcessEnv, said: (line: string) => void): Promise<string[]> {
  const command = ['--pdeathsig', 'KILL', 'nice', '-n', '10', 'go', ...args];
  const child = spawn('setpriv', command, {
    cwd: moduleDirectory,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const uninterrupt = passInterruptsTo(child);
  const logPath = join(cacheRoot, 'build.log');
  const log = createWriteStream(logPath);
  const tail: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    log.write(`${line}\n`);
    tail.push(line);
    if (tail.length > shownLogLines) tail.shift();
    said(line);
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  log.end();
  uninterrupt();
  if (code !== 0) throw buildFailed(args, tail, logPath);
  return output.split('\n');
}

/** A signal ends go and its compilers first, and then this process. */
function passInterruptsTo(child: ChildProcess): () => void {
  const interrupt = (signal: NodeJS.Signals): void => {
    child.once('close', () => process.exit(128 + constants.signals[signal]));
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
  };
  for (const signal of interruptSignals) process.once(signal, interrupt);
  return () => {
    for (const signal of interruptSignals) process.off(signal, interrupt);
  };
}

function buildFailed(args: readonly string[], tail: readonly string[], logPath: string): Error {
  const offline = tail.some((line) => /dial tcp|no such host|proxyconnect|module lookup disabled/.test(line));
  const said = `go ${args[0]} failed:\n${tail.join('\n')}\nThe whole log: ${logPath}`;
  return offline ? new MachineLacks(`${said}\n${waysOut}`) : new Error(said);
}

/** Go as it is, or told to fetch the release it needs. */
async function toolchain(): Promise<{ GOTOOLCHAIN: string }> {
  const answer = await attempt(['go', 'env', 'GOVERSION'], {
    cwd: '/',
    env: { ...process.env, GOTOOLCHAIN: 'local' },
  }).catch(() => undefined);
  const version = answer?.stdout.trim() ?? '';
  if (isAtLeast(version, minimumGo)) return { GOTOOLCHAIN: 'local' };
  if (isAtLeast(version, fetchingGo)) return { GOTOOLCHAIN: 'auto' };
  throw new MachineLacks(
    `The lab's Kubernetes is built with Go ${minimumGo.join('.')}, and here is ${version || 'none'}.\n${waysOut}`,
  );
}

const waysOut = [
  'One of these helps:',
  `  - install Go ${minimumGo.join('.')} or newer (https://go.dev/dl), with access to the Go module proxy;`,
  `  - copy ${join(cacheRoot, partsKey)} from a machine that has it;`,
  '  - set INGOT_LAB_BIN to a folder with etcd, kube-apiserver, kube-controller-manager, kube-proxy and kubectl.',
].join('\n');

function isAtLeast(version: string, [wantedMajor, wantedMinor]: readonly [number, number]): boolean {
  const [, foundMajor, foundMinor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  if (foundMajor === undefined || foundMinor === undefined) return false;
  return Number(foundMajor) > wantedMajor || (Number(foundMajor) === wantedMajor && Number(foundMinor) >= wantedMinor);
}

function moduleVersion(module: string): string {
  const version = new RegExp(`^(?:require |\\t)${module} (v\\S+)`, 'm').exec(goMod)?.[1];
  if (version === undefined) throw new Error(`go.mod names no ${module}`);
  return version;
}
