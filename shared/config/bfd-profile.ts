// What is wrong with a BFDProfile by itself.
import type { BFDProfileSpec } from '../api/bfd-profile.ts';
import type { ConfigObject } from './object.ts';
import { warningIn, type Parsed } from './problem.ts';

export function parseBFDProfile(object: ConfigObject<BFDProfileSpec>): Parsed<BFDProfileSpec | undefined> {
  if ('faults' in object) return { value: undefined, faults: object.faults };
  const echo = warningIn(
    'spec.echoMode',
    'EchoNotImplemented',
    'BFD echo mode is not implemented: it stays off, remove it',
  );
  return { value: object.spec, faults: object.spec.echoMode === true ? [echo] : [] };
}
