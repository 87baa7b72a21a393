// The whole body of an answer, unpacked and bounded.
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

export class BodyTooLarge extends Error {
  readonly code = 'bodyTooLarge';
}

/** Throws BodyTooLarge; the rest is not read then. */
export async function readBody(body: Readable, encoding: unknown, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  const collect = async (source: AsyncIterable<Buffer>): Promise<void> => {
    let length = 0;
    for await (const chunk of source) {
      length += chunk.length;
      if (length > mostBytes) throw new BodyTooLarge(`the answer is larger than ${mostBytes} bytes`);
      chunks.push(chunk);
    }
  };
  if (encoding === 'gzip') await pipeline(body, createGunzip(), collect);
  else await collect(body);
  return Buffer.concat(chunks).toString('utf8');
}
