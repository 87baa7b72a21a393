// OpenBGPD, asked by bgpctl.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Family } from '#shared/net/ip.ts';
import { startIn, type RouterFolder } from './router-folder.ts';
import {
  byPrefix,
  type HeldRoute,
  type Neighbour,
  type RouteDetails,
  type Router,
  type RouterConfig,
  type RouterPlace,
  type RouterSession,
} from './router.ts';

interface RouteAsTold {
  readonly prefix: string;
  readonly aspath?: string;
  readonly exit_nexthop: string;
  readonly stale?: boolean;
  readonly metric?: number;
  readonly localpref?: number;
  readonly communities?: readonly string[];
  readonly large_communities?: readonly string[];
}

interface NeighbourAsTold {
  readonly remote_addr: string;
  readonly state: string;
}

export async function startOpenbgpd({ namespace, config }: RouterPlace): Promise<Router> {
  return startIn('newest', namespace, async (folder) => {
    folder.write('tmp/bgpd.conf', configuration(config));
    folder.write('tmp/keep-groups.py', readFileSync(join(import.meta.dirname, 'keep-groups.py'), 'utf8'));
    folder.start('openbgpd', ['python3', '/tmp/keep-groups.py', '/usr/sbin/bgpd', '-d', '-f', '/tmp/bgpd.conf']);
    const openbgpd = new Openbgpd(`OpenBGPD ${folder.version('openbgpd')}`, folder);
    await folder.ready(async () => (await openbgpd.sessions()).length > 0 || config.neighbours.length === 0);
    return openbgpd;
  });
}

class Openbgpd implements Router {
  readonly name: string;
  readonly #folder: RouterFolder;

  constructor(name: string, folder: RouterFolder) {
    this.name = name;
    this.#folder = folder;
  }

  async sessions(): Promise<readonly RouterSession[]> {
    const { neighbors = [] } = (await this.#ask(['show', 'neighbor'])) as { neighbors?: readonly NeighbourAsTold[] };
    return neighbors.map(({ remote_addr: address, state }) => ({
      address,
      state,
      isEstablished: state === 'Established',
    }));
  }

  async rib(family: Family): Promise<readonly HeldRoute[]> {
    const held = (await this.#rib([family === 'IPv4' ? 'inet' : 'inet6'])).map((route) => ({
      prefix: route.prefix,
      nextHop: route.exit_nexthop,
      isStale: route.stale === true,
    }));
    return held.toSorted(byPrefix);
  }

  async details(prefix: string): Promise<RouteDetails> {
    const [route] = await this.#rib(['detail', prefix]);
    if (route === undefined) throw new Error(`${this.name} holds no ${prefix}`);
    return {
      asPath: (route.aspath ?? '').split(' ').filter(Boolean).map(Number),
      localPref: route.localpref,
      multiExitDisc: route.metric,
      communities: route.communities ?? [],
      largeCommunities: route.large_communities ?? [],
    };
  }

  async refresh(neighbour: string): Promise<void> {
    await this.#folder.run(['bgpctl', 'neighbor', neighbour, 'refresh']);
  }

  stop(): Promise<void> {
    return this.#folder.stop();
  }

  async #rib(words: readonly string[]): Promise<readonly RouteAsTold[]> {
    const { rib = [] } = (await this.#ask(['show', 'rib', ...words])) as { readonly rib?: readonly RouteAsTold[] };
    return rib;
  }

  async #ask(words: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.#folder.run(['bgpctl', '-j', ...words]));
  }
}

function configuration({ asn, address, addressIPv6, neighbours }: RouterConfig): string {
  return [
    `AS ${asn}`,
    `router-id ${address}`,
    `listen on ${address}`,
    `listen on ${addressIPv6}`,
    'fib-update no',
    'connect-retry 1',
    ...neighbours.flatMap(neighbourLines),
    'allow from any',
    'deny to any',
    '',
  ].join('\n');
}

function neighbourLines(neighbour: Neighbour): readonly string[] {
  const { address, asn, families, dials, password, ttlSecurity, extendedNextHop } = neighbour;
  return [
    `neighbor ${address} {`,
    `remote-as ${asn}`,
    ...(dials === undefined ? ['passive'] : []),
    ...(password === undefined ? [] : [`tcp md5sig password ${password}`]),
    ...(ttlSecurity === undefined ? [] : ['ttl-security yes']),
    ...(extendedNextHop === undefined ? [] : ['announce extended nexthop yes']),
    ...families.map((family) => `announce ${family} unicast`),
    '}',
  ];
}
