// The files that hold the secrets of this cluster's segments: `current` and, while a key is being changed, `previous`; a mounted Secret, so that
// they can be read while the apiserver is away. They are read again and again, as a mounted Secret changes in place.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '#shared/runtime/log.ts';
import type { SegmentCrypto } from '#speaker/segment/admission/crypto.ts';
import { keySetOf, type SegmentSecrets } from '#speaker/segment/admission/key-set.ts';
import type { SegmentKeys } from '#speaker/segment/admission/keys.ts';

const rereadMs = 10_000;
/** A volume that is exchanged under us is so once, not again and again. */
const mostReads = 5;

export interface SegmentKeyFilesDependencies {
  readonly crypto: SegmentCrypto;
  readonly log: Log;
}

/** Calls `changed` at once and after each change. Keys that are gone or bad leave the last good ones in force; undefined: there never were any. */
export function followSegmentKeys(
  directory: string,
  { crypto, log }: SegmentKeyFilesDependencies,
  changed: (keys: SegmentKeys | undefined) => void,
): { stop(): void } {
  let last: SegmentSecrets | undefined;
  let inForce: SegmentKeys | undefined;
  const read = (): void => {
    const secrets = readSecrets(directory);
    if (isDeepStrictEqual(secrets, last)) return;
    const { keys, problems } = keySetOf(secrets, crypto);
    if (problems.length > 0) log.error({ directory, problems, inForce: inForce?.current.id }, 'segment keys');
    if (keys !== undefined)
      log.info({ directory, current: keys.current.id, previous: keys.previous?.id }, 'segment keys');
    if (keys !== undefined || last === undefined) changed(keys);
    inForce = keys ?? inForce;
    last = secrets;
  };
  read();
  const timer = setInterval(read, rereadMs);
  return { stop: () => clearInterval(timer) };
}

/** Of one version of the volume: with one key of each, this node would not understand the others. */
function readSecrets(directory: string): SegmentSecrets {
  let secrets = readBoth(directory);
  for (let reads = 1; reads < mostReads; reads++) {
    const again = readBoth(directory);
    if (isDeepStrictEqual(again, secrets)) break;
    secrets = again;
  }
  return secrets;
}

function readBoth(directory: string): SegmentSecrets {
  return { current: readSecret(join(directory, 'current')), previous: readSecret(join(directory, 'previous')) };
}

/** Undefined when it is not there, or cannot be read. */
function readSecret(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
