// Command line and environment of the daemons. MetalLB's flags keep their names; those without meaning here are accepted and reported.
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';

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
}

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
  return { ...commonOptions(values, argv, env), nodeName, ignoreExcludeLb: values['ignore-exclude-lb'] === true };
}

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
    logLevel: logLevel(text(values, 'log-level') ?? 'info'),
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

function logLevel(given: string): LogLevel {
  const level = logLevels.find((known) => known === given);
  if (level === undefined) throw new UsageError(`--log-level must be one of ${logLevels.join(', ')}, not "${given}"`);
  return level;
}
