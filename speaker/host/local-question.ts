// A question by HTTP to another program of this machine, answered in bounded time.
import { get } from 'node:http';

export interface LocalAnswer {
  readonly status: number;
  readonly body: string;
}

/** Longer answers are none: what is asked for has a few hundred characters. */
const maxBodyLength = 16_384;

/** `timeoutMs`: from the question to the last octet of the answer. Undefined: nobody answers, or not in time. Called back once. */
export function askLocally(url: string, timeoutMs: number, answered: (answer: LocalAnswer | undefined) => void): void {
  let isOver = false;
  const finish = (answer: LocalAnswer | undefined): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(limit);
    request.destroy();
    answered(answer);
  };
  // A connection each: what was open to a process that has ended says nothing of its successor.
  const request = get(url, { agent: false }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      body += text;
      if (body.length > maxBodyLength) finish(undefined);
    });
    response.on('end', () => finish({ status: response.statusCode ?? 0, body }));
    response.on('error', () => finish(undefined));
  });
  request.on('error', () => finish(undefined));
  const limit = setTimeout(() => finish(undefined), timeoutMs);
}
