// The secret that the speakers of one cluster share, as a mounted Secret shows it: its file `current`.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const secretOctets = 32;

/** A new one: no two clusters have the same. */
export function writeSegmentKey(directory: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'current'), randomBytes(secretOctets));
}
