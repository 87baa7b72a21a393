// What the trace shows of the apiserver: who wrote and listed what, which watches came and went, and troubles; reads and lines it does not.
import { expect, test } from 'vitest';
import { services } from '#shared/kube/resources.ts';
import { Apiserver } from '#test/simulation/apiserver/apiserver.ts';
import { Trace } from '#test/simulation/trace.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { list, patch, stream } from './party.ts';

test('the trace', () => {
  const clock = new VirtualClock();
  const trace = new Trace(clock.scheduler);
  const lines: string[] = [];
  trace.listener = ({ event, subject, detail }) => lines.push(`${event} ${subject}: ${detail}`);
  const server = new Apiserver({ scheduler: clock.scheduler, random: (purpose) => randomFor(1, purpose), trace });
  const client = { name: 'n1/speaker#1', node: 'n1', receive: (work: () => void) => work() };
  const connection = server.connect(client);
  const ask = (request: Parameters<typeof connection.request>[0]): void => {
    connection.request(request, () => {});
    clock.advance(10);
  };
  ask(patch);
  server.put(services, { metadata: { name: 'shop', namespace: 'web' }, spec: { type: 'LoadBalancer' } });
  ask(patch);
  ask(patch);
  ask({ verb: 'get', resource: services, namespace: 'web', name: 'shop' });
  ask(list);
  connection.watch(stream, () => {});
  clock.advance(10);
  const end = server.troubles.refuse({ code: 503, percent: 100, retryAfterMs: 1_000 });
  ask(patch);
  end();
  server.endWatches();
  server.compact();
  expect(lines).toEqual([
    'patch Service web/shop: n1/speaker#1 404',
    'put Service web/shop: ',
    'patch Service web/shop: n1/speaker#1 stored',
    'patch Service web/shop: n1/speaker#1 unchanged',
    'list Service web: n1/speaker#1 ',
    'watch Service web: n1/speaker#1 from the start',
    'trouble begins 100 % refused with 503: ',
    'patch Service web/shop: n1/speaker#1 503',
    'trouble ends 100 % refused with 503: ',
    'watches end apiserver: ',
    'watch ends Service web: n1/speaker#1',
    'compaction apiserver: ',
  ]);
});
