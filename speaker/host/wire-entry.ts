// Where the program of the wire thread lies: beside this folder when TypeScript is run directly, beside the main program when bundled.
import { join } from 'node:path';

export function wireEntry(): string | URL {
  // A bundle is CommonJS, in which import.meta is an empty object.
  const { url } = import.meta as { readonly url?: string };
  return url === undefined ? join(__dirname, 'wire-main.cjs') : new URL('../wire-main.ts', url);
}
