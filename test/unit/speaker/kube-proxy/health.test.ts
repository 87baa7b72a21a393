import { expect, test } from 'vitest';
import { readHealth } from '#speaker/kube-proxy/health.ts';

const body = (lastUpdated: string, nodeEligible: unknown): string =>
  JSON.stringify({ lastUpdated, currentTime: '2026-10-20 08:00:00.5 +0200 CEST m=+3600.000000001', nodeEligible });

test.each([
  [200, '', 'healthy'],
  [200, 'not JSON', 'healthy'],
  [503, body('2026-10-20 07:59:31.123456789 +0200 CEST m=+3571.1', false), 'ineligible'],
  [503, body('2026-10-20 05:59:31 +0000 UTC', false), 'ineligible'],
  [503, body('2026-10-20 07:58:59 +0200 CEST m=+3539.2', false), 'unhealthy'],
  [503, body('0001-01-01 00:00:00 +0000 UTC', false), 'unhealthy'],
  [503, body('yesterday', false), 'unhealthy'],
  [503, body('2026-10-20 07:59:31 +0200 CEST', true), 'unhealthy'],
  [503, body('2026-10-20 07:59:31 +0200 CEST', 'false'), 'unhealthy'],
  [503, '', 'unhealthy'],
  [503, 'null', 'unhealthy'],
  [404, 'not found', 'silent'],
  [0, '', 'silent'],
])('%i with %s is %s', (status, text, health) => {
  expect(readHealth(status, text)).toBe(health);
});
