// A capture of the LAN: all that its bridge forwards, in a pcap file, and the announcements among it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mac } from '#shared/net/mac.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { decodeArpFrame, type ArpFrame } from '#speaker/l2/arp.ts';
import { lanBridge, lanNamespace } from '../network/lan.ts';
import { ip, within } from '../network/namespace.ts';
import { readPcap, type Captured } from './pcap.ts';

/** Somebody said unasked that it has an address. */
export interface Announcement {
  /** CLOCK_MONOTONIC. */
  readonly atMs: number;
  readonly mac: Mac;
}

const etherTypeOffset = 12;
const arp = 0x0806;

export class LanCapture {
  readonly path: string;
  readonly #child: ChildProcess;

  private constructor(path: string, child: ChildProcess) {
    this.path = path;
    this.#child = child;
  }

  static async start(path: string, what: 'arp' | 'all'): Promise<LanCapture> {
    // The bridge then hands up what is not for itself, too.
    await ip([`link set ${lanBridge} promisc on`], lanNamespace);
    const script = join(import.meta.dirname, 'capture-main.ts');
    const [command, ...args] = within(lanNamespace, [process.execPath, script, lanBridge, path, what]);
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    await Promise.race([once(child.stdout, 'data'), endedUnasked(child)]);
    return new LanCapture(path, child);
  }

  /** Ends it, and returns all that was heard. */
  async stop(): Promise<readonly Captured[]> {
    const ended = once(this.#child, 'close');
    // The end of its input tells it to end, so it also ends with the process that started it.
    this.#child.stdin?.end();
    const [code] = await ended;
    if (code !== 0) throw new Error(`The capture of the LAN ended with ${code}`);
    await ip([`link set ${lanBridge} promisc off`], lanNamespace);
    return readPcap(readFileSync(this.path));
  }
}

async function endedUnasked(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'close');
  throw new Error(`The capture of the LAN ended with ${code}`);
}

/** Of an IPv4 address, in either form, in order. */
export function announcementsOf(address: string, captured: readonly Captured[]): readonly Announcement[] {
  return captured.flatMap(({ atMs, frame }) => {
    const said = arpIn(frame)?.arp;
    return said?.senderIp === address && said.targetIp === address ? [{ atMs, mac: said.senderMac }] : [];
  });
}

function arpIn(frame: Uint8Array): ArpFrame | undefined {
  const etherType = ((frame[etherTypeOffset] ?? 0) << 8) | (frame[etherTypeOffset + 1] ?? 0);
  if (etherType !== arp) return undefined;
  try {
    return decodeArpFrame(frame);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
