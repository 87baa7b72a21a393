// Datagrams of speakers, sent again or changed by a station that is none of them.
import { join } from 'node:path';
import { macToBytes, type Mac } from '#shared/net/mac.ts';
import { within } from '../network/namespace.ts';
import { run } from '../process/run.ts';

const ethernetOctets = 14;
const udpOctets = 8;
const ipv4 = 0x0800;
const udp = 17;
const script = join(import.meta.dirname, 'send-frames-main.ts');

/** What a frame carries to this UDP port over IPv4; undefined if it carries nothing there. */
export function payloadOf(frame: Uint8Array, port: number): Uint8Array | undefined {
  const view = viewOf(frame);
  if (frame.length < ethernetOctets + 20 || view.getUint16(12) !== ipv4 || frame[ethernetOctets + 9] !== udp)
    return undefined;
  const start = payloadStart(frame);
  return view.getUint16(start - 6) === port ? frame.subarray(start) : undefined;
}

/** The frame with another payload, from another station; it is right in all else. */
export function forged(frame: Uint8Array, payload: Uint8Array, source: Mac): Uint8Array {
  const start = payloadStart(frame);
  const changed = new Uint8Array(start + payload.length);
  changed.set(frame.subarray(0, start));
  changed.set(payload, start);
  changed.set(macToBytes(source), 6);
  const view = viewOf(changed);
  view.setUint16(ethernetOctets + 2, changed.length - ethernetOctets);
  view.setUint16(start - 4, udpOctets + payload.length);
  // IPv4 lets a sender leave the checksum of UDP out.
  view.setUint16(start - 2, 0);
  view.setUint16(ethernetOctets + 10, 0);
  view.setUint16(ethernetOctets + 10, checksum(changed.subarray(ethernetOctets, start - udpOctets)));
  return changed;
}

/** Puts frames on the LAN, as they are, through the interface of a namespace. */
export async function sendFrames(namespace: string, frames: readonly Uint8Array[]): Promise<void> {
  const input = frames.map((frame) => Buffer.from(frame).toString('hex')).join('\n');
  await run(within(namespace, [process.execPath, script, 'eth0']), { input });
}

function payloadStart(frame: Uint8Array): number {
  return ethernetOctets + 4 * ((frame[ethernetOctets] ?? 0) & 0x0f) + udpOctets;
}

/** RFC 1071. */
function checksum(header: Uint8Array): number {
  const view = viewOf(header);
  let sum = 0;
  for (let offset = 0; offset < header.length; offset += 2) sum += view.getUint16(offset);
  while (sum > 0xffff) sum = (sum >>> 16) + (sum & 0xffff);
  return ~sum & 0xffff;
}

function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.length);
}
