// Captured frames in a file that every tool reads (pcap, nanoseconds, Ethernet), with times of the monotonic clock.

export interface Captured {
  /** CLOCK_MONOTONIC. */
  readonly atMs: number;
  readonly frame: Uint8Array;
}

const magic = 0xa1b23c4d;
const ethernet = 1;
const headerOctets = 24;
const recordOctets = 16;
export const maxFrameOctets = 65_535;

export function pcapHeader(): Uint8Array {
  const header = Buffer.alloc(headerOctets);
  header.writeUInt32LE(magic, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(maxFrameOctets, 16);
  header.writeUInt32LE(ethernet, 20);
  return header;
}

export function pcapRecord({ atMs, frame }: Captured): Uint8Array {
  const record = Buffer.alloc(recordOctets + frame.length);
  record.writeUInt32LE(Math.floor(atMs / 1000), 0);
  record.writeUInt32LE(Math.floor((atMs % 1000) * 1e6), 4);
  record.writeUInt32LE(frame.length, 8);
  record.writeUInt32LE(frame.length, 12);
  record.set(frame, recordOctets);
  return record;
}

/** Of a file that `pcapHeader` and `pcapRecord` made. */
export function readPcap(file: Buffer): readonly Captured[] {
  const captured: Captured[] = [];
  for (let offset = headerOctets; offset < file.length;) {
    const atMs = file.readUInt32LE(offset) * 1000 + file.readUInt32LE(offset + 4) / 1e6;
    const start = offset + recordOctets;
    offset = start + file.readUInt32LE(offset + 8);
    captured.push({ atMs, frame: file.subarray(start, offset) });
  }
  return captured;
}
