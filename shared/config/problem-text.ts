// Problems as people read them: one line each, bounded however long the user's text is.
import type { Fault, Problem } from './problem.ts';

const longestQuote = 100;
const mostLines = 50;

/** Text of a user inside a message. */
export function quoted(text: string): string {
  const characters = Array.from(text.slice(0, 2 * longestQuote + 2));
  return JSON.stringify(characters.length > longestQuote ? `${characters.slice(0, longestQuote).join('')}…` : text);
}

export function faultLine({ field, message }: Fault): string {
  return `${field}: ${message}`;
}

export function problemLine(problem: Problem): string {
  const { object, severity } = problem;
  return `${severity === 'warning' ? 'warning: ' : ''}${object.kind} ${object.name}: ${faultLine(problem)}`;
}

/** The lines, joined; past 50 lines or `longest` characters the rest is only counted. */
export function summary(lines: readonly string[], longest: number): string {
  const shown: string[] = [];
  const roomForCount = 24;
  let room = longest - roomForCount;
  for (const line of lines.slice(0, mostLines)) {
    room -= line.length + 1;
    if (room < 0) break;
    shown.push(line);
  }
  const more = lines.length - shown.length;
  return [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}
