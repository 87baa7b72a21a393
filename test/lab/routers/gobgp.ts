// GoBGP, asked by gobgp.
import type { Family } from '#shared/net/ip.ts';
import { startIn, type RouterFolder } from './router-folder.ts';
import {
  byPrefix,
  familyOfPrefix,
  type HeldRoute,
  type Neighbour,
  type RouteDetails,
  type Router,
  type RouterConfig,
  type RouterPlace,
  type RouterSession,
} from './router.ts';

const established = 6;
const states = ['unknown', 'Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established'] as const;
const attributeTypes = {
  asPath: 2,
  nextHop: 3,
  multiExitDisc: 4,
  localPref: 5,
  communities: 8,
  mpReach: 14,
  largeCommunities: 32,
} as const;

interface AttributeAsTold {
  readonly type: number;
  readonly as_paths?: readonly { readonly asns: readonly number[] }[];
  readonly nexthop?: string;
  readonly metric?: number;
  readonly value?: unknown;
  readonly communities?: readonly number[];
}

interface PathAsTold {
  readonly stale?: boolean;
  readonly attrs: readonly AttributeAsTold[];
}

export async function startGobgp({ namespace, config }: RouterPlace): Promise<Router> {
  return startIn('newest', namespace, async (folder) => {
    folder.write('tmp/gobgpd.toml', configuration(config));
    folder.start('gobgpd', ['gobgpd', '-f', '/tmp/gobgpd.toml']);
    const gobgp = new Gobgp(`GoBGP ${folder.version('gobgpd')}`, folder);
    await folder.ready(async () => (await gobgp.sessions()).length > 0 || config.neighbours.length === 0);
    return gobgp;
  });
}

class Gobgp implements Router {
  readonly name: string;
  readonly #folder: RouterFolder;

  constructor(name: string, folder: RouterFolder) {
    this.name = name;
    this.#folder = folder;
  }

  async sessions(): Promise<readonly RouterSession[]> {
    const told = (await this.#ask(['neighbor'])) as
      | readonly { readonly state: { neighbor_address: string; session_state?: number } }[]
      | null;
    return (told ?? []).map(({ state }) => ({
      address: state.neighbor_address,
      state: states[state.session_state ?? 0] ?? 'unknown',
      isEstablished: state.session_state === established,
    }));
  }

  async rib(family: Family): Promise<readonly HeldRoute[]> {
    const held = Object.entries(await this.#rib([], family)).flatMap(([prefix, paths]) =>
      paths.map(({ attrs, stale }) => ({ prefix, nextHop: nextHopOf(attrs), isStale: stale === true })),
    );
    return held.toSorted(byPrefix);
  }

  async details(prefix: string): Promise<RouteDetails> {
    const [path] = (await this.#rib([prefix], familyOfPrefix(prefix)))[prefix] ?? [];
    if (path === undefined) throw new Error(`${this.name} holds no ${prefix}`);
    const attribute = (type: number): AttributeAsTold | undefined => path.attrs.find((each) => each.type === type);
    const large = (attribute(attributeTypes.largeCommunities)?.value ?? []) as readonly Record<string, number>[];
    return {
      asPath: attribute(attributeTypes.asPath)?.as_paths?.flatMap(({ asns }) => asns) ?? [],
      localPref: attribute(attributeTypes.localPref)?.value as number | undefined,
      multiExitDisc: attribute(attributeTypes.multiExitDisc)?.metric,
      communities: (attribute(attributeTypes.communities)?.communities ?? []).map(
        (one) => `${one >>> 16}:${one & 65535}`,
      ),
      largeCommunities: large.map((one) => Object.values(one).join(':')),
    };
  }

  async refresh(neighbour: string): Promise<void> {
    await this.#folder.run(['gobgp', 'neighbor', neighbour, 'softresetin']);
  }

  stop(): Promise<void> {
    return this.#folder.stop();
  }

  async #rib(words: readonly string[], family: Family): Promise<Readonly<Record<string, readonly PathAsTold[]>>> {
    return (await this.#ask(['global', 'rib', ...words, '-a', family.toLowerCase()])) as Record<string, PathAsTold[]>;
  }

  async #ask(words: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.#folder.run(['gobgp', '-j', ...words]));
  }
}

function nextHopOf(attributes: readonly AttributeAsTold[]): string {
  const { nextHop, mpReach } = attributeTypes;
  return attributes.find(({ type }) => type === nextHop || type === mpReach)?.nexthop ?? 'none';
}

function configuration({ asn, address, neighbours }: RouterConfig): string {
  const blocks = neighbours.map((neighbour, index) => {
    const group = `range-${index}`;
    return neighbour.address.includes('/')
      ? [
          ...block('peer-groups', `peer-group-name = "${group}"`, neighbour),
          '[[dynamic-neighbors]]',
          `  config = { prefix = "${neighbour.address}", peer-group = "${group}" }`,
        ]
      : block('neighbors', `neighbor-address = "${neighbour.address}"`, neighbour);
  });
  return [`global.config = { as = ${asn}, router-id = "${address}" }`, ...blocks.flat(), ''].join('\n');
}

function block(kind: string, name: string, { asn, families, dials, password, ttlSecurity }: Neighbour): string[] {
  const secret = password === undefined ? '' : `, auth-password = "${password}"`;
  return [
    `[[${kind}]]`,
    `  config = { ${name}, peer-as = ${asn}${secret} }`,
    dials === undefined ? '  transport.config = { passive-mode = true }' : '  timers.config = { connect-retry = 1 }',
    ...(ttlSecurity === undefined ? [] : ['  ttl-security.config = { enabled = true, ttl-min = 255 }']),
    '  graceful-restart.config = { enabled = true, restart-time = 60 }',
    ...families.flatMap((family) => [
      `  [[${kind}.afi-safis]]`,
      `    config = { afi-safi-name = "${family.toLowerCase()}-unicast" }`,
      '    mp-graceful-restart.config = { enabled = true }',
    ]),
  ];
}
