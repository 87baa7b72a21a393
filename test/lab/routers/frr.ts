// FRRouting: zebra and bgpd (mgmtd where there is one, bfdd), asked by vtysh.
import type { Family } from '#shared/net/ip.ts';
import type { RouterSet } from '../parts/routers.ts';
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

/** Of the group of daemons: their sockets are in a folder of that name. */
const instance = 'lab';
const most = 32;

interface PathAsTold {
  readonly stale?: boolean;
  readonly nexthops?: readonly { readonly ip?: string; readonly scope?: string }[];
  readonly aspath?: { readonly segments?: readonly { readonly list: readonly number[] }[] };
  readonly locPrf?: number;
  readonly metric?: number;
  readonly med?: number;
  readonly community?: { readonly list?: readonly string[]; readonly string: string };
  readonly largeCommunity?: { readonly string: string };
}

export async function startFrr({ namespace, config }: RouterPlace, set: RouterSet = 'newest'): Promise<Router> {
  return startIn(set, namespace, async (folder) => {
    folder.write(`etc/frr/${instance}/vtysh.conf`, '');
    folder.write('tmp/lab.conf', configuration(config));
    const version = folder.version('frr');
    const daemons = [...(Number.parseInt(version, 10) < 10 ? [] : ['mgmtd']), 'zebra', 'bfdd', 'bgpd'];
    for (const daemon of daemons) {
      folder.start(daemon, [`/usr/lib/frr/${daemon}`, '-N', instance, '-P', '0', '-u', 'root', '-g', 'root']);
      // Those that follow are clients of this one from their beginning.
      await folder.ready(() => folder.read(`run/frr/${instance}/${daemon}.pid`));
    }
    const frr = new Frr(`FRR ${version}`, folder);
    await folder.ready(() => frr.vtysh(['-f', '/tmp/lab.conf']));
    return frr;
  });
}

class Frr implements Router {
  readonly name: string;
  readonly #folder: RouterFolder;

  constructor(name: string, folder: RouterFolder) {
    this.name = name;
    this.#folder = folder;
  }

  vtysh(words: readonly string[]): Promise<string> {
    return this.#folder.run(['vtysh', '-N', instance, ...words]);
  }

  async sessions(): Promise<readonly RouterSession[]> {
    const told = (await this.#show('bgp neighbors')) as Readonly<Record<string, { bgpState?: string }>>;
    return Object.entries(told).map(([address, { bgpState: state = 'none' }]) => ({
      address,
      state,
      isEstablished: state === 'Established',
    }));
  }

  async rib(family: Family): Promise<readonly HeldRoute[]> {
    const { routes } = (await this.#show(`bgp ${family.toLowerCase()} unicast`)) as {
      readonly routes: Readonly<Record<string, readonly PathAsTold[]>>;
    };
    const held = Object.entries(routes).flatMap(([prefix, paths]) =>
      paths.map((path) => ({ prefix, nextHop: nextHopOf(path), isStale: path.stale === true })),
    );
    return held.toSorted(byPrefix);
  }

  async details(prefix: string): Promise<RouteDetails> {
    const told = await this.#show(`bgp ${familyOfPrefix(prefix).toLowerCase()} unicast ${prefix}`);
    const [path] = (told as { readonly paths: readonly PathAsTold[] }).paths;
    if (path === undefined) throw new Error(`${this.name} holds no ${prefix}`);
    return {
      asPath: path.aspath?.segments?.flatMap(({ list }) => list) ?? [],
      localPref: path.locPrf,
      multiExitDisc: path.med ?? path.metric,
      communities: wordsOf(path.community?.string),
      largeCommunities: wordsOf(path.largeCommunity?.string),
    };
  }

  async refresh(neighbour: string): Promise<void> {
    await this.vtysh(['-c', `clear bgp ${neighbour} soft in`]);
  }

  stop(): Promise<void> {
    return this.#folder.stop();
  }

  async #show(what: string): Promise<unknown> {
    return JSON.parse(await this.vtysh(['-c', `show ${what} json`]));
  }
}

function nextHopOf({ nexthops = [] }: PathAsTold): string {
  return (nexthops.find(({ scope }) => scope !== 'link-local') ?? nexthops[0])?.ip ?? 'none';
}

function wordsOf(text = ''): readonly string[] {
  return text.split(' ').filter((word) => word !== '');
}

function configuration({ asn, address, neighbours }: RouterConfig): string {
  const all = ['IPv4', 'IPv6'] as const;
  return [
    `router bgp ${asn}`,
    `bgp router-id ${address}`,
    'no bgp ebgp-requires-policy',
    'no bgp default ipv4-unicast',
    'bgp bestpath as-path multipath-relax',
    ...neighbours.flatMap(neighbourLines),
    ...all.flatMap((family) => [
      `address-family ${family.toLowerCase()} unicast`,
      `maximum-paths ${most}`,
      ...neighbours
        .filter(({ families }) => families.includes(family))
        .map((each) => `neighbor ${nameOf(each)} activate`),
      'exit-address-family',
    ]),
    'exit',
    '',
  ].join('\n');
}

/** A range has a group instead of an address. */
function nameOf({ address }: Neighbour): string {
  return address.includes('/') ? `RANGE-${address.replaceAll(/\W/g, '-')}` : address;
}

function neighbourLines(neighbour: Neighbour): readonly string[] {
  const { address, asn, dials, password, ttlSecurity, extendedNextHop, bfd } = neighbour;
  const name = nameOf(neighbour);
  const isRange = address.includes('/');
  const say = (what: string, isWanted: boolean): readonly string[] => (isWanted ? [`neighbor ${name} ${what}`] : []);
  return [
    ...say('peer-group', isRange),
    `neighbor ${name} remote-as ${asn}`,
    ...say('passive', dials === undefined),
    ...say('timers connect 1', dials !== undefined),
    ...say(`password ${password}`, password !== undefined),
    ...say('ttl-security hops 1', ttlSecurity === true),
    ...say('capability extended-nexthop', extendedNextHop === true),
    ...say(`bfd ${bfd?.multiplier} ${bfd?.intervalMs} ${bfd?.intervalMs}`, bfd !== undefined),
    ...(isRange ? [`bgp listen range ${address} peer-group ${name}`] : []),
  ];
}
