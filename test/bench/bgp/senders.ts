// What is measured: programs that hold routes, and tell them to whoever dials. Ingot has them from its configuration; the routers from a feeder of
// their own AS, and none of them puts them into its kernel.
import { join } from 'node:path';
import { RouterFolder } from '#test/lab/routers/router-folder.ts';
import type { IngotRequests } from './ingot-main.ts';
import { addresses, asns, senderNamespace } from './plan.ts';
import type { ReceiverRequests } from './receiver-main.ts';
import { Remote } from './remote.ts';
import { untilIdle } from './usage.ts';

export interface Sender {
  /** Its routes from now on. Ends when it has come to rest. */
  load(prefixes: number): Promise<void>;
  /** All of them. Answers when, on the machine's clock. */
  withdraw(): Promise<number>;
  stop(): Promise<void>;
}

type Receiver = Remote<ReceiverRequests>;

export const senders = {
  ingot: startIngot,
  frr: startFrr,
  bird3: startBird,
  gobgp4: startGobgp,
} as const satisfies Record<string, (receiver: Receiver) => Promise<Sender>>;

export type SenderName = keyof typeof senders;

const ingotScript = join(import.meta.dirname, 'ingot-main.ts');
const frrInstance = 'bench';

async function startIngot(): Promise<Sender> {
  const ingot = new Remote<IngotRequests>(senderNamespace, ingotScript);
  return {
    async load(prefixes) {
      await ingot.ask('announce', prefixes);
      await untilIdle(senderNamespace);
    },
    withdraw: () => ingot.ask('withdraw'),
    stop: () => ingot.stop(),
  };
}

/** As all routers are loaded, and lose what they were loaded with. */
function fed(folder: RouterFolder, receiver: Receiver): Sender {
  return {
    async load(prefixes) {
      await receiver.ask('feed', prefixes);
      await untilIdle(senderNamespace);
    },
    withdraw: () => receiver.ask('unfeed'),
    stop: () => folder.stop(),
  };
}

async function startBird(receiver: Receiver): Promise<Sender> {
  const folder = new RouterFolder('newest', senderNamespace);
  folder.write(
    'tmp/bird.conf',
    `router id ${addresses.sender};
    protocol device {}
    template bgp peer { local ${addresses.sender} as ${asns.sender}; passive on; }
    protocol bgp feeder from peer {
      neighbor ${addresses.feeder} as ${asns.sender};
      ipv4 { import all; export none; };
    }
    protocol bgp sink from peer {
      neighbor ${addresses.sink} as ${asns.sink};
      ipv4 { import none; export all; next hop self; };
    }`,
  );
  folder.start('bird', ['bird', '-f', '-c', '/tmp/bird.conf', '-s', '/tmp/bird.ctl']);
  await folder.ready(() => folder.run(['birdc', '-s', '/tmp/bird.ctl', 'show', 'status']));
  return fed(folder, receiver);
}

async function startFrr(receiver: Receiver): Promise<Sender> {
  const folder = new RouterFolder('newest', senderNamespace);
  folder.write(`etc/frr/${frrInstance}/vtysh.conf`, '');
  folder.write(
    'tmp/bench.conf',
    [
      `router bgp ${asns.sender}`,
      `bgp router-id ${addresses.sender}`,
      'no bgp ebgp-requires-policy',
      `neighbor ${addresses.feeder} remote-as ${asns.sender}`,
      `neighbor ${addresses.feeder} passive`,
      `neighbor ${addresses.sink} remote-as ${asns.sink}`,
      `neighbor ${addresses.sink} passive`,
      'exit',
      '',
    ].join('\n'),
  );
  for (const daemon of ['mgmtd', 'zebra', 'bgpd']) {
    const options = daemon === 'bgpd' ? ['--no_kernel'] : [];
    const command = [`/usr/lib/frr/${daemon}`, '-N', frrInstance, '-P', '0', '-u', 'root', '-g', 'root', ...options];
    folder.start(daemon, command);
    await folder.ready(() => folder.read(`run/frr/${frrInstance}/${daemon}.pid`));
  }
  await folder.ready(() => folder.run(['vtysh', '-N', frrInstance, '-f', '/tmp/bench.conf']));
  return fed(folder, receiver);
}

async function startGobgp(receiver: Receiver): Promise<Sender> {
  const folder = new RouterFolder('newest', senderNamespace);
  folder.write(
    'tmp/gobgpd.toml',
    `global.config = { as = ${asns.sender}, router-id = "${addresses.sender}" }
    [[neighbors]]
    config = { neighbor-address = "${addresses.feeder}", peer-as = ${asns.sender} }
    transport.config = { passive-mode = true }
    [[neighbors]]
    config = { neighbor-address = "${addresses.sink}", peer-as = ${asns.sink} }
    transport.config = { passive-mode = true }`,
  );
  folder.start('gobgpd', ['gobgpd', '-f', '/tmp/gobgpd.toml']);
  await folder.ready(() => folder.run(['gobgp', 'neighbor']));
  return fed(folder, receiver);
}
