// Where the apiserver is and who we are to it.
import type { ConnectionOptions } from 'node:tls';

export interface Credentials {
  /** URL, possibly with a path before /api. */
  readonly server: string;
  readonly tls: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;
  /** Authorization, impersonation. */
  readonly headers: Readonly<Record<string, string>>;
  readonly proxyUrl: string | undefined;
}

export interface CredentialSource {
  /** Of the service account; undefined out of cluster. */
  readonly namespace: string | undefined;
  /** As they are now, whatever was read before. Fails when they cannot be had. */
  read(): Promise<Credentials>;
}
