// The layers, enforced: who may import whom, and what the simulator's path may not touch. ARCHITECTURE.md says why.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Real adapters and programs: the only files that may touch the machine. */
const adapters = [
  /^(controller|speaker)\/main\.ts$/,
  /^speaker\/wire-main\.ts$/,
  /^speaker\/host\//,
  /^shared\/kube\/transport(\/|\.ts$)/,
  /^shared\/runtime\/(system|pino-log|prom-metrics|http-server|options|program)\.ts$/,
  /^shared\/api\/generate\.ts$/,
];

/** Packages that the pure path may use, and where. */
const purePackages: readonly (readonly [string, RegExp])[] = [
  ['node:assert', /./],
  ['ip-address', /^shared\/net\//],
  ['zod', /^shared\/(api|config)\//],
];

/** Words that would bring in time, chance, the process or a promise: the simulator could not play them. */
const forbiddenWords =
  /\b(async|await|Promise|setTimeout|setInterval|setImmediate|queueMicrotask|Date\.now|new Date\(\)|Math\.random|process|performance|globalThis)\b|new Date\(\)/;

/** Each room imports, of the project, only these (and itself). */
const rooms: readonly { readonly room: RegExp; readonly mayImport: RegExp }[] = [
  { room: /^shared\/net\//, mayImport: /^shared\/net\// },
  { room: /^shared\/runtime\//, mayImport: /^shared\/(net|runtime)\// },
  { room: /^shared\/kube\/objects\//, mayImport: /^shared\/(net|runtime\/equal|kube\/objects)/ },
  {
    room: /^shared\/(api|config)\//,
    mayImport: /^shared\/(net|api|config|kube\/objects|kube\/kube-api|runtime\/equal)/,
  },
  { room: /^shared\//, mayImport: /^shared\// },
  { room: /^controller\/allocation\//, mayImport: /^(shared\/(net|config|kube\/objects)\/|controller\/allocation\/)/ },
  { room: /^controller\//, mayImport: /^(shared|controller)\// },
  { room: /^speaker\/l2\//, mayImport: /^(shared\/(net|runtime)\/|speaker\/l2\/)/ },
  { room: /^speaker\/bgp\//, mayImport: /^(shared\/(net|runtime)\/|speaker\/bgp\/)/ },
  { room: /^speaker\/bfd\//, mayImport: /^(shared\/(net|runtime)\/|speaker\/(bfd\/|l2\/packet-socket))/ },
  { room: /^speaker\/segment\//, mayImport: /^(shared\/(net|runtime)\/|speaker\/(segment\/|desired\/rendezvous))/ },
  {
    room: /^speaker\/desired\/bgp\//,
    mayImport: /^(shared\/(net|config|kube\/objects)\/|speaker\/((desired|bgp)\/|l2\/host-network))/,
  },
  {
    room: /^speaker\/desired\//,
    // What the wire thread is told is made here.
    mayImport:
      /^(shared\/(net|config|kube\/objects)\/|speaker\/(desired\/|seam\.ts$|segment\/(node-id|event|ownership\/desired-address)\.ts$))/,
  },
  { room: /^speaker\//, mayImport: /^(shared|speaker)\// },
];

/** The wire thread must never parse, log to files or talk HTTP: a stall there is a lost beat. */
const forbiddenOnWireThread =
  /^(@kubernetes\/client-node|undici|pino|zod|yaml|prom-client|node:(fs|http|https|http2)(\/.*)?)$/;

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(path: string, source: string): Import[] {
  const statements = source.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm);
  return [...statements].map(([, type, from, bare]) => {
    const specifier = from ?? bare ?? '';
    const target = specifier.startsWith('#')
      ? specifier.slice(1)
      : specifier.startsWith('.')
        ? relative(root, join(root, dirname(path), specifier))
        : specifier;
    return { target, typeOnly: type !== undefined };
  });
}

const isProjectFile = (target: string): boolean => /^(shared|controller|speaker|test|cli)\//.test(target);
const isAdapter = (path: string): boolean => adapters.some((pattern) => pattern.test(path));

/** Without comments and texts. */
function codeOf(source: string): string {
  return source
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\/\/.*$/gm, '')
    .replaceAll(/'[^'\n]*'|`[^`]*`/g, "''");
}

/** Why this file may not be as it is; empty when it may. */
function violations(path: string, source: string): string[] {
  const found: string[] = [];
  const code = codeOf(source);
  if (!isAdapter(path)) {
    const word = forbiddenWords.exec(code)?.[0];
    if (word !== undefined) found.push(`uses ${word}: inject Clock, Random or an adapter instead`);
  }
  const room = rooms.find((candidate) => candidate.room.test(path));
  for (const { target, typeOnly } of importsOf(path, source)) {
    if (isProjectFile(target)) {
      if (target.startsWith('test/')) found.push(`imports ${target}: programs know no tests`);
      else if (room !== undefined && !room.mayImport.test(target)) found.push(`imports ${target}: not below its layer`);
      if (!isAdapter(path) && isAdapter(target) && !typeOnly)
        found.push(`imports the adapter ${target}: only main builds it`);
    } else if (!isAdapter(path) && !purePackages.some(([name, where]) => name === target && where.test(path))) {
      found.push(`imports ${target}: only adapters touch the machine`);
    }
  }
  return found;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const sources = new Map(
  ['shared', 'controller', 'speaker']
    .flatMap(sourceFiles)
    .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
);

test.each([...sources])('%s keeps to its layer', (path, source) => {
  expect(violations(path, source)).toEqual([]);
});

/** What would make a simulated run depend on more than its seed. */
const chanceWords =
  /\b(async|await|Promise|setTimeout|setInterval|setImmediate|queueMicrotask|Date\.now|Math\.(random|log|exp|sin|cos|pow)|performance|globalThis)\b|new Date\(\)/;

/** Around the simulation, not in it: the command line, child processes, a server on a real socket. */
const aroundSimulation = /^test\/simulation\/(main|[a-z-]+-main|scripted-http-server|(mutations|scale)\/[a-z-]+)\.ts$/;

test.each(sourceFiles('test/simulation').filter((path) => !aroundSimulation.test(path)))(
  '%s depends on nothing but its seed',
  (path) => {
    expect(chanceWords.exec(codeOf(readFileSync(join(root, path), 'utf8')))?.[0]).toBeUndefined();
  },
);

test('the wire thread loads nothing that could stall it', () => {
  const seen = new Set<string>();
  const reached = (path: string): string[] => {
    if (seen.has(path)) return [];
    seen.add(path);
    return importsOf(path, sources.get(path) ?? '')
      .filter(({ typeOnly }) => !typeOnly)
      .flatMap(({ target }) => (isProjectFile(target) ? reached(target) : [`${path} imports ${target}`]));
  };
  const stalling = reached('speaker/wire-main.ts').filter((line) =>
    forbiddenOnWireThread.test(line.split(' imports ')[1] ?? ''),
  );
  expect(stalling).toEqual([]);
  expect(seen).toContain('speaker/wire.ts');
});

describe('the rules fire', () => {
  test.each([
    ['shared/net/ip.ts', "import { log } from '#shared/runtime/log.ts';", /not below its layer/],
    ['controller/plan.ts', "import { x } from '#speaker/seam.ts';", /not below its layer/],
    ['speaker/l2/responder.ts', "import { readFile } from 'node:fs';", /only adapters touch the machine/],
    ['speaker/speaker.ts', "import { pino } from 'pino';", /only adapters touch the machine/],
    ['controller/controller.ts', "import { systemClock } from '#shared/runtime/system.ts';", /only main builds it/],
    ['controller/writer.ts', 'const later = async () => {};', /uses async/],
    ['shared/kube/reflector.ts', 'const now = Date.now();', /uses Date.now/],
    ['shared/kube/lease.ts', 'const now = new Date();', /uses new Date\(\)/],
    ['shared/config/pool.ts', "import { x } from '#test/simulation/time/virtual-clock.ts';", /programs know no tests/],
  ])('on %s with %s', (path, source, reason) => {
    expect(violations(path, source).join()).toMatch(reason);
  });

  test('but not on an adapter, a type, a comment or a text', () => {
    expect(violations('shared/runtime/system.ts', "import { randomInt } from 'node:crypto';\nDate.now();")).toEqual([]);
    expect(violations('controller/controller.ts', "import type { X } from '#shared/runtime/options.ts';")).toEqual([]);
    expect(violations('controller/plan.ts', "// async\nconst text = 'the process awaits';")).toEqual([]);
  });
});
