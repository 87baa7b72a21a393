// Reads captured bytes. Each file says in its comments what they are and where they come from.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `name` as `arp/request`. */
export function golden(name: string): Uint8Array {
  const text = readFileSync(join(import.meta.dirname, `${name}.hex`), 'utf8');
  return Uint8Array.from(Buffer.from(text.replaceAll(/^#.*$/gm, '').replaceAll(/\s/g, ''), 'hex'));
}
