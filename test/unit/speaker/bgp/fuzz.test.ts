import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMessage, encodeMessage, type MessageContext } from '#speaker/bgp/codec.ts';
import { MessageSplitter } from '#speaker/bgp/message-splitter.ts';
import type { MessageKind } from '#speaker/bgp/message.ts';
import { decodeNlri } from '#speaker/bgp/nlri.ts';
import { describeNotification } from '#speaker/bgp/notification.ts';
import { messageFor } from './arbitraries.ts';
import { edited, edits } from './edits.ts';
import { decodeWhole, external, internal } from './octets.ts';
import { refusalOf } from './refused.ts';

const contexts: readonly (readonly [string, MessageContext])[] = [
  ['four-octet eBGP', external],
  ['four-octet iBGP', internal],
  ['two-octet eBGP', { ...external, fourOctetAs: false }],
  [
    'two-octet iBGP, little negotiated',
    { ...internal, fourOctetAs: false, families: ['IPv4'], extendedNextHop: false },
  ],
];
const kinds: readonly MessageKind[] = ['open', 'update', 'notification', 'keepalive', 'routeRefresh'];
const runs = 2_000;
/** Errors of header, OPEN, UPDATE and ROUTE-REFRESH. */
const answers = /^[1237]\/\d+$/;

/** Reads everything that a session would read of a message. Nothing but a BgpError may come of it. */
function readAll(octets: Uint8Array, context: MessageContext): void {
  const { frames } = new MessageSplitter({ extended: true }).push(octets);
  for (const frame of frames) {
    const refusal = refusalOf(() => {
      const received = decodeMessage(frame, context);
      if (received.kind === 'notification') describeNotification(received);
      if (received.kind === 'update') {
        decodeNlri('IPv4', received.outcome.message.withdrawn);
        decodeNlri('IPv4', received.outcome.message.nlri);
      }
    });
    expect(refusal?.answer ?? '3/1').toMatch(answers);
  }
}

describe.each(contexts)('%s', (_, context) => {
  test('any message survives being encoded and decoded', () => {
    const whole: MessageContext = { ...context, families: ['IPv4', 'IPv6'] };
    fc.assert(
      fc.property(messageFor(context), (message) => {
        const received = decodeWhole(encodeMessage(message, whole), whole);
        expect(received.kind === 'update' ? received.outcome : received).toMatchObject(
          message.kind === 'update' ? { message, errors: [] } : message,
        );
      }),
      { numRuns: 500 },
    );
  });

  test('messages with a few octets changed are read, or refused', () => {
    fc.assert(
      fc.property(messageFor(context), edits, (message, changes) => {
        readAll(edited(encodeMessage(message, context), changes), context);
      }),
      { numRuns: runs },
    );
  });

  test('random bodies of every type are read, or refused', () => {
    const body = fc.uint8Array({ maxLength: 120, size: 'max' });
    fc.assert(
      fc.property(fc.constantFrom(...kinds), body, (kind, octets) => {
        const refusal = refusalOf(() => decodeMessage({ kind, body: octets }, context));
        expect(refusal?.answer ?? '3/1').toMatch(answers);
      }),
      { numRuns: runs },
    );
  });
});

test('random octets are no messages', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80 })), (segments) => {
      const splitter = new MessageSplitter({ extended: true });
      for (const segment of segments) {
        const { error } = splitter.push(segment);
        expect(error?.notification.code ?? 1).toBe(1);
      }
    }),
    { numRuns: runs },
  );
});

test('every message cut at any length is read, or refused', () => {
  fc.assert(
    fc.property(messageFor(external), (message) => {
      const octets = encodeMessage(message, external);
      for (let length = 23; length < octets.length; length++) {
        const cut = octets.slice(0, length);
        new DataView(cut.buffer).setUint16(16, length);
        readAll(cut, external);
      }
    }),
    { numRuns: 40 },
  );
});
