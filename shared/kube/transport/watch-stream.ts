// The body of a watch: one JSON event a line.
import type { KubeError, WatchEvent } from '../kube-api.ts';
import { parseJson } from './http-answer.ts';
import { LineSplitter, LineTooLong } from './line-splitter.ts';

type Line = Extract<WatchEvent, { kind: 'line' }>['line'];

/** Reads to the end and answers with what was wrong about it. Fails when the connection does. */
export async function readWatch(
  body: AsyncIterable<Buffer>,
  mostLineBytes: number,
  heard: (line: Line) => void,
): Promise<KubeError | undefined> {
  const splitter = new LineSplitter(mostLineBytes);
  try {
    for await (const chunk of body) {
      for (const line of splitter.push(chunk)) heard(parseLine(line));
    }
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    heard(undefined);
    return { kind: 'connection', code: 'lineTooLong', message: error.message };
  }
  if (!splitter.partial) return undefined;
  return { kind: 'connection', code: 'partialLine', message: 'the stream ended in the middle of a line' };
}

function parseLine(line: string): Line {
  const event = parseJson(line);
  if (typeof event !== 'object' || event === null || !('type' in event) || !('object' in event)) return undefined;
  return typeof event.type === 'string' ? { type: event.type, object: event.object } : undefined;
}
