import { expect, test } from 'vitest';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { RouteTable } from '#speaker/bgp/route-table.ts';
import { RoutesShown, type ShownRoutes } from '#speaker/report/bgp/shown-routes.ts';
import { routes } from '../../bgp/out-play.ts';
import { advertisements } from '../../desired/bgp/manifests.ts';
import { service } from '../../views.ts';
import { bgpView, peerView, sessionStatus } from './views.ts';

const web = service('web', ['192.0.2.200', '2001:db8::1']);
const all = advertisements(['all']);

/** Peers and what they hold; all are to be told of all Services. */
function viewOf(services: readonly ServiceView[], held: Readonly<Record<string, RouteTable>>) {
  const names = Object.keys(held).toSorted();
  return bgpView({
    peers: names.map((name) => peerView({ name, session: sessionStatus({ name, held: held[name] ?? routes() }) })),
    peersOfService: new Map(services.map((one) => [one, names])),
  });
}

const lines = (shown: readonly ShownRoutes[]) =>
  shown.map(({ service: { name }, ips, peers }) => `${name} ${ips.join(' ')} to ${peers.join(' ')}`);

test('a Service is told to the peers that hold a prefix of it', () => {
  const held = {
    left: routes([{}, '192.0.2.200/32 2001:db8::1/128']),
    right: routes([{}, '192.0.2.200/32']),
    third: routes([{}, '192.0.2.201/32']),
  };
  expect(lines(new RoutesShown().of(viewOf([web], held), all))).toEqual(['web 192.0.2.200 2001:db8::1 to left right']);
});

test('a Service that no peer holds is not shown, nor one that the peer is not to hold', () => {
  const held = { left: routes([{}, '192.0.2.200/32']) };
  const other = service('other', ['192.0.2.201']);
  expect(lines(new RoutesShown().of(viewOf([other], held), all))).toEqual([]);
  expect(lines(new RoutesShown().of({ ...viewOf([web], held), peersOfService: new Map() }, all))).toEqual([]);
});

test('an aggregate leads to every Service behind it', () => {
  const aggregated = advertisements(['a', { aggregationLength: 24 }]);
  const held = { left: routes([{}, '192.0.2.0/24']) };
  const mail = service('mail', ['192.0.2.201']);
  expect(lines(new RoutesShown().of(viewOf([web, mail], held), aggregated))).toEqual([
    'web 192.0.2.200 to left',
    'mail 192.0.2.201 to left',
  ]);
});

test('what a peer held before its session ended counts no more', () => {
  const held = routes([{}, '192.0.2.200/32']);
  const session = sessionStatus({ state: 'Connect', held });
  const view = bgpView({ peers: [peerView({ session })], peersOfService: new Map([[web, ['router']]]) });
  expect(new RoutesShown().of(view, all)).toEqual([]);
});

test('the result is the same one until it is another', () => {
  const shown = new RoutesShown();
  const before = shown.of(viewOf([web], { left: routes([{}, '192.0.2.200/32']) }), all);
  const more = viewOf([web], { left: routes([{}, '192.0.2.200/32 192.0.2.201/32']) });
  expect(shown.of(more, all)).toBe(before);
  expect(shown.of(more, all)).toBe(before);
  const after = shown.of(viewOf([{ ...web }], { left: routes([{}, '192.0.2.200/32']) }), all);
  expect(after).not.toBe(before);
  expect(after).toEqual(before);
});
