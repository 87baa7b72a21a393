import { describe, expect, test } from 'vitest';
import { errorWords } from '#speaker/bgp/error-codes.ts';
import { cease, describeNotification, notification } from '#speaker/bgp/notification.ts';
import { decodeRouteRefreshBody } from '#speaker/bgp/route-refresh.ts';
import { formatCommunity, linkBandwidth } from '#speaker/bgp/community.ts';
import { hex, toHex } from './octets.ts';
import { refusalOf } from './refused.ts';

describe('F13: NOTIFICATION', () => {
  test.each([
    ['shutdown', 2],
    ['reset', 4],
    ['peerDeleted', 3],
    ['configurationChange', 6],
    ['connectionRejected', 5],
    ['collision', 7],
    ['outOfResources', 8],
    ['prefixLimit', 1],
    ['bfdDown', 10],
  ] as const)('%s is Cease/%i', (reason, subcode) => {
    expect(cease(reason)).toEqual({ kind: 'notification', code: 6, subcode, data: new Uint8Array(0) });
  });

  test('a text has its length before it', () => {
    expect(toHex(cease('shutdown', 'bye').data)).toBe('03627965');
    expect(cease('collision', 'bye').data).toEqual(new Uint8Array(0));
  });

  test('a long text is cut at 255 octets, between characters', () => {
    const { data } = cease('reset', `${'a'.repeat(254)}ü`);
    expect([data.length, data[0]]).toEqual([255, 254]);
    expect(cease('reset', 'ü'.repeat(200)).data[0]).toBe(254);
  });

  test.each([
    ['', 'Cease/Administrative Shutdown'],
    ['00', 'Cease/Administrative Shutdown'],
    ['03627965', 'Cease/Administrative Shutdown "bye"'],
    ['0362796521', 'Cease/Administrative Shutdown "bye"'],
    ['04627965', 'Cease/Administrative Shutdown'],
    ['03ff7965', 'Cease/Administrative Shutdown "\ufffdye"'],
    ['05620a1b5b79', 'Cease/Administrative Shutdown "b [y"'],
    ['05e2808e7965', 'Cease/Administrative Shutdown " ye"'],
  ])('data %s is shown as %s', (data, words) => {
    expect(describeNotification(notification(6, 2, hex(data)))).toBe(words);
  });

  test('a Hard Reset shows what it wraps', () => {
    const wrapped = notification(6, 9, hex('06 02 03627965'));
    expect(describeNotification(wrapped)).toBe('Cease/Hard Reset (Cease/Administrative Shutdown "bye")');
    expect(describeNotification(notification(6, 9, hex('06')))).toBe('Cease/Hard Reset');
  });

  test.each([
    [4, 0, 'Hold Timer Expired'],
    [5, 3, 'Finite State Machine Error/Receive Unexpected Message in Established State'],
    [3, 0, 'UPDATE Message Error'],
    [3, 99, 'UPDATE Message Error/99'],
    [2, 11, 'OPEN Message Error/Role Mismatch'],
    [8, 0, 'Send Hold Timer Expired'],
    [0, 0, 'error 0/0'],
    [99, 1, 'error 99/1'],
  ])('%i/%i is %s', (code, subcode, words) => {
    expect(errorWords(code, subcode)).toBe(words);
  });
});

describe('C8: ROUTE-REFRESH', () => {
  test('filters after a request are kept unread', () => {
    expect(decodeRouteRefreshBody(hex('00010001 01400003010203'), true)).toEqual({
      kind: 'routeRefresh',
      afi: 1,
      safi: 1,
      subtype: 0,
      filters: hex('01400003010203'),
    });
  });

  test.each(['00010101 00', '00010201 0000'])('a mark with something after it is refused with itself: %s', (body) => {
    const whole = `${'ff'.repeat(16)}${(19 + hex(body).length).toString(16).padStart(4, '0')}05${toHex(hex(body))}`;
    const expected = { answer: '7/1', data: whole, consequence: 'sessionReset' };
    expect(refusalOf(() => decodeRouteRefreshBody(hex(body), true))).toEqual(expected);
    expect(refusalOf(() => decodeRouteRefreshBody(hex(body), false))).toBeUndefined();
  });
});

describe('communities', () => {
  test.each([
    [0xfc00_0064, '64512:100'],
    [0xffff_0000, 'gracefulShutdown'],
    [0xffff_0006, 'longLivedGracefulRestartStale'],
    [0xffff_0007, 'noLongLivedGracefulRestart'],
  ])('%i is %s', (community, text) => {
    expect(formatCommunity(community)).toBe(text);
  });

  test.each([
    ['nonTransitive', 64_512, '4004fc004cee6b28'],
    ['transitive', 4_200_000_001, '00045ba04cee6b28'],
  ] as const)('U11: one endpoint is 125,000,000 octets per second, %s', (kind, asn, octets) => {
    expect(linkBandwidth(asn, 125_000_000, kind).toString(16).padStart(16, '0')).toBe(octets);
  });
});
