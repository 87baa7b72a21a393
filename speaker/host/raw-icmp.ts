// Router advertisements through the package raw-socket, an optional dependency that is compiled on installation: the cluster thread sends one
// beside a BGP session that needs it, where the wire thread's own come in their turn only. It cannot run in a worker.
import type { Log } from '#shared/runtime/log.ts';
import { allNodes } from '../l2/ipv6-multicast.ts';
import { encodeRouterFrame, routerAdvertisement, type LinkSpeaker } from '../l2/router-message.ts';
import type { RouterAdvertiser } from '../routing/router-advertiser.ts';
import { linux } from './linux.ts';

/** What of the package is used here. */
export interface RawSocketPackage {
  readonly AddressFamily: { readonly IPv6: number };
  readonly Protocol: { readonly ICMPv6: number };
  createSocket(options: { readonly protocol: number; readonly addressFamily: number }): RawSocket;
}

interface RawSocket {
  on(event: 'error', listener: (error: Error) => void): void;
  setOption(level: number, option: number, value: Buffer, length: number): void;
  send(
    buffer: Buffer,
    offset: number,
    length: number,
    address: string,
    sent: (error: Error | undefined, octets: number) => void,
  ): void;
  close(): void;
}

const packageName = 'raw-socket';
/** Ethernet's and IPv6's, which the kernel writes here. */
const headersLength = 14 + 40;
const hopLimit = 255;
/** A bit that is set keeps a type from the socket (RFC 3542 §3.2): nothing is to be received. */
const nothing = Buffer.alloc(32, 0xff);

/** The package is looked for when the first one is to be sent: few speakers have a peer that needs it. */
export function routerAdvertiserOnDemand(log: Log): RouterAdvertiser {
  let opening: Promise<RouterAdvertiser | undefined> | undefined;
  return {
    send(interfaceName, self) {
      opening ??= openRouterAdvertiser(log);
      void opening.then((advertiser) => advertiser?.send(interfaceName, self));
    },
  };
}

/** `load`: as the module system finds it. Undefined: it is absent, was not compiled for this Node, or may not open sockets. */
export async function openRouterAdvertiser(
  log: Log,
  load: () => Promise<unknown> = loadPackage,
): Promise<RouterAdvertiser | undefined> {
  try {
    const raw = (await load()) as RawSocketPackage;
    openSocket(raw).close();
    return { send: (interfaceName, self) => send(raw, log, interfaceName, self) };
  } catch (error) {
    log.info(
      { reason: reasonOf(error) },
      'raw-socket is not available: only the wire thread sends router advertisements',
    );
    return undefined;
  }
}

async function loadPackage(): Promise<unknown> {
  // By a variable, so that neither compiler nor bundler wants it to be there.
  const loaded = (await import(packageName)) as { readonly default: unknown };
  return loaded.default;
}

function openSocket(raw: RawSocketPackage): RawSocket {
  return raw.createSocket({ protocol: raw.Protocol.ICMPv6, addressFamily: raw.AddressFamily.IPv6 });
}

/** A socket for each, for they are rare: none outlives its interface. */
function send(raw: RawSocketPackage, log: Log, interfaceName: string, self: LinkSpeaker): void {
  const failed = (error: unknown): void =>
    log.info({ interface: interfaceName, reason: reasonOf(error) }, 'no router advertisement was sent by raw-socket');
  let socket: RawSocket | undefined;
  try {
    socket = openSocket(raw);
    // It closes itself then.
    socket.on('error', failed);
    restrict(socket, interfaceName);
    const message = Buffer.from(encodeRouterFrame(routerAdvertisement(self)).subarray(headersLength));
    const opened = socket;
    opened.send(message, 0, message.length, allNodes, (error) => {
      if (error) failed(error);
      opened.close();
    });
  } catch (error) {
    socket?.close();
    failed(error);
  }
}

function restrict(socket: RawSocket, interfaceName: string): void {
  const name = Buffer.from(`${interfaceName}\0`);
  socket.setOption(linux.SOL_SOCKET, linux.SO_BINDTODEVICE, name, name.length);
  socket.setOption(linux.IPPROTO_ICMPV6, linux.ICMP6_FILTER, nothing, nothing.length);
  const limit = Buffer.alloc(4);
  limit.writeInt32LE(hopLimit);
  socket.setOption(linux.IPPROTO_IPV6, linux.IPV6_MULTICAST_HOPS, limit, limit.length);
}

function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line;
}
