// The keys and certificates of the lab's cluster: one authority, the apiserver, its clients, and the key that signs service-account tokens.
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../process/run.ts';

/** Paths of PEM files. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface Certificates {
  readonly authority: KeyPair;
  readonly apiserver: KeyPair;
  readonly admin: KeyPair;
  readonly kubeProxy: KeyPair;
  readonly controllerManager: KeyPair;
  /** Paths of the keys of service-account tokens. */
  readonly serviceAccounts: { readonly publicKey: string; readonly privateKey: string };
}

const validDays = 30;
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** `addresses` are what the apiserver is reached at beside the loopback. */
export async function createCertificates(directory: string, addresses: readonly string[]): Promise<Certificates> {
  mkdirSync(directory, { recursive: true });
  const config = join(directory, 'openssl.cnf');
  writeFileSync(config, '[req]\ndistinguished_name = none\n[none]\n');
  const base = ['openssl', 'req', '-x509', '-config', config, '-days', String(validDays), ...newKey] as const;
  const issue = async (name: string, subject: string, ...extra: string[]): Promise<KeyPair> => {
    const pair = { certificate: join(directory, `${name}.crt`), key: join(directory, `${name}.key`) };
    await run([...base, '-subj', subject, '-out', pair.certificate, '-keyout', pair.key, ...extra]);
    return pair;
  };
  const authority = await issue('ca', '/CN=ingot-lab', '-addext', 'basicConstraints=critical,CA:TRUE');
  const signed = (name: string, subject: string, extensions: readonly string[]): Promise<KeyPair> =>
    issue(
      name,
      subject,
      '-CA',
      authority.certificate,
      '-CAkey',
      authority.key,
      ...['basicConstraints=critical,CA:FALSE', ...extensions].flatMap((extension) => ['-addext', extension]),
    );
  const client = (name: string, subject: string): Promise<KeyPair> =>
    signed(name, subject, ['extendedKeyUsage=clientAuth']);
  const [apiserver, admin, kubeProxy, controllerManager] = await Promise.all([
    signed('apiserver', '/CN=kube-apiserver', ['extendedKeyUsage=serverAuth', alternativeNames(addresses)]),
    client('admin', '/O=system:masters/CN=lab-admin'),
    client('kube-proxy', '/CN=system:kube-proxy'),
    client('controller-manager', '/CN=system:kube-controller-manager'),
  ]);
  return { authority, apiserver, admin, kubeProxy, controllerManager, serviceAccounts: signingKey(directory) };
}

function alternativeNames(addresses: readonly string[]): string {
  const ips = new Set(['127.0.0.1', '::1', '10.96.0.1', 'fd00:10:96::1', ...addresses]);
  const names = ['DNS:localhost', 'DNS:kubernetes.default.svc', ...Array.from(ips, (ip) => `IP:${ip}`)];
  return `subjectAltName=${names.join(',')}`;
}

function signingKey(directory: string): Certificates['serviceAccounts'] {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  });
  const paths = { publicKey: join(directory, 'sa.pub'), privateKey: join(directory, 'sa.key') };
  writeFileSync(paths.publicKey, publicKey);
  writeFileSync(paths.privateKey, privateKey, { mode: 0o600 });
  return paths;
}
