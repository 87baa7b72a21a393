// Unnumbered BGP peers on the real kernel: what others make of our router advertisements, what we make of theirs, and the sessions that come of it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { openRouterAdvertiser } from '#speaker/host/raw-icmp.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip, within } from '#test/lab/network/namespace.ts';
import { lackOf } from '#test/lab/packages.ts';
import { hasRouters } from '#test/lab/parts/routers.ts';
import { Program } from '#test/lab/process/program.ts';
import { run } from '#test/lab/process/run.ts';
import { RouterFolder } from '#test/lab/routers/router-folder.ts';
import { Bird } from '#test/lab/routers/bird.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';
import { createCable, type Cable } from './cable.ts';
import type { UnnumberedReport } from './programs/unnumbered-node-main.ts';
import { UnnumberedNode, type UnnumberedPlan } from './unnumbered-node.ts';

/** Generous: a machine may be busy with other things. */
const patience = { withinMs: 20_000, everyMs: 50 };
const timeout = 60_000;
const nodeAsn = 64_513;
const routerAsn = 64_512;

let cable: Cable;
let node: UnnumberedNode | undefined;
let farLinkLocal: string;
let folder: string;
const far = (command: readonly string[]): [string, ...string[]] => within(cable.namespace ?? '', command);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'router-advertisements-'));
  cable = await createCable('router', '192.0.2.1/24');
  farLinkLocal = await linkLocalOf(cable.far.name, cable.namespace);
}, timeout);
afterEach(async () => {
  await node?.stop();
  node = undefined;
  await cable.remove();
  rmSync(folder, { recursive: true });
});

async function linkLocalOf(name: string, namespace?: string): Promise<string> {
  const where = namespace === undefined ? [] : ['-n', namespace];
  return eventually(async () => {
    const said = await run(['ip', ...where, '-6', 'addr', 'show', 'dev', name, 'scope', 'link', '-tentative']);
    const [found] = /fe80::[0-9a-f:]+/.exec(said) ?? [];
    if (found === undefined) throw new Error(`${name} has no link-local address yet`);
    return found;
  }, patience);
}

function speak(prefixes?: string): UnnumberedNode {
  const plan: UnnumberedPlan = { interface: cable.near.name, asn: nodeAsn, identifier: 0x0a00_0002 };
  node = new UnnumberedNode(prefixes === undefined ? plan : { ...plan, prefixes });
  return node;
}

const established = (of: UnnumberedNode): Promise<NonNullable<UnnumberedNode['status']>> =>
  eventually(() => {
    const { status } = of;
    if (status?.state === 'Established' && status.isSynced) return status;
    throw new Error(`the session is ${status?.state}: ${status?.lastError}`);
  }, patience);

describe('what this node advertises', () => {
  test(
    'is answered to rdisc6: no default router, nothing specified, its MAC address',
    async ({ skip }) => {
      const lack = lackOf('ndisc6');
      skip(lack !== undefined, lack);
      speak();
      const own = await linkLocalOf(cable.near.name);
      const ask = async (): Promise<string> => run(far(['rdisc6', '-1', '-r', '1', '-w', '4000', cable.far.name]));
      const said = await eventually(ask, patience);
      expect(said).toMatch(/Hop limit\s*:\s*undefined/);
      expect(said).toMatch(/Router lifetime\s*:\s*0 /);
      expect(said).toMatch(/Reachable time\s*:\s*unspecified/);
      expect(said).toContain(`Source link-layer address: ${cable.near.mac.toUpperCase()}`);
      expect(said).toContain(`from ${own}`);
      expect(said).not.toMatch(/Prefix|Recursive DNS|MTU/);
    },
    timeout,
  );

  test(
    'is decoded by tshark without a fault',
    async ({ skip }) => {
      const lack = lackOf('tshark');
      skip(lack !== undefined, lack);
      const path = join(folder, 'heard.pcap');
      // Even if it begins some seconds late, three of ours in a row are not all of one kind.
      const only = `ether src ${cable.near.mac} and icmp6 and (ip6[40] == 133 or ip6[40] == 134)`;
      const capture = run(
        far(['tshark', '-q', '-i', cable.far.name, '-f', only, '-c', '3', '-a', 'duration:40', '-w', path]),
      );
      speak();
      await capture;
      const told = (filter: string): Promise<string> =>
        run(['tshark', '-r', path, '-Y', filter, '-T', 'fields', '-e', 'eth.src']);
      const ours =
        'ipv6.hlim == 255 && ipv6.dst == ff02::1 && icmpv6.nd.ra.router_lifetime == 0 && icmpv6.opt.linkaddr';
      expect(new Set((await told(`icmpv6.type == 134 && ${ours}`)).trim().split('\n'))).toEqual(
        new Set([cable.near.mac]),
      );
      expect(await told('icmpv6.type == 133 && ipv6.dst == ff02::2')).toContain(cable.near.mac);
      const wrong = '_ws.malformed || _ws.expert.severity >= "Warning" || icmpv6.checksum.status == "Bad"';
      expect(await told(`(icmpv6.type == 133 || icmpv6.type == 134) && (${wrong})`)).toBe('');
    },
    timeout,
  );

  test(
    'a kernel that listens to routers takes it in, and makes no route or address of it',
    async () => {
      const { name } = cable.far;
      await run(far(['sh', '-c', `echo 1 > /proc/sys/net/ipv6/conf/${name}/accept_ra`]));
      const before = await run(far(['ip', '-6', 'addr', 'show', 'dev', name]));
      speak();
      const neighbours = (): Promise<string> => run(far(['ip', '-6', 'neigh', 'show', 'dev', name]));
      await eventually(async () => (await neighbours()).includes(`lladdr ${cable.near.mac} router`), patience);
      expect(await run(far(['ip', '-6', 'route', 'show', 'default']))).toBe('');
      expect(await run(far(['ip', '-6', 'addr', 'show', 'dev', name]))).toBe(before);
    },
    timeout,
  );

  test(
    'goes on when the interface goes down and up, is made anew, and gets another MAC address',
    async () => {
      const speaker = speak();
      const { name } = cable.near;
      const sent = (): number =>
        speaker.observed.counters
          .filter(({ labels: { direction, type } }) => direction === 'sent' && type === 'advertisement')
          .reduce((sum, { total }) => sum + total, 0);
      await eventually(() => sent() >= 3, patience);
      await ip([`link set ${name} down`]);
      const isDown = `${name} is down: switch it on (ip link set ${name} up)`;
      await eventually(() => speaker.observed.problems.includes(isDown), patience);
      const before = sent();
      await ip([`link set ${name} up`]);
      await eventually(() => sent() >= before + 3 && speaker.observed.problems.length === 0, patience);
      await cable.remove();
      const isGone = `there is no interface ${name}: correct spec.interface of the BGPPeer, or select other nodes`;
      await eventually(() => speaker.observed.problems.includes(isGone), patience);
      cable = await createCable('router', '192.0.2.1/24');
      const again = sent();
      await eventually(() => sent() >= again + 3, patience);
      const unchanged = sent();
      await ip([`link set ${name} address 02:50:00:00:00:77`]);
      await eventually(() => sent() > unchanged, { withinMs: 2_000, everyMs: 10 });
      expect(speaker.observed.problems).toEqual([]);
    },
    timeout,
  );
});

const advertiser = await openRouterAdvertiser(new RecordedLog());

test.skipIf(advertiser === undefined)(
  'the package raw-socket, where it is installed, sends one that a kernel takes in',
  async () => {
    const { name } = cable.far;
    await run(far(['sh', '-c', `echo 1 > /proc/sys/net/ipv6/conf/${name}/accept_ra`]));
    const own = await linkLocalOf(cable.near.name);
    advertiser?.send(cable.near.name, { mac: cable.near.mac, ip: own as Ip });
    const neighbours = (): Promise<string> => run(far(['ip', '-6', 'neigh', 'show', 'dev', name]));
    await eventually(async () => (await neighbours()).includes(`${own} lladdr ${cable.near.mac} router`), patience);
    expect(await run(far(['ip', '-6', 'route', 'show', 'default']))).toBe('');
  },
  timeout,
);

describe('with an advertisement of somebody else', () => {
  test.skipIf(!hasRouters())(
    'BIRD answers who asks, is heard however long what it says, and a second router is told',
    async () => {
      const names = Array.from({ length: 12 }, (_, at) => `domain "name-${at}.of.a.rather.long.domain.example.com";`);
      const bird = await Bird.start(
        cable.namespace ?? '',
        `protocol radv { interface "${cable.far.name}" { max ra interval 1800; dnssl { ${names.join(' ')} }; }; }`,
      );
      try {
        await linkLocalOf(cable.near.name);
        const speaker = speak();
        // Unasked it would begin with one each 16 s (RFC 4861 §6.2.4).
        await eventually(() => speaker.routers.join() === farLinkLocal, { withinMs: 12_000, everyMs: 10 });
        const malformed = speaker.observed.counters.find(
          ({ name }) => name === 'ingot_router_messages_malformed_total',
        );
        expect(malformed).toBeUndefined();
        // From another address of the same station: the same to us as another station.
        await ip([`addr add fe80::bad/64 dev ${cable.far.name} nodad`], cable.namespace);
        await ip([`addr del ${farLinkLocal}/64 dev ${cable.far.name}`], cable.namespace);
        await bird.ask('restart radv1');
        await eventually(() => speaker.routers.length === 2, patience);
        expect(speaker.routers).toEqual([farLinkLocal, 'fe80::bad']);
      } finally {
        await bird.stop();
      }
    },
    timeout,
  );
});

describe('a session', () => {
  const prefixes = '198.51.100.1/32 198.51.100.2/32 2001:db8:1::1/128';

  test(
    'between two of ours, each of which knows nothing but its interface',
    async () => {
      const plan: UnnumberedPlan = {
        interface: cable.far.name,
        asn: routerAsn,
        identifier: 0x0a00_0001,
        prefixes: '203.0.113.0/24',
      };
      const program = join(import.meta.dirname, 'programs/unnumbered-node-main.ts');
      const other = new Program({
        name: 'other',
        command: far([process.execPath, program, JSON.stringify(plan)]),
        logPath: join(folder, 'other.log'),
      });
      try {
        const speaker = speak(prefixes);
        const { negotiated, addresses, withheld } = await established(speaker);
        expect(addresses).toMatchObject({ remote: farLinkLocal, local: await linkLocalOf(cable.near.name) });
        expect(negotiated).toMatchObject({ peerAsn: routerAsn, extendedNextHop: true, linkLocalNextHop: true });
        expect(withheld).toEqual([]);
        const told = (): UnnumberedReport => {
          other.assertRunning();
          return JSON.parse(readFileSync(other.logPath, 'utf8').trim().split('\n').at(-1) ?? '') as UnnumberedReport;
        };
        await eventually(
          () => told().received['IPv4 announced'] === 2 && told().received['IPv6 announced'] === 1,
          patience,
        );
        expect(told().state).toBe('Established');
        await eventually(() => speaker.status?.counters.receivedPrefixes.get('IPv4 announced') === 1, patience);
      } finally {
        await other.stop('SIGKILL');
      }
    },
    timeout,
  );

  test.skipIf(!hasRouters())(
    'with FRR, which installs IPv4 routes by a link-local next hop',
    async () => {
      const root = new RouterFolder('newest', cable.namespace ?? '');
      try {
        await startFrr(root);
        const speaker = speak(prefixes);
        const { negotiated, addresses, withheld } = await established(speaker);
        expect(addresses).toMatchObject({ remote: farLinkLocal });
        expect(negotiated).toMatchObject({ peerAsn: routerAsn, families: ['IPv4', 'IPv6'], extendedNextHop: true });
        expect(withheld).toEqual([]);
        const own = await linkLocalOf(cable.near.name);
        const route = async (prefix: string): Promise<string> =>
          run(far(['ip', prefix.includes(':') ? '-6' : '-4', 'route', 'show', prefix]));
        await eventually(
          async () => (await route('198.51.100.1')).includes(`via inet6 ${own} dev ${cable.far.name}`),
          patience,
        );
        await eventually(
          async () => (await route('2001:db8:1::1')).includes(`via ${own} dev ${cable.far.name}`),
          patience,
        );
      } finally {
        await root.stop();
      }
    },
    timeout,
  );
});

async function startFrr(root: RouterFolder): Promise<void> {
  root.write('etc/frr/lab/vtysh.conf', '');
  root.write('tmp/lab.conf', unnumberedFrr(cable.far.name));
  for (const daemon of ['mgmtd', 'zebra', 'bgpd']) {
    root.start(daemon, [`/usr/lib/frr/${daemon}`, '-N', 'lab', '-P', '0', '-u', 'root', '-g', 'root']);
    await root.ready(() => root.read(`run/frr/lab/${daemon}.pid`));
  }
  await root.ready(() => root.run(['vtysh', '-N', 'lab', '-f', '/tmp/lab.conf']));
}

function unnumberedFrr(name: string): string {
  return [
    `router bgp ${routerAsn}`,
    'bgp router-id 192.0.2.1',
    'no bgp ebgp-requires-policy',
    'no bgp default ipv4-unicast',
    `neighbor ${name} interface remote-as external`,
    ...['ipv4', 'ipv6'].flatMap((family) => [
      `address-family ${family} unicast`,
      `neighbor ${name} activate`,
      'exit-address-family',
    ]),
    'exit',
    '',
  ].join('\n');
}
