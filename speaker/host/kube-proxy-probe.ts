// Asks kube-proxy of this machine for its health, by HTTP.
import { get } from 'node:http';
import { readHealth, type KubeProxyHealth, type KubeProxyProbe } from '#speaker/kube-proxy/health.ts';

export const kubeProxyHealthUrl = 'http://127.0.0.1:10256/healthz';

const usualTimeoutMs = 1_000;
/** Its answers have about 150 characters. */
const maxBodyLength = 16_384;

/** `timeoutMs`: from the question to the last octet of the answer. */
export function httpKubeProxyProbe(url: string, timeoutMs = usualTimeoutMs): KubeProxyProbe {
  return {
    ask(answered) {
      let isOver = false;
      const finish = (health: KubeProxyHealth): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(limit);
        request.destroy();
        answered(health);
      };
      // A connection each: what was open to a process that has ended says nothing of its successor.
      const request = get(url, { agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          body += text;
          if (body.length > maxBodyLength) finish('silent');
        });
        response.on('end', () => finish(readHealth(response.statusCode ?? 0, body)));
        response.on('error', () => finish('silent'));
      });
      request.on('error', () => finish('silent'));
      const limit = setTimeout(() => finish('silent'), timeoutMs);
    },
  };
}
