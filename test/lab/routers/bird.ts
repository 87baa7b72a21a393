// BIRD, 2 or 3: one protocol for each neighbour, asked by birdc.
import type { Family } from '#shared/net/ip.ts';
import type { RouterSet } from '../parts/routers.ts';
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

const socket = '/run/bird.ctl';
const routerId = '192.0.2.1';
const packageOf = { newest: 'bird3', older: 'bird2' } as const;

export function startBird({ namespace, config }: RouterPlace, set: RouterSet = 'newest'): Promise<Bird> {
  return Bird.start(namespace, protocolsOf(config), set);
}

interface Protocol {
  readonly name: string;
  readonly address: string;
  readonly state: string;
  /** Its routes are kept until the neighbour is back, or for the time that it asked for. */
  readonly isAway: boolean;
}

export class Bird implements Router {
  readonly name: string;
  readonly #folder: RouterFolder;
  readonly #isNewest: boolean;

  private constructor(set: RouterSet, folder: RouterFolder) {
    this.name = `BIRD ${folder.version(packageOf[set])}`;
    this.#folder = folder;
    this.#isNewest = set === 'newest';
  }

  /** With protocols of one's own; the router's identifier is 192.0.2.1. */
  static async start(namespace: string, protocols: string, set: RouterSet = 'newest'): Promise<Bird> {
    return startIn(set, namespace, async (folder) => {
      folder.write('tmp/bird.conf', `router id ${routerId};\nprotocol device {}\n${protocols}`);
      folder.start('bird', ['bird', '-f', '-c', '/tmp/bird.conf', '-s', socket]);
      const bird = new Bird(set, folder);
      await folder.ready(() => bird.ask('show status'));
      return bird;
    });
  }

  /** What birdc answers. */
  ask(question: string): Promise<string> {
    return this.#folder.run(['birdc', '-s', socket, ...question.split(' ')]);
  }

  async sessions(): Promise<readonly RouterSession[]> {
    return (await this.#protocols()).map(({ address, state }) => ({
      address,
      state,
      isEstablished: state === 'Established',
    }));
  }

  async rib(family: Family): Promise<readonly HeldRoute[]> {
    const stale = new Set((await this.#protocols()).filter(({ isAway }) => isAway).map(({ name }) => name));
    const held: HeldRoute[] = [];
    let prefix = '';
    let isStale = false;
    for (const line of (await this.ask(`show route table master${family.slice(-1)}`)).split('\n')) {
      // The prefix stands in the first line of its routes only.
      prefix = /^(\S+\/\d+)\s/.exec(line)?.[1] ?? prefix;
      const protocol = /\sunicast \[(\S+) /.exec(line)?.[1];
      if (protocol !== undefined) isStale = stale.has(protocol);
      const nextHop = /^\s+via (\S+)/.exec(line)?.[1];
      if (nextHop !== undefined) held.push({ prefix, nextHop, isStale });
    }
    return held.toSorted(byPrefix);
  }

  async details(prefix: string): Promise<RouteDetails> {
    const told = await this.ask(`show route all ${prefix}`);
    const attribute = (name: string): string => new RegExp(`(?:BGP\\.|bgp_)${name}: (.*)`).exec(told)?.[1] ?? '';
    const number = (name: string): number | undefined => (attribute(name) === '' ? undefined : Number(attribute(name)));
    return {
      asPath: attribute('(?:as_)?path').split(' ').filter(Boolean).map(Number),
      localPref: number('local_pref'),
      multiExitDisc: number('med'),
      communities: tuples(attribute('community')),
      largeCommunities: tuples(attribute('large_community')),
    };
  }

  async refresh(neighbour: string): Promise<void> {
    const protocol = (await this.#protocols()).find(({ address }) => address === neighbour);
    await this.ask(`reload ${this.#isNewest ? 'bgp ' : ''}in ${protocol?.name ?? neighbour}`);
  }

  stop(): Promise<void> {
    return this.#folder.stop();
  }

  async #protocols(): Promise<readonly Protocol[]> {
    const told = await this.ask('show protocols all');
    return told.split(/\n(?=\S)/).flatMap((block) => {
      const name = /^(\S+)\s+BGP\s/.exec(block)?.[1];
      const address = /Neighbor (?:address|range): +([^\s%]+)/.exec(block)?.[1];
      const state = /BGP state: +(.*)/.exec(block)?.[1];
      return name === undefined || address === undefined
        ? []
        : [{ name, address, state: state ?? 'none', isAway: block.includes('Neighbor graceful restart active') }];
    });
  }
}

/** `(64513,100) (64513,200)`, as `64513:100`. */
function tuples(text: string): readonly string[] {
  return Array.from(text.matchAll(/\(([^)]*)\)/g), ([, tuple = '']) => tuple.replaceAll(/,\s*/g, ':'));
}

function protocolsOf(config: RouterConfig): string {
  const { neighbours } = config;
  const bfd = neighbours.find((neighbour) => neighbour.bfd !== undefined)?.bfd;
  return [
    'protocol kernel { ipv4 { export all; }; merge paths on; }',
    'protocol kernel { ipv6 { export all; }; merge paths on; }',
    bfd === undefined
      ? ''
      : `protocol bfd { interface "${config.interface}" { interval ${bfd.intervalMs} ms; multiplier ${bfd.multiplier}; }; }`,
    ...neighbours.map((neighbour, index) => bgpProtocol(`node${index + 1}`, neighbour, config)),
    '',
  ].join('\n');
}

function bgpProtocol(name: string, neighbour: Neighbour, { asn, address: own, addressIPv6 }: RouterConfig): string {
  const { address, families, dials, password, ttlSecurity, extendedNextHop, bfd } = neighbour;
  const isRange = address.includes('/');
  const options = [
    `local ${address.includes(':') ? addressIPv6 : own} as ${asn};`,
    `neighbor ${isRange ? 'range ' : ''}${address} as ${neighbour.asn};`,
    'direct;',
    // After an error it refuses everybody for a minute, if nothing else is said.
    'error wait time 1, 2; connect retry time 1; connect delay time 1; graceful restart on; enable extended messages on;',
    isRange ? 'dynamic name "guest";' : '',
    dials === undefined ? 'passive on;' : '',
    password === undefined ? '' : `password "${password}";`,
    ttlSecurity === undefined ? '' : 'ttl security on;',
    bfd === undefined ? '' : 'bfd on;',
  ];
  const channels = families.map((family) => {
    const nextHop = family === 'IPv4' && extendedNextHop === true ? ' extended next hop on;' : '';
    return `${family.toLowerCase()} { import all; export none;${nextHop} };`;
  });
  return `protocol bgp ${name} { ${[...options, ...channels].join(' ')} }`;
}
