// Asks kube-proxy of this machine for its health, and for that of Services, by HTTP.
import { readHealth, type KubeProxyProbe } from '#speaker/kube-proxy/health.ts';
import type { ServiceHealth, ServiceHealthProbe } from '#speaker/kube-proxy/service-gate.ts';
import { askLocally } from './local-question.ts';

export const kubeProxyHealthUrl = 'http://127.0.0.1:10256/healthz';

const usualTimeoutMs = 1_000;
const ok = 200;

/** `timeoutMs`: from the question to the last octet of the answer. */
export function httpKubeProxyProbe(url: string, timeoutMs = usualTimeoutMs): KubeProxyProbe {
  return {
    ask: (answered) =>
      askLocally(url, timeoutMs, (answer) => answered(answer ? readHealth(answer.status, answer.body) : 'silent')),
  };
}

/** At their healthCheckNodePorts. */
export function httpServiceHealthProbe(timeoutMs = usualTimeoutMs): ServiceHealthProbe {
  return {
    ask({ hosts, port }, answered) {
      let open = hosts.length;
      let isOver = false;
      const finish = (health: ServiceHealth): void => {
        if (isOver) return;
        isOver = true;
        answered(health);
      };
      for (const host of hosts) {
        askLocally(`http://${host.includes(':') ? `[${host}]` : host}:${port}/`, timeoutMs, (answer) => {
          open--;
          if (answer !== undefined) finish(answer.status === ok ? 'ready' : 'notReady');
          else if (open === 0) finish('silent');
        });
      }
    },
  };
}
