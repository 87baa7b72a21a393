// ExaBGP: it keeps no routes, but tells a helper of each message, as JSON. What it would hold is what these messages come to.
import type { Family } from '#shared/net/ip.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

type Nlri = { readonly nlri: string };

interface AttributesAsTold {
  readonly 'as-path'?: Readonly<Record<string, { readonly value: readonly number[] }>>;
  readonly 'local-preference'?: number;
  readonly med?: number;
  readonly community?: readonly (readonly number[])[];
  readonly 'large-community'?: readonly (readonly number[])[];
}

interface MessageAsTold {
  readonly type: string;
  readonly neighbor: {
    readonly address: { readonly peer: string };
    readonly state?: string;
    readonly message?: {
      readonly update?: {
        readonly attribute?: AttributesAsTold;
        readonly announce?: Readonly<Record<string, Readonly<Record<string, readonly Nlri[]>>>>;
        readonly withdraw?: Readonly<Record<string, readonly Nlri[]>>;
      };
    };
  };
}

interface Told extends HeldRoute {
  readonly peer: string;
  readonly attributes: AttributesAsTold;
}

export async function startExabgp({ namespace, config }: RouterPlace): Promise<Router> {
  return startIn('newest', namespace, async (folder) => {
    folder.write('tmp/exabgp.conf', configuration(config));
    folder.write('tmp/watch.py', readFileSync(join(import.meta.dirname, 'exabgp-watch.py'), 'utf8'));
    folder.start('exabgp', ['exabgp', 'server', '/tmp/exabgp.conf'], {
      exabgp_tcp_bind: `${config.address} ${config.addressIPv6}`,
      exabgp_tcp_port: '179',
      exabgp_daemon_user: 'root',
      exabgp_api_cli: 'false',
    });
    const exabgp = new Exabgp(`ExaBGP ${folder.version('exabgp')}`, folder);
    await folder.ready(() => folder.read('tmp/messages'));
    return exabgp;
  });
}

class Exabgp implements Router {
  readonly name: string;
  readonly #folder: RouterFolder;

  constructor(name: string, folder: RouterFolder) {
    this.name = name;
    this.#folder = folder;
  }

  async sessions(): Promise<readonly RouterSession[]> {
    const states = new Map<string, string>();
    for (const { neighbor } of this.#messages()) {
      if (neighbor.state !== undefined) states.set(neighbor.address.peer, neighbor.state);
    }
    return Array.from(states, ([address, state]) => ({ address, state, isEstablished: state === 'up' }));
  }

  async rib(family: Family): Promise<readonly HeldRoute[]> {
    return this.#routes()
      .filter(({ prefix }) => familyOfPrefix(prefix) === family)
      .toSorted(byPrefix);
  }

  async details(prefix: string): Promise<RouteDetails> {
    const attributes = this.#routes().find((route) => route.prefix === prefix)?.attributes;
    if (attributes === undefined) throw new Error(`${this.name} holds no ${prefix}`);
    return {
      asPath: Object.values(attributes['as-path'] ?? {}).flatMap(({ value }) => value),
      localPref: attributes['local-preference'],
      multiExitDisc: attributes.med,
      communities: tuples(attributes.community),
      largeCommunities: tuples(attributes['large-community']),
    };
  }

  async refresh(neighbour: string): Promise<void> {
    const commands = ['ipv4', 'ipv6'].map(
      (family) => `neighbor ${neighbour} announce route-refresh ${family} unicast\n`,
    );
    await this.#folder.run(['sh', '-c', 'cat > /tmp/commands'], { input: commands.join('') });
  }

  stop(): Promise<void> {
    return this.#folder.stop();
  }

  #messages(): readonly MessageAsTold[] {
    const lines = this.#folder.read('tmp/messages').split('\n');
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as MessageAsTold);
  }

  #routes(): readonly Told[] {
    const routes = new Map<string, Told>();
    for (const { neighbor } of this.#messages()) {
      const { peer } = neighbor.address;
      if (neighbor.state === 'down') {
        for (const [key, route] of routes) if (route.peer === peer) routes.delete(key);
      }
      const { attribute: attributes = {}, announce = {}, withdraw = {} } = neighbor.message?.update ?? {};
      for (const { nlri } of Object.values(withdraw).flat()) routes.delete(`${peer} ${nlri}`);
      for (const [nextHop, announced] of Object.values(announce).flatMap((byNextHop) => Object.entries(byNextHop))) {
        for (const { nlri: prefix } of announced) {
          routes.set(`${peer} ${prefix}`, { peer, prefix, nextHop, attributes, isStale: false });
        }
      }
    }
    return [...routes.values()];
  }
}

function tuples(of: readonly (readonly number[])[] = []): readonly string[] {
  return of.map((one) => one.join(':'));
}

function configuration(config: RouterConfig): string {
  return [
    'process watch { run /usr/bin/python3 /tmp/watch.py; encoder json; }',
    ...config.neighbours.map((neighbour) => neighbourBlock(neighbour, config)),
    '',
  ].join('\n');
}

function neighbourBlock(neighbour: Neighbour, { asn, address: own, addressIPv6 }: RouterConfig): string {
  const { address, families, dials, password, ttlSecurity, extendedNextHop } = neighbour;
  return `neighbor ${address} {
    router-id ${own}; local-address ${address.includes(':') ? addressIPv6 : own}; local-as ${asn}; peer-as ${neighbour.asn};
    ${dials === undefined ? 'passive true;' : ''}
    ${password === undefined ? '' : `md5-password "${password}";`}
    ${ttlSecurity === undefined ? '' : 'outgoing-ttl 255; incoming-ttl 255;'}
    capability { graceful-restart 60; route-refresh enable; ${extendedNextHop === undefined ? '' : 'nexthop enable;'} }
    family { ${families.map((family) => `${family.toLowerCase()} unicast;`).join(' ')} }
    ${extendedNextHop === undefined ? '' : 'nexthop { ipv4 unicast ipv6; }'}
    api { processes [ watch ]; neighbor-changes; receive { parsed; update; } }
  }`;
}
