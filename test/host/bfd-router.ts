// BFD of somebody else's making, at the other end of a cable: BIRD and FRR, without BGP.
import type { RouterSet } from '#test/lab/parts/routers.ts';
import { Bird } from '#test/lab/routers/bird.ts';
import { RouterFolder } from '#test/lab/routers/router-folder.ts';

/** Whom it watches, from which address of its own; with 100 ms and multiplier 3. */
export interface Watched {
  readonly address: string;
  readonly local: string;
  /** Of a link-local address. */
  readonly device: string | undefined;
  readonly multihop: boolean;
}

export interface BfdRouter {
  /** `up`, `down`, `init` or, while there is none, `none`. */
  state(address: string): Promise<string>;
  /** Takes its session with the address down on purpose. */
  shutDown(watched: Watched): Promise<void>;
  stop(): Promise<void>;
}

const intervalMs = 100;
const multiplier = 3;

export async function startBirdBfd(namespace: string, watched: Watched, set: RouterSet): Promise<BfdRouter> {
  const { address, local, device, multihop } = watched;
  const times = `interval ${intervalMs} ms; idle tx interval 1 s; multiplier ${multiplier};`;
  const where = `${device === undefined ? '' : `dev "${device}" `}local ${local}${multihop ? ' multihop yes' : ''}`;
  const bird = await Bird.start(
    namespace,
    `protocol bfd watcher { interface "*" { ${times} }; multihop { ${times} }; neighbor ${address} ${where}; }`,
    set,
  );
  return {
    async state(of) {
      const told = await bird.ask('show bfd sessions');
      const line = told.split('\n').find((one) => one.startsWith(`${of} `));
      return line?.trim().split(/\s+/)[2]?.toLowerCase() ?? 'none';
    },
    async shutDown() {
      await bird.ask('disable watcher');
    },
    stop: () => bird.stop(),
  };
}

/** Of the group of daemons: their sockets are in a folder of that name. */
const instance = 'lab';

export async function startFrrBfd(namespace: string, watched: Watched, set: RouterSet): Promise<BfdRouter> {
  const folder = new RouterFolder(set, namespace);
  const vtysh = (...words: readonly string[]): Promise<string> => folder.run(['vtysh', '-N', instance, ...words]);
  try {
    folder.write(`etc/frr/${instance}/vtysh.conf`, '');
    folder.write('tmp/bfd.conf', peerLines(watched).join('\n'));
    const hasMgmtd = Number.parseInt(folder.version('frr'), 10) >= 10;
    for (const daemon of [...(hasMgmtd ? ['mgmtd'] : []), 'zebra', 'bfdd']) {
      folder.start(daemon, [`/usr/lib/frr/${daemon}`, '-N', instance, '-P', '0', '-u', 'root', '-g', 'root']);
      // Those that follow are clients of this one from their beginning.
      await folder.ready(() => folder.read(`run/frr/${instance}/${daemon}.pid`));
    }
    await folder.ready(() => vtysh('-f', '/tmp/bfd.conf'));
  } catch (error) {
    await folder.stop();
    throw error;
  }
  return {
    async state(of) {
      const told = JSON.parse(await vtysh('-c', 'show bfd peers json')) as readonly PeerAsTold[];
      return told.find(({ peer }) => peer === of)?.status ?? 'none';
    },
    async shutDown(of) {
      const [bfd = '', peer = ''] = peerLines(of);
      await vtysh('-c', 'configure terminal', '-c', bfd, '-c', peer, '-c', 'shutdown');
    },
    stop: () => folder.stop(),
  };
}

interface PeerAsTold {
  readonly peer: string;
  readonly status: string;
}

function peerLines({ address, local, device, multihop }: Watched): readonly string[] {
  const where = `${multihop ? ' multihop' : ''} local-address ${local}${device === undefined ? '' : ` interface ${device}`}`;
  return [
    'bfd',
    `peer ${address}${where}`,
    `receive-interval ${intervalMs}`,
    `transmit-interval ${intervalMs}`,
    `detect-multiplier ${multiplier}`,
    ...(multihop ? ['minimum-ttl 250'] : []),
    'exit',
    'exit',
    '',
  ];
}
