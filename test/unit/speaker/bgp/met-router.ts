// A session that is Established with a router by hand, and what that router may send.
import { encodeMessage } from '#speaker/bgp/codec.ts';
import { noPrefixes } from '#speaker/bgp/nlri.ts';
import type { PeerSession } from '#speaker/bgp/peer-session.ts';
import type { UpdateMessage } from '#speaker/bgp/update.ts';
import { external } from './octets.ts';
import { routes } from './out-play.ts';
import { PlayedRouter, routerIp, type RouterOptions } from './played-router.ts';
import { peerSession, Stage } from './session-stage.ts';

export const table = routes([{}, '198.51.100.1/32 198.51.100.2/32']);

export function meet(peer: PeerSession = peerSession(), options: RouterOptions = {}) {
  const stage = new Stage();
  const router = new PlayedRouter(stage.network, options);
  const session = stage.session(peer);
  session.setRoutes(table, true);
  stage.clock.advance(100);
  return { stage, router, session };
}

export function update(fields: Partial<UpdateMessage> & { readonly path?: readonly number[] }): Uint8Array {
  const { path = [64_512], nlri = noPrefixes, withdrawn = noPrefixes, attributes } = fields;
  const asPath = { kind: 'asPath', path: [{ type: 'sequence', asns: path }] } as const;
  const own = [{ kind: 'origin', origin: 'igp' }, asPath, { kind: 'nextHop', ip: routerIp }] as const;
  const message = { kind: 'update', withdrawn, attributes: attributes ?? (nlri.length > 0 ? own : []), nlri } as const;
  return encodeMessage(message, external);
}
