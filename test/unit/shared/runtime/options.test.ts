import { expect, test } from 'vitest';
import { parseControllerOptions, parseSpeakerOptions, UsageError } from '#shared/runtime/options.ts';

test('defaults are MetalLB’s', () => {
  expect(parseControllerOptions(['--pod-name=controller-1'], {})).toEqual({
    namespace: undefined,
    podName: 'controller-1',
    port: 9120,
    healthProbePort: 17472,
    logLevel: 'info',
    lbClass: undefined,
    kubeconfig: undefined,
    ignored: [],
  });
});

test('a flag wins over its variable; an empty variable counts as absent', () => {
  const env = { METALLB_NAMESPACE: 'from-env', METALLB_NODE_NAME: 'n1', KUBECONFIG: '' };
  const options = parseSpeakerOptions(['--namespace', 'from-flag', '--ignore-exclude-lb'], env);
  expect(options).toMatchObject({
    namespace: 'from-flag',
    nodeName: 'n1',
    kubeconfig: undefined,
    ignoreExcludeLb: true,
  });
});

test('what only MetalLB needs is accepted and named', () => {
  const argv = ['--webhook-mode=enabled', '--ml-bindport', '7946', '--log-level=debug', '--node-name=n1'];
  const options = parseSpeakerOptions(argv, { METALLB_ML_LABELS: 'app=metallb', FRR_CONFIG_FILE: '/x', HOME: '/root' });
  expect(options.logLevel).toBe('debug');
  expect(options.ignored).toEqual(['--webhook-mode=enabled', '--ml-bindport', 'METALLB_ML_LABELS', 'FRR_CONFIG_FILE']);
});

test.each([
  ['an unknown flag', ['--no-such-flag'], /known flags: --namespace --pod-name/],
  ['a flag of the other daemon', ['--node-name=n1'], /known flags/],
  ['a port out of range', ['--port=70000'], /--port must be a port number/],
  ['a port that is no number', ['--health-probe-port=http'], /--health-probe-port must be/],
  ['an unknown log level', ['--log-level=loud'], /one of all, debug, info, warn, error, none/],
])('%s is refused with what to do', (_, argv, message) => {
  const parse = () => parseControllerOptions(argv, {});
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
});

test('a speaker without the name of its node is refused', () => {
  expect(() => parseSpeakerOptions([], {})).toThrow(/METALLB_NODE_NAME/);
});
