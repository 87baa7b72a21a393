// Command line and environment of the daemons. MetalLB's flags keep their names; those without meaning here are accepted and reported.
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { defaultDrainSignals, parseDrainSignals, type DrainSignal } from './drain-signals.ts';

export type Daemon = 'controller' | 'speaker';

export interface CommonOptions {
  /** Absent: that of the service account. */
  readonly namespace: string | undefined;
  readonly podName: string;
  /** Of /metrics; 0 is off. */
  readonly port: number;
  readonly healthProbePort: number;
  readonly logLevel: LogLevel;
  /** Only Services of exactly this class; absent: only Services without a class. */
  readonly lbClass: string | undefined;
  /** Absent: in-cluster configuration. */
  readonly kubeconfig: string | undefined;
  /** What was given but has no effect here, to be logged once. */
  readonly ignored: readonly string[];
}

export interface SpeakerOptions extends CommonOptions {
  readonly nodeName: string;
  readonly ignoreExcludeLb: boolean;
  readonly drainSignals: readonly DrainSignal[];
  /** Outlives the Pod. */
  readonly stateDir: string;
  /** With the files `current` and `previous`. */
  readonly segmentKeyDir: string;
  readonly l2Profile: L2Profile;
  /** UDP, of all speakers of the cluster. */
  readonly segmentPort: number;
  /** For BGP peers; `auto`: only for those without an address, which dial each other. */
  readonly bgpListen: BgpListen;
  /** Of the Pod: from SIGTERM to SIGKILL. */
  readonly graceSeconds: number;
}

const bgpListenModes = ['auto', 'on', 'off'] as const;
export type BgpListen = (typeof bgpListenModes)[number];

const l2Profiles = ['fast', 'default', 'relaxed'] as const;
export type L2Profile = (typeof l2Profiles)[number];

const logLevels = ['all', 'debug', 'info', 'warn', 'error', 'none'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The message is for the person who typed the command line. */
export class UsageError extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

interface Flag {
  readonly type: 'string' | 'boolean';
  readonly env?: string;
  readonly daemon?: Daemon;
}

const flags: Readonly<Record<string, Flag>> = {
  namespace: { type: 'string', env: 'METALLB_NAMESPACE' },
  'node-name': { type: 'string', env: 'METALLB_NODE_NAME', daemon: 'speaker' },
  'pod-name': { type: 'string', env: 'METALLB_POD_NAME' },
  port: { type: 'string', env: 'INGOT_METRICS_PORT' },
  'health-probe-port': { type: 'string' },
  'log-level': { type: 'string' },
  'lb-class': { type: 'string' },
  'ignore-exclude-lb': { type: 'boolean', daemon: 'speaker' },
  'drain-signals': { type: 'string', env: 'INGOT_DRAIN_SIGNALS', daemon: 'speaker' },
  'state-dir': { type: 'string', env: 'INGOT_STATE_DIR', daemon: 'speaker' },
  'segment-key-dir': { type: 'string', env: 'INGOT_SEGMENT_KEY_DIR', daemon: 'speaker' },
  'l2-profile': { type: 'string', env: 'INGOT_L2_PROFILE', daemon: 'speaker' },
  'segment-port': { type: 'string', env: 'INGOT_SEGMENT_PORT', daemon: 'speaker' },
  'bgp-listen': { type: 'string', env: 'INGOT_BGP_LISTEN', daemon: 'speaker' },
  'grace-seconds': { type: 'string', env: 'INGOT_GRACE_SECONDS', daemon: 'speaker' },
  kubeconfig: { type: 'string', env: 'KUBECONFIG' },
};

const ignoredFlags =
  /^--(ml-.*|webhook-.*|cert-.*|disable-cert-rotation|deployment|host|frrk8s-namespace|bgp-debounce-timeout)(=.*)?$/;
const ignoredVariables = /^(METALLB_(BGP_TYPE|DEPLOYMENT|HOST|ML_.*)|FRR_.*)$/;

export function parseControllerOptions(argv: readonly string[], env: Environment): CommonOptions {
  return commonOptions(readFlags('controller', argv, env), argv, env);
}

export function parseSpeakerOptions(argv: readonly string[], env: Environment): SpeakerOptions {
  const values = readFlags('speaker', argv, env);
  const nodeName = text(values, 'node-name');
  if (nodeName === undefined) {
    throw new UsageError('--node-name (METALLB_NODE_NAME) is required: the name of the Node this speaker runs on');
  }
  return {
    ...commonOptions(values, argv, env),
    nodeName,
    ignoreExcludeLb: values['ignore-exclude-lb'] === true,
    drainSignals: drainSignals(text(values, 'drain-signals')),
    stateDir: text(values, 'state-dir') ?? '/run/ingot',
    segmentKeyDir: text(values, 'segment-key-dir') ?? '/etc/ingot/segment-key',
    l2Profile: oneOf('l2-profile', l2Profiles, text(values, 'l2-profile') ?? 'default'),
    segmentPort: segmentPort(values),
    bgpListen: oneOf('bgp-listen', bgpListenModes, text(values, 'bgp-listen') ?? 'auto'),
    graceSeconds: graceSeconds(values),
  };
}

const mostGraceSeconds = 3_600;

type Values = Readonly<Record<string, string | boolean | undefined>>;

function readFlags(daemon: Daemon, argv: readonly string[], env: Environment): Values {
  const known = Object.entries(flags).filter(([, flag]) => (flag.daemon ?? daemon) === daemon);
  const options = Object.fromEntries(known.map(([name, { type }]) => [name, { type }]));
  const fromEnvironment = known.flatMap(([name, flag]) => (flag.env === undefined ? [] : [[name, env[flag.env]]]));
  try {
    const { values } = parseArgs({ args: withoutIgnored(argv), options, allowNegative: true });
    return { ...Object.fromEntries(fromEnvironment), ...(values as Values) };
  } catch (error) {
    const names = known.map(([name]) => `--${name}`).join(' ');
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nknown flags: ${names}`, {
      cause: error,
    });
  }
}

/** Drops ignored flags, and the value that follows one written as `--flag value`. */
function withoutIgnored(argv: readonly string[]): string[] {
  return argv.filter((argument, index) => {
    const before = argv[index - 1];
    const isValueOfIgnored =
      before !== undefined && ignoredFlags.test(before) && !before.includes('=') && !argument.startsWith('-');
    return !ignoredFlags.test(argument) && !isValueOfIgnored;
  });
}

function commonOptions(values: Values, argv: readonly string[], env: Environment): CommonOptions {
  return {
    namespace: text(values, 'namespace'),
    podName: text(values, 'pod-name') ?? hostname(),
    port: portNumber(values, 'port', 9120),
    healthProbePort: portNumber(values, 'health-probe-port', 17_472),
    logLevel: oneOf('log-level', logLevels, text(values, 'log-level') ?? 'info'),
    lbClass: text(values, 'lb-class'),
    kubeconfig: text(values, 'kubeconfig'),
    ignored: [
      ...argv.filter((argument) => ignoredFlags.test(argument)),
      ...Object.keys(env).filter((name) => ignoredVariables.test(name)),
    ],
  };
}

/** An empty text counts as not given, as manifests leave variables empty. */
function text(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function portNumber(values: Values, name: string, fallback: number): number {
  const given = text(values, name);
  if (given === undefined) return fallback;
  const port = Number(given);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`--${name} must be a port number 0..65535 (0 is off), not "${given}"`);
  }
  return port;
}

/** Speakers must meet somewhere: 0 is no port. */
function segmentPort(values: Values): number {
  const port = portNumber(values, 'segment-port', 7946);
  if (port === 0)
    throw new UsageError('--segment-port must be a port number 1..65535, the same for all speakers, not "0"');
  return port;
}

/** Whole seconds, as in the Pod's terminationGracePeriodSeconds. */
function graceSeconds(values: Values): number {
  const given = text(values, 'grace-seconds') ?? '30';
  const seconds = Number(given);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > mostGraceSeconds) {
    throw new UsageError(
      `--grace-seconds must be whole seconds 1..${mostGraceSeconds}, the terminationGracePeriodSeconds of the Pod, not "${given}"`,
    );
  }
  return seconds;
}

function drainSignals(given: string | undefined): readonly DrainSignal[] {
  if (given === undefined) return defaultDrainSignals;
  const parsed = parseDrainSignals(given);
  if ('problem' in parsed) throw new UsageError(`--drain-signals: ${parsed.problem}`);
  return parsed.signals;
}

function oneOf<Value extends string>(name: string, known: readonly Value[], given: string): Value {
  const value = known.find((candidate) => candidate === given);
  if (value === undefined) throw new UsageError(`--${name} must be one of ${known.join(', ')}, not "${given}"`);
  return value;
}
