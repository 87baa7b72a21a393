// The TCP MD5 password of a BGPPeer (pure): never an empty one, and no session where one is asked for and cannot be had.
import type { PeerSettings } from '#shared/config/bgp-peer-settings.ts';
import { errorIn, type Fault } from '#shared/config/problem.ts';
import { basicAuth, type SecretView } from '#shared/kube/objects/secret.ts';
import { quoted } from '#shared/config/problem-text.ts';

/** Those of our namespace that hold passwords, by name; undefined: not known yet. */
export type PeerSecrets = ReadonlyMap<string, Pick<SecretView, 'password'>> | undefined;

/** Reason of what is everyday for a moment after a start. */
export const secretsUnknown = 'SecretsUnknown';

/** Of the kernel (TCP_MD5SIG_MAXKEYLEN). */
const mostOctets = 80;

/** No fault's text holds a password. */
export function peerPassword(
  { password, passwordSecret }: PeerSettings,
  secrets: PeerSecrets,
): { readonly value: Uint8Array | undefined } | { readonly fault: Fault } {
  if (passwordSecret === undefined) {
    return password === undefined ? { value: undefined } : bounded(new TextEncoder().encode(password), 'spec.password');
  }
  const refused = (what: string, reason = 'PasswordSecret'): { readonly fault: Fault } => ({
    fault: errorIn(
      'spec.passwordSecret',
      reason,
      `Secret ${quoted(passwordSecret)} ${what}: there is no session until it is right`,
    ),
  });
  if (secrets === undefined) return refused('is not known, for Secrets cannot be listed', secretsUnknown);
  const secret = secrets.get(passwordSecret);
  if (secret === undefined) return refused(`of type ${basicAuth} does not exist in our namespace`);
  if (secret.password === undefined || secret.password.length === 0) return refused('has no password, or an empty one');
  return bounded(secret.password, 'spec.passwordSecret');
}

function bounded(octets: Uint8Array, field: string): { readonly value: Uint8Array } | { readonly fault: Fault } {
  if (octets.length <= mostOctets) return { value: octets };
  const message = `the password is ${octets.length} octets long and TCP MD5 takes ${mostOctets}: give a shorter one on both sides`;
  return { fault: errorIn(field, 'PasswordTooLong', message) };
}
