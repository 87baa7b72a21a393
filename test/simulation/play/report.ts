// What is printed of a violation, so that a person can see what happened: what, when, on what, under which faults, who answered, and the lines of
// the trace that led to it.
import { durationMs } from '../faults/begin.ts';
import { formatLine, type TraceLine } from '../trace.ts';
import type { FaultSpan } from './fault-log.ts';
import type { Stage, Violation } from './stage.ts';

const recentUs = 10_000_000;
const mostLines = 50;
const deepestCause = 4;

export function reportOf(violation: Violation, stage: Stage, replayCommand: string): readonly string[] {
  const { invariant, atUs, subject, message, bound, value } = violation;
  const measured = bound === undefined ? '' : ` (bound ${bound}, seen ${value ?? '?'})`;
  return [
    `replay: ${replayCommand}`,
    `violated: ${invariant}${measured}: ${message}`,
    `at ${seconds(atUs)} s on ${subject}`,
    ...section('faults of the last 10 s', stage.faultLog.between(atUs - recentUs, atUs).map(describeFault)),
    ...section(`answering for ${subject}`, timeLine(stage, subject)),
    ...section('trace', concerning(stage, subject).map(formatLine)),
  ];
}

function describeFault({ fault, fromUs }: FaultSpan): string {
  return `${seconds(fromUs)} s for ${durationMs(fault)} ms: ${JSON.stringify(fault)}`;
}

function timeLine({ answerers }: Stage, subject: string): readonly string[] {
  return answerers
    .of(subject)
    .map(({ atUs, node, isAnswering }) => `${seconds(atUs)} s ${node} ${isAnswering ? 'answers' : 'ceases'}`);
}

/** The last lines that name it, and what led to them. */
function concerning({ world: { trace } }: Stage, subject: string): readonly TraceLine[] {
  const named = trace.last(mostLines, (line) => mentions(line.subject, subject) || mentions(line.detail, subject));
  const wanted = new Set(named.map(({ id }) => id));
  let causes = new Set(named.map(({ cause }) => cause));
  for (let depth = 0; depth < deepestCause; depth++) {
    const found = trace.last(Infinity, ({ id }) => causes.has(id) && !wanted.has(id));
    for (const { id } of found) wanted.add(id);
    causes = new Set(found.map(({ cause }) => cause));
  }
  return trace.last(mostLines, ({ id }) => wanted.has(id));
}

/** As a whole word: 10.0.0.1 is not named by 10.0.0.10. */
export function mentions(text: string, subject: string): boolean {
  for (let at = text.indexOf(subject); at >= 0; at = text.indexOf(subject, at + 1)) {
    if (!isWordCharacter(text[at - 1]) && !isWordCharacter(text[at + subject.length])) return true;
  }
  return false;
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\w.-]/.test(character);
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return [`${title}:`, ...(lines.length === 0 ? ['  none'] : lines.map((line) => `  ${line}`))];
}

function seconds(us: number): string {
  return (us / 1_000_000).toFixed(6);
}
