import { expect, test } from 'vitest';
import { problemLine } from '#shared/config/problem-text.ts';
import type { SessionStatus } from '#speaker/bgp/session-status.ts';
import { sessionProblems } from '#speaker/report/bgp/session-problems.ts';
import { peers } from '../../desired/bgp/manifests.ts';
import { bgpView, negotiated, peerView, sessionStatus } from './views.ts';

function linesOf(session: Partial<SessionStatus>, spec: object = {}): readonly string[] {
  const view = bgpView({ peers: [peerView({ session: sessionStatus(session) })] });
  return sessionProblems(view, peers(['router', spec])).map(problemLine);
}

test('a session that is as it should be shows none', () => {
  expect(linesOf({})).toEqual([]);
  expect(sessionProblems(bgpView({ peers: [peerView({ session: undefined })] }), peers(['router']))).toEqual([]);
});

test('what the router refuses is told, and what to do', () => {
  expect(linesOf({ refused: { shortHoldRefused: true, omitted: [70, 73] } })).toEqual([
    'warning: BGPPeer router: spec.holdTime: the router refuses 9 s, so 90 s is proposed: a dead node is noticed late; ' +
      "lower the router's minimum, or give a holdTime",
    'warning: BGPPeer router: spec: the router refuses a session with the capabilities 70, 73: they are left out until the ' +
      'BGPPeer changes or the speaker is restarted',
  ]);
});

test('a family that the session should carry and the router does not take is told', () => {
  const [line] = linesOf({}, { dualStackAddressFamily: true });
  expect(line).toMatch(/spec.dualStackAddressFamily: the router takes only IPv4 .* activate IPv6 unicast/);
  expect(
    linesOf({ negotiated: { ...negotiated, families: ['IPv4', 'IPv6'] } }, { dualStackAddressFamily: true }),
  ).toEqual([]);
});

test('routes that are withheld are told without their number, which changes all the time', () => {
  const [one, two] = [1, 2].map((prefixes) =>
    linesOf({ withheld: [{ family: 'IPv6', reason: 'noIPv6NextHop', prefixes }] }),
  );
  expect(one).toEqual([expect.stringContaining('IPv6 routes are withheld from this peer: the interface')]);
  expect(two).toEqual(one);
});
