// The routers that BGP is tested against: Debian's own packages of them in folders to chroot into, made once and kept in the lab's cache.
// Nothing of them is installed on the machine, which would start daemons.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MachineLacks } from '../machine-lacks.ts';
import { Steps, type Progress } from '../output/steps.ts';
import { ensureCommand } from '../packages.ts';
import { attempt } from '../process/run.ts';
import { cacheKey, cacheRoot, lock, prune, touch } from './cache.ts';

/** What everybody runs tomorrow, and what many still run today: BIRD 2 and 3 exclude each other in one folder anyway. */
const sets = {
  newest: {
    suite: 'sid',
    packages: ['frr', 'frr-pythontools', 'bird3', 'gobgpd', 'exabgp', 'openbgpd', 'tshark', 'iproute2', 'procps'],
  },
  older: { suite: 'bookworm', packages: ['frr', 'frr-pythontools', 'bird2', 'iproute2', 'procps'] },
} as const;

export type RouterSet = keyof typeof sets;

const allSets = ['newest', 'older'] as const satisfies readonly RouterSet[];

/** Those whose versions are worth telling. */
const routers = ['frr', 'bird2', 'bird3', 'gobgpd', 'exabgp', 'openbgpd'];
const versionsFile = 'versions';
const madeWithinMs = 10 * 60_000;
const shownLines = 10;

/** The folder to chroot into. */
export function routersRoot(set: RouterSet): string {
  return join(cacheRoot, keyOf(set), 'root');
}

/** Whether tests with routers can run here. */
export function hasRouters(): boolean {
  return allSets.every(isMade);
}

function isMade(set: RouterSet): boolean {
  return existsSync(join(cacheRoot, keyOf(set), versionsFile));
}

/** As Debian numbers it: `frr 10.7.1-6`. */
export function routerVersions(set: RouterSet): readonly string[] {
  return readFileSync(join(cacheRoot, keyOf(set), versionsFile), 'utf8')
    .trim()
    .split('\n');
}

/** Needs a mirror of Debian, once. Where they cannot be had, their tests are skipped, and it is said; in CI that is a failure. */
export async function ensureRouters(steps: Steps = new Steps()): Promise<void> {
  try {
    for (const set of allSets) await ensureSet(set, steps);
  } catch (error) {
    if (!(error instanceof MachineLacks) || process.env['CI'] === 'true') throw error;
    steps.say(`skipped: tests with routers: ${error.message}`);
  }
}

async function ensureSet(set: RouterSet, steps: Steps): Promise<void> {
  if (!isMade(set)) await ensureCommand('mmdebstrap', steps);
  await steps.run(
    `routers of Debian ${sets[set].suite}`,
    async (progress) => {
      if (!isMade(set)) await make(set, progress);
      touch(keyOf(set));
    },
    () => ({ note: routerVersions(set).join(', ') }),
  );
}

async function make(set: RouterSet, progress: Progress): Promise<void> {
  const key = keyOf(set);
  const release = await lock(key, (pid) => progress(`process ${pid} is making them; waiting`));
  const temporary = join(cacheRoot, `${key}.tmp.${process.pid}`);
  const cleanUp = (): void => {
    rmSync(temporary, { recursive: true, force: true });
    release();
  };
  process.once('exit', cleanUp);
  try {
    if (isMade(set)) return;
    prune();
    mkdirSync(join(temporary, 'root'), { recursive: true });
    await unpack(set, temporary, progress);
    rmSync(join(cacheRoot, key), { recursive: true, force: true });
    renameSync(temporary, join(cacheRoot, key));
  } finally {
    process.off('exit', cleanUp);
    cleanUp();
  }
}

/**
 * Through a tar, unpacked as whoever this is: in the lab's user namespace nobody else has a name. Devices are the lab's own. The list of
 * versions, which says that all is there, comes last.
 */
const script = `
mmdebstrap --variant=apt --format=tar --aptopt='Acquire::Check-Valid-Until "false"' --include="$INCLUDE" "$SUITE" - "$MIRROR" |
  tar --extract --directory=root --no-same-owner --exclude='./dev/*'
dpkg-query --admindir=root/var/lib/dpkg --show --showformat='\${Package} \${Version}\n' > packages
grep -E '^(${routers.join('|')}) ' packages > ${versionsFile}`;

async function unpack(set: RouterSet, folder: string, progress: Progress): Promise<void> {
  const { suite, packages } = sets[set];
  progress('fetching packages, once');
  const { code, stderr } = await attempt(['setpriv', '--pdeathsig', 'KILL', 'bash', '-eo', 'pipefail', '-c', script], {
    cwd: folder,
    env: {
      ...process.env,
      MIRROR: await debianMirror(),
      SUITE: suite,
      INCLUDE: packages.join(','),
      TMPDIR: folder,
    },
    timeoutMs: madeWithinMs,
  });
  if (code === 0) return;
  const said = stderr.trim().split('\n').slice(-shownLines).join('\n');
  throw new MachineLacks(`Debian ${suite} gave no routers:\n${said}\n${waysOut(set)}`);
}

/** Where this machine has its own Debian from. */
async function debianMirror(): Promise<string> {
  const asked = ['--format', '$(SITE)', 'Created-By: Packages', 'Label: Debian'];
  const { stdout } = await attempt(['apt-get', 'indextargets', ...asked]);
  const [mirror] = stdout.split('\n');
  if (mirror) return mirror;
  throw new MachineLacks(`No mirror of Debian among the sources of apt here.\n${waysOut('newest')}`);
}

function waysOut(set: RouterSet): string {
  return [
    'One of these helps:',
    '  - run it on Debian, with access to the mirror that apt uses there;',
    `  - copy ${join(cacheRoot, keyOf(set))} from a machine that has it.`,
  ].join('\n');
}

function keyOf(set: RouterSet): string {
  const { suite, packages } = sets[set];
  return cacheKey([suite, packages.join(' '), script, process.arch]);
}

if (import.meta.main) await ensureRouters();
