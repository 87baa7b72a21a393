// What is said of the announcement of a Service, once it has held.
import { expect, test } from 'vitest';
import { Announcements, type Announced } from '#controller/service/announcements.ts';
import { parseConfiguration, type Configuration } from '#shared/config/configuration.ts';
import { bgpAdvertisement, byKey, l2Advertisement } from '../../shared/config/objects.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { held, pool } from '../objects.ts';
import { decisionsOf, worldOf } from '../world.ts';

const web = held('web', { holds: ['10.1.0.1'], fromPool: 'a', labels: { app: 'web' } });
const decision = decisionsOf(worldOf([web], [pool('a', ['10.1.0.0/24'])])).get('web');
const nobody: Announced = { services: new Set(), isPartial: false };

const byBgp = (spec: object = {}): Configuration =>
  parseConfiguration({ bgpAdvertisements: byKey(bgpAdvertisement('routes', spec)) }, undefined);
const byLan = parseConfiguration({ l2Advertisements: byKey(l2Advertisement('lan', {})) }, undefined);
const only = (app: string) => ({ serviceSelectors: [{ matchLabels: { app } }] });

function saidOf(announced: Announced, configuration: Configuration): string | undefined {
  if (decision === undefined) throw new Error('nothing was decided');
  const clock = new VirtualClock();
  const announcements = new Announcements(clock);
  announcements.due(decision, web.service, announced, configuration);
  clock.advance(10_000);
  const condition = announcements.due(decision, web.service, announced, configuration);
  return condition && `${condition.status}/${condition.reason}`;
}

test('a Service that a speaker announces is announced', () => {
  expect(saidOf({ services: new Set([web.service.key]), isPartial: true }, byBgp())).toBe('True/Announced');
});

test('a Service that is advertised and that no speaker announces is not', () => {
  expect(saidOf(nobody, byBgp())).toBe('False/NotAnnounced');
  expect(saidOf(nobody, byBgp(only('web')))).toBe('False/NotAnnounced');
  expect(saidOf(nobody, byLan)).toBe('False/NotAnnounced');
});

test('a Service that no advertisement selects is told so', () => {
  expect(saidOf(nobody, byBgp(only('mail')))).toBe('False/NoAdvertisement');
});

test('where speakers do not write all ServiceBGPStatus objects, what lacks one may be announced all the same', () => {
  const partial: Announced = { services: new Set(), isPartial: true };
  expect(saidOf(partial, byBgp())).toBe('Unknown/StatusWithheld');
  expect(saidOf(partial, byBgp(only('mail')))).toBe('False/NoAdvertisement');
  expect(saidOf(partial, byLan)).toBe('False/NotAnnounced');
});
