// BFDProfile: how a BFD session with a BGP peer is to be, and what is wrong with that by itself.
import type { BFDProfileSpec } from '../api/bfd-profile.ts';
import type { Meta } from '../kube/objects/view.ts';
import { metaOf, type ConfigObject } from './object.ts';
import { warningIn, type Parsed } from './problem.ts';

export interface BFDProfile extends Meta {
  readonly transmitIntervalMs: number;
  readonly receiveIntervalMs: number;
  readonly detectMultiplier: number;
  /** Sends nothing before the peer does. */
  readonly passive: boolean;
  /** Of packets that come over several hops. */
  readonly minimumTtl: number;
}

const defaultIntervalMs = 300;
const defaultDetectMultiplier = 3;
const defaultMinimumTtl = 254;
/** Below, a busy machine loses sessions for nothing. */
const leastSupportedMs = 100;

export function parseBFDProfile(object: ConfigObject<BFDProfileSpec>): Parsed<BFDProfile | undefined> {
  if ('faults' in object) return { value: undefined, faults: object.faults };
  const { spec } = object;
  const value: BFDProfile = {
    ...metaOf(object),
    transmitIntervalMs: spec.transmitInterval ?? defaultIntervalMs,
    receiveIntervalMs: spec.receiveInterval ?? defaultIntervalMs,
    detectMultiplier: spec.detectMultiplier ?? defaultDetectMultiplier,
    passive: spec.passiveMode ?? false,
    minimumTtl: spec.minimumTtl ?? defaultMinimumTtl,
  };
  const fast = (['transmitInterval', 'receiveInterval'] as const)
    .filter((field) => (spec[field] ?? defaultIntervalMs) < leastSupportedMs)
    .map((field) =>
      warningIn(
        `spec.${field}`,
        'FastBFD',
        `below ${leastSupportedMs} ms a session may go down on a busy node though nothing is wrong: give at least ${leastSupportedMs}`,
      ),
    );
  const echo = warningIn(
    'spec.echoMode',
    'EchoNotImplemented',
    'BFD echo mode is not implemented: it stays off, remove it',
  );
  return { value, faults: [...fast, ...(spec.echoMode === true ? [echo] : [])] };
}
