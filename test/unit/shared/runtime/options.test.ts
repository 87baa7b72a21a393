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

const speaker = (argv: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  parseSpeakerOptions(['--node-name=n1', ...argv], env);

test('a speaker has defaults for its LANs and its state', () => {
  expect(speaker()).toMatchObject({
    drainSignals: ['exclude-label', 'out-of-service', 'autoscaler-taint', 'lifecycle-conditions'],
    stateDir: '/run/ingot',
    segmentKeyDir: '/etc/ingot/segment-key',
    l2Profile: 'default',
    segmentPort: 7946,
    bgpListen: 'auto',
    graceSeconds: 30,
  });
});

test('options of a speaker come from the environment too', () => {
  const env = {
    INGOT_DRAIN_SIGNALS: 'unschedulable, taint:example.com/going,condition:Going',
    INGOT_STATE_DIR: '/var/lib/ingot',
    INGOT_SEGMENT_KEY_DIR: '/keys',
    INGOT_L2_PROFILE: 'fast',
    INGOT_SEGMENT_PORT: '17946',
    INGOT_BGP_LISTEN: 'on',
    INGOT_GRACE_SECONDS: '10',
  };
  expect(speaker([], env)).toMatchObject({
    drainSignals: ['unschedulable', 'taint:example.com/going', 'condition:Going'],
    stateDir: '/var/lib/ingot',
    segmentKeyDir: '/keys',
    l2Profile: 'fast',
    segmentPort: 17946,
    bgpListen: 'on',
    graceSeconds: 10,
  });
});

test.each([
  [
    'an unknown drain signal',
    '--drain-signals=cordon',
    /"cordon" is none of exclude-label, .*, taint:<key>, condition:<type>/,
  ],
  ['a taint without a key', '--drain-signals=taint:', /"taint:" is none of/],
  ['a taint that is none', '--drain-signals=taint:a b', /"taint:a b" is none of/],
  ['an unknown profile', '--l2-profile=slow', /one of fast, default, relaxed, not "slow"/],
  ['no port to meet at', '--segment-port=0', /--segment-port must be a port number 1\.\.65535/],
  ['a port out of range', '--segment-port=70000', /--segment-port must be a port number/],
  ['an unknown way to listen', '--bgp-listen=yes', /one of auto, on, off, not "yes"/],
  ['no time to end', '--grace-seconds=0', /--grace-seconds must be whole seconds 1\.\.3600/],
  ['a part of a second', '--grace-seconds=1.5', /--grace-seconds must be whole seconds/],
])('%s is refused with what to do', (_, argument, message) => {
  expect(() => speaker([argument])).toThrow(UsageError);
  expect(() => speaker([argument])).toThrow(message);
});

test('no drain signals are asked for with a comma', () => {
  expect(speaker(['--drain-signals=,']).drainSignals).toEqual([]);
});
