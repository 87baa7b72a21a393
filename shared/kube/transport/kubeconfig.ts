// Credentials of a kubeconfig file: certificates, tokens, exec plugins and OIDC, as client-node understands them. The library is loaded only
// here, as it takes 50 MB. A context's namespace is ignored.
import type { RequestOptions } from 'node:https';
import type { Log } from '../../runtime/log.ts';
import type { Credentials, CredentialSource } from './credentials.ts';

/** Fails when the file cannot be used. */
export async function kubeconfigCredentials(path: string, log: Log): Promise<CredentialSource> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const read = async (): Promise<Credentials> => {
    // A new one each time: it keeps the tokens of exec plugins, also those that were refused.
    const config = new KubeConfig();
    config.loadFromFile(path);
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error(`kubeconfig ${path} has no current context with a cluster`);
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return {
      server: cluster.server,
      tls: tlsOf(options),
      headers: headersOf(options),
      proxyUrl: cluster.proxyUrl,
    };
  };
  const { tls } = await read();
  if (tls.rejectUnauthorized === false) {
    log.warn({ kubeconfig: path }, 'insecure-skip-tls-verify: anybody on the way can pose as the apiserver');
  }
  return { namespace: undefined, read };
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): Credentials['tls'] {
  const given = Object.entries({ ca, cert, key, servername, rejectUnauthorized });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function headersOf({ headers = {}, auth }: RequestOptions): Record<string, string> {
  const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  const basic = typeof auth === 'string' ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return { ...basic, ...Object.fromEntries(given) };
}
