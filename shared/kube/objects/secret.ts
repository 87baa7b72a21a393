// Secret with the password of BGP peers, narrowed to that. It is kept in memory only: what the speaker writes down holds no Secret.
import { child, text, Unreadable, type Fields } from './fields.ts';
import { parseView, type Meta, type Parsed } from './view.ts';

/** The type of those that are watched. */
export const basicAuth = 'kubernetes.io/basic-auth';

export interface SecretView extends Meta {
  /** Of the key `password`; undefined: there is none, or an empty one. */
  readonly password: Uint8Array | undefined;
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function parseSecret(object: unknown): Parsed<SecretView> {
  return parseView(object, (meta, _metadata, whole) => ({
    ...meta,
    password: octetsIn(child(whole, 'data'), 'password'),
  }));
}

/** What cannot be read is not repeated: it may hold what is secret. */
function octetsIn(fields: Fields, name: string): Uint8Array | undefined {
  const encoded = text(fields, name);
  if (encoded === undefined) return undefined;
  if (!base64.test(encoded)) throw new Unreadable(`${fields.path}.${name}: expected base64`);
  return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
}
