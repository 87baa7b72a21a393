import { describe, expect, test, vi } from 'vitest';
import { answerOf, refusalOf } from '#shared/kube/transport/http-answer.ts';

const status = JSON.stringify({ kind: 'Status', code: 422, reason: 'Invalid', message: 'spec is wrong' });

test('a success is its JSON', () => {
  expect(answerOf(201, {}, '{"a":1}')).toEqual({ kind: 'ok', body: { a: 1 } });
});

test('a success that is no JSON is none: something in between answered', () => {
  expect(answerOf(200, {}, '<html>')).toMatchObject({ kind: 'failed', error: { kind: 'connection', code: 'noJson' } });
});

test('a refusal is the reason and message of its Status', () => {
  expect(refusalOf(422, {}, status)).toEqual({
    kind: 'status',
    code: 422,
    reason: 'Invalid',
    message: 'spec is wrong',
  });
});

test.each([['plain text'], ['{"code":"x"}'], ['null'], ['']])('a refusal with %j still has its code', (text) => {
  expect(refusalOf(429, {}, text)).toMatchObject({ kind: 'status', code: 429, reason: '' });
});

test('the code of the response counts', () => {
  expect(refusalOf(503, {}, status)).toMatchObject({ code: 503 });
});

describe('Retry-After', () => {
  test.each([
    ['in seconds', '7', 7_000],
    ['zero', '0', 0],
    ['as a date', 'Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
    ['as a date gone by', 'Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['as nonsense', 'soon', undefined],
  ])('%s', (_, value, ms) => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
    expect(refusalOf(429, { 'retry-after': value }, '')).toHaveProperty('code', 429);
    const error = refusalOf(429, { 'retry-after': value }, '');
    expect('retryAfterMs' in error ? error.retryAfterMs : undefined).toBe(ms);
    vi.useRealTimers();
  });

  test('of the Status, where the header says nothing', () => {
    const text = JSON.stringify({ code: 504, details: { retryAfterSeconds: 1 } });
    expect(refusalOf(504, {}, text)).toMatchObject({ retryAfterMs: 1_000 });
  });
});
