import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inClusterCredentials } from '#shared/kube/transport/in-cluster.ts';
import { kubeconfigCredentials } from '#shared/kube/transport/kubeconfig.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ingot-credentials-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function kubeconfig(cluster: object, user: object): string {
  const path = join(directory, 'config');
  const config = {
    clusters: [{ name: 'c', cluster: { server: 'https://192.0.2.1:6443/k8s/', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'ignored' } }],
    'current-context': 'x',
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

describe('a kubeconfig', () => {
  test('with certificates', async () => {
    const path = kubeconfig(
      { 'certificate-authority-data': base64('CA'), 'tls-server-name': 'kubernetes' },
      { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') },
    );
    const source = await kubeconfigCredentials(path, new RecordedLog());
    expect(source.namespace).toBeUndefined();
    const { server, tls, headers } = await source.read();
    expect(server).toBe('https://192.0.2.1:6443/k8s');
    expect(tls).toEqual({
      ca: Buffer.from('CA'),
      cert: Buffer.from('CERT'),
      key: Buffer.from('KEY'),
      servername: 'kubernetes',
    });
    expect(headers).toEqual({});
  });

  test('with a token, that is read again', async () => {
    const path = kubeconfig({}, { token: 'one' });
    const source = await kubeconfigCredentials(path, new RecordedLog());
    expect((await source.read()).headers).toEqual({ authorization: 'Bearer one' });
    kubeconfig({}, { token: 'two' });
    expect((await source.read()).headers).toEqual({ authorization: 'Bearer two' });
  });

  test('with an exec plugin, that is run again', async () => {
    const script = `const { appendFileSync, readFileSync } = require('node:fs');
      appendFileSync('${directory}/runs', 'x');
      const token = 'run-' + readFileSync('${directory}/runs', 'utf8').length;
      console.log(JSON.stringify({ status: { token } }));`;
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-e', script] };
    const source = await kubeconfigCredentials(kubeconfig({}, { exec }), new RecordedLog());
    expect((await source.read()).headers).toEqual({ authorization: 'Bearer run-2' });
    expect((await source.read()).headers).toEqual({ authorization: 'Bearer run-3' });
  });

  test('with a user name, an impersonation and a proxy', async () => {
    const user = { username: 'me', password: 'secret', as: 'other' };
    const source = await kubeconfigCredentials(
      kubeconfig({ 'proxy-url': 'http://proxy:3128' }, user),
      new RecordedLog(),
    );
    expect(await source.read()).toMatchObject({
      headers: { authorization: `Basic ${base64('me:secret')}`, 'impersonate-user': 'other' },
      proxyUrl: 'http://proxy:3128',
    });
  });

  test('that trusts anybody is used, with a warning', async () => {
    const log = new RecordedLog();
    const source = await kubeconfigCredentials(kubeconfig({ 'insecure-skip-tls-verify': true }, { token: 'one' }), log);
    expect((await source.read()).tls).toEqual({ rejectUnauthorized: false });
    expect(log.lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      'warn: insecure-skip-tls-verify: anybody on the way can pose as the apiserver',
    ]);
  });

  test('without a current context is of no use', async () => {
    const path = join(directory, 'config');
    writeFileSync(path, JSON.stringify({ clusters: [], users: [], contexts: [] }));
    await expect(kubeconfigCredentials(path, new RecordedLog())).rejects.toThrow(
      'has no current context with a cluster',
    );
  });

  test('that is not there says so', async () => {
    await expect(kubeconfigCredentials(join(directory, 'none'), new RecordedLog())).rejects.toThrow('none');
  });
});

describe('a service account', () => {
  test('outside a cluster says what to do', () => {
    expect(() => inClusterCredentials({ directory, host: undefined, port: undefined })).toThrow('give --kubeconfig');
  });

  test.each([
    ['172.31.0.1', 'https://172.31.0.1:6443'],
    ['fd00::1', 'https://[fd00::1]:6443'],
  ])('of a cluster at %s', async (host, server) => {
    for (const [name, text] of Object.entries({ namespace: 'metallb-system\n', token: 'one\n', 'ca.crt': 'CA' })) {
      writeFileSync(join(directory, name), text);
    }
    const source = inClusterCredentials({ directory, host, port: '6443' });
    expect(source.namespace).toBe('metallb-system');
    expect(await source.read()).toMatchObject({ server, tls: { ca: 'CA' }, headers: { authorization: 'Bearer one' } });
  });
});
