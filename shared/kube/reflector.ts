// Keeps a copy of what a selection of objects is, through lists and watches (KEP-3157 streaming lists, KEP-956 bookmarks). A pure machine: it
// says what to ask and what to do with the objects that come; the watcher asks and keeps them. Nothing it does ever empties the copy.
import type { Engine, Step, TimerEffect, TimerEvent } from '../runtime/runner.ts';
import { identityOf, resourceVersionOf } from './identity.ts';
import type { KubeAnswer, KubeError, WatchEvent } from './kube-api.ts';
import { child, fieldsOf, ifReadable, textMap } from './objects/fields.ts';
import {
  afterEmptyList,
  afterEnd,
  afterError,
  afterGarbage,
  afterSilence,
  noFailures,
  type Failures,
  type Reaction,
  type RestartReason,
} from './reflector-failure.ts';
import { statusError } from './status.ts';
import type { Wait } from './wait.ts';

export interface ReflectorState {
  readonly phase: Phase;
  /** The apiserver can stream lists. */
  readonly streaming: boolean;
  /** Of the last event or list; absent until there was one. */
  readonly resourceVersion: string | undefined;
  /** Waits to ask again; nothing is asked meanwhile. */
  readonly waiting: boolean;
  readonly stream: StreamAge;
  readonly content: Content;
  readonly failures: Failures;
  /** Why nothing can be had, for people. */
  readonly blocked: string | undefined;
}

type Phase =
  | { readonly kind: 'idle' }
  /** `continue` is where the next page begins. */
  | { readonly kind: 'paging'; readonly continue: string | undefined }
  | { readonly kind: 'streaming' }
  | { readonly kind: 'watching' };

/** A list of nothing, where there was something, may be an apiserver's that is not itself yet: it has to say so twice. */
interface Content {
  /** There may be something in the copy. */
  readonly kept: boolean;
  /** The list under way brought something. */
  readonly listed: boolean;
  /** The list before this one brought nothing, and was not believed. */
  readonly doubted: boolean;
}

/** Young for a second, healthy after ten. */
type StreamAge = 'none' | 'young' | 'grown' | 'healthy';

export type ReflectorEvent =
  | { readonly kind: 'start' }
  /** Somebody wants a list that is made from now on. */
  | { readonly kind: 'relist' }
  | { readonly kind: 'page'; readonly answer: KubeAnswer }
  | WatchEvent;

export type ReflectorEffect =
  | { readonly kind: 'list'; readonly continue: string | undefined }
  /** Without a resourceVersion: a streaming list. */
  | { readonly kind: 'watch'; readonly resourceVersion: string | undefined }
  /** Ends what was asked. */
  | { readonly kind: 'cancel' }
  /** A list begins: what was staged is void. */
  | { readonly kind: 'discard' }
  | { readonly kind: 'stage'; readonly object: unknown }
  | { readonly kind: 'unstage'; readonly object: unknown }
  /** What is staged is everything there is. */
  | { readonly kind: 'commit' }
  | { readonly kind: 'apply'; readonly object: unknown; readonly deleted: boolean }
  /** The timer `retry` comes back after it. */
  | { readonly kind: 'wait'; readonly wait: Wait; readonly spread: boolean }
  | { readonly kind: 'restarted'; readonly reason: RestartReason; readonly message: string; readonly relist: boolean }
  | { readonly kind: 'streamingRefused' };

/** An idle stream gets a bookmark every minute: two were missed. */
export const silenceMs = 240_000;
const youngMs = 1_000;
const healthyMs = 10_000;

type Result = Step<ReflectorState, ReflectorEffect>;
type Effects = readonly (ReflectorEffect | TimerEffect)[];

const streamTimersOff: Effects = [
  { kind: 'disarm', timer: 'silence' },
  { kind: 'disarm', timer: 'age' },
];

export function createReflector(options: {
  readonly streaming: boolean;
}): Engine<ReflectorState, ReflectorEvent, ReflectorEffect> {
  const initial: ReflectorState = {
    phase: { kind: 'idle' },
    streaming: options.streaming,
    resourceVersion: undefined,
    waiting: false,
    stream: 'none',
    content: { kept: false, listed: false, doubted: false },
    failures: noFailures,
    blocked: undefined,
  };
  return { initial, step };
}

function step(state: ReflectorState, event: ReflectorEvent | TimerEvent): Result {
  switch (event.kind) {
    case 'start':
      return ask(listing(state), [{ kind: 'discard' }]);
    case 'relist':
      return relistNow(state);
    case 'page':
      return onPage(state, event.answer);
    case 'opened':
      return { state: { ...state, stream: 'young', blocked: undefined }, effects: [heard, agesIn(youngMs)] };
    case 'line':
      return onLine(state, event.line);
    case 'closed':
      return onClosed(state, event);
    case 'timer':
      return onTimer(state, event.timer);
  }
}

const heard: TimerEffect = { kind: 'arm', timer: 'silence', delayMs: silenceMs };

function agesIn(delayMs: number): TimerEffect {
  return { kind: 'arm', timer: 'age', delayMs };
}

/** From the start, by the best way the apiserver knows. */
function listing(state: ReflectorState): ReflectorState {
  const content = { ...state.content, listed: false };
  return {
    ...state,
    content,
    phase: state.streaming ? { kind: 'streaming' } : { kind: 'paging', continue: undefined },
  };
}

/** Asks what the phase needs next. */
function ask(state: ReflectorState, before: Effects): Result {
  const asking: ReflectorState = { ...state, waiting: false, stream: 'none' };
  switch (state.phase.kind) {
    case 'idle':
      return { state: asking, effects: before };
    case 'paging':
      return { state: asking, effects: [...before, { kind: 'list', continue: state.phase.continue }] };
    case 'streaming':
    case 'watching': {
      const resourceVersion = state.phase.kind === 'watching' ? state.resourceVersion : undefined;
      return { state: asking, effects: [...before, { kind: 'watch', resourceVersion }, heard] };
    }
  }
}

function relistNow(state: ReflectorState): Result {
  if (state.phase.kind === 'idle') return { state, effects: [] };
  if (state.waiting) return { state: listing(state), effects: [{ kind: 'discard' }] };
  return restart(state, { reason: 'asked', relist: true, failures: state.failures }, 'a fresh list was asked for');
}

/** Ends what is asked and does as the reaction says. */
function restart(state: ReflectorState, reaction: Reaction, message: string): Result {
  const { reason, wait, spread, failures } = reaction;
  // A streaming list that broke off is void; a paged one goes on with the page that failed.
  const anew = reaction.relist || state.phase.kind === 'streaming';
  const next: ReflectorState = { ...(anew ? listing(state) : state), failures, blocked: reaction.blocked };
  const before: Effects = [
    { kind: 'cancel' },
    ...streamTimersOff,
    { kind: 'restarted', reason, message, relist: reaction.relist },
    ...(anew ? [{ kind: 'discard' } as const] : []),
  ];
  if (wait === undefined) return ask(next, before);
  return {
    state: { ...next, waiting: true, stream: 'none' },
    effects: [...before, { kind: 'wait', wait, spread: spread === true }],
  };
}

function onPage(state: ReflectorState, answer: KubeAnswer): Result {
  if (answer.kind === 'failed') {
    return restart(state, afterError(answer.error, state.failures, false), answer.error.message);
  }
  const page = readPage(answer.body);
  if (page === undefined) return restart(state, afterGarbage(state.failures), 'the answer is no list');
  const staged = page.items.map((object) => ({ kind: 'stage', object }) as const);
  const content = { ...state.content, listed: state.content.listed || staged.length > 0 };
  const reached: ReflectorState = { ...state, content, blocked: undefined };
  if (page.continue !== undefined) {
    return ask({ ...reached, phase: { kind: 'paging', continue: page.continue } }, staged);
  }
  if (isDoubtful(content)) return doubt(reached);
  const watching: ReflectorState = { ...committed(reached), resourceVersion: page.resourceVersion };
  return ask(watching, [...staged, { kind: 'commit' }]);
}

function isDoubtful({ kept, listed, doubted }: Content): boolean {
  return kept && !listed && !doubted;
}

function doubt(state: ReflectorState): Result {
  const doubting = { ...state, content: { ...state.content, doubted: true } };
  return restart(doubting, afterEmptyList(state.failures), 'a list of nothing, where there was something');
}

function committed(state: ReflectorState): ReflectorState {
  const content = { kept: state.content.listed, listed: false, doubted: false };
  return { ...state, content, phase: { kind: 'watching' } };
}

interface Page {
  readonly items: readonly unknown[];
  readonly continue: string | undefined;
  readonly resourceVersion: string;
}

/** Undefined when it is no list, or one of its items no object. */
function readPage(body: unknown): Page | undefined {
  const resourceVersion = resourceVersionOf(body);
  if (resourceVersion === undefined) return undefined;
  const { items, metadata } = body as { readonly items?: unknown; readonly metadata: unknown };
  if (!Array.isArray(items) || !items.every((item) => identityOf(item) !== undefined)) return undefined;
  const { continue: next } = metadata as { readonly continue?: unknown };
  return { items, continue: typeof next === 'string' && next !== '' ? next : undefined, resourceVersion };
}

function onLine(state: ReflectorState, line: { readonly type: string; readonly object: unknown } | undefined): Result {
  if (line?.type === 'ERROR') {
    const error = statusError(line.object, 500);
    return restart(state, afterError(error, state.failures, false), error.message);
  }
  if (line?.type === 'BOOKMARK') {
    const resourceVersion = resourceVersionOf(line.object);
    if (resourceVersion !== undefined) return onBookmark(state, line.object, resourceVersion);
  } else if (line !== undefined && changes.has(line.type)) {
    const identity = identityOf(line.object);
    if (identity !== undefined) return onChange(state, line.type, line.object, identity.resourceVersion);
  }
  return restart(state, afterGarbage(state.failures), 'a line of the watch is no event of an object');
}

const changes: ReadonlySet<string> = new Set(['ADDED', 'MODIFIED', 'DELETED']);

function onChange(state: ReflectorState, type: string, object: unknown, resourceVersion: string): Result {
  const deleted = type === 'DELETED';
  // Nothing counts before a streamed list is complete: a break begins it anew.
  const { content } = state;
  if (state.phase.kind === 'streaming') {
    const next: ReflectorState = { ...state, content: { ...content, listed: true } };
    return { state: next, effects: [heard, { kind: deleted ? 'unstage' : 'stage', object }] };
  }
  const watching: ReflectorState = { ...state, content: { ...content, kept: true }, resourceVersion };
  return { state: watching, effects: [heard, { kind: 'apply', object, deleted }] };
}

function onBookmark(state: ReflectorState, object: unknown, resourceVersion: string): Result {
  if (state.phase.kind === 'watching') return { state: { ...state, resourceVersion }, effects: [heard] };
  if (!endsInitialEvents(object)) return { state, effects: [heard] };
  if (isDoubtful(state.content)) return doubt(state);
  return { state: { ...committed(state), resourceVersion }, effects: [heard, { kind: 'commit' }] };
}

function endsInitialEvents(bookmark: unknown): boolean {
  const annotations = ifReadable(() => textMap(child(fieldsOf(bookmark, ''), 'metadata'), 'annotations'));
  return annotations?.['k8s.io/initial-events-end'] === 'true';
}

function onClosed(state: ReflectorState, { error }: Extract<WatchEvent, { kind: 'closed' }>): Result {
  const lived = state.stream === 'grown' || state.stream === 'healthy';
  if (error === undefined) {
    const complete = lived && state.phase.kind === 'watching';
    return restart(state, afterEnd(state.failures, complete), 'the watch ended');
  }
  if (state.phase.kind === 'streaming' && refusesStreaming(error)) {
    const paging = listing({ ...state, streaming: false });
    return ask(paging, [...streamTimersOff, { kind: 'streamingRefused' }, { kind: 'discard' }]);
  }
  return restart(state, afterError(error, state.failures, lived), error.message);
}

/** The feature is off (422 naming the parameter), or the apiserver does not know it (400). */
function refusesStreaming(error: KubeError): boolean {
  return (
    error.kind === 'status' &&
    (error.code === 400 || (error.code === 422 && error.message.includes('sendInitialEvents')))
  );
}

function onTimer(state: ReflectorState, timer: string): Result {
  switch (timer) {
    case 'retry':
      return ask(state, []);
    case 'silence':
      return restart(state, afterSilence(state.failures), `no byte for ${silenceMs / 1000} s`);
    default:
      return grow(state);
  }
}

function grow(state: ReflectorState): Result {
  if (state.stream === 'young') {
    return { state: { ...state, stream: 'grown' }, effects: [agesIn(healthyMs - youngMs)] };
  }
  return { state: { ...state, stream: 'healthy', failures: noFailures }, effects: [] };
}
