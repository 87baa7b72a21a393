// What people are told of announcements on LANs (pure).
import type { Desired } from '../desired/desired.ts';
import type { AddressProblem } from './address-problems.ts';
import type { Announcements, Failing } from './announcement-events.ts';
import type { Shown } from './shown-services.ts';

/** Others may announce it, and the controller says so if nobody does. */
const notForLans = 'noAdvertisement';

export function layer2Announcements(
  desired: Desired,
  { services, spokenFor, silent }: Shown,
  problems: readonly AddressProblem[],
): Announcements {
  const failing = [...desired.failures, ...problems]
    .filter(({ reason }) => reason !== notForLans)
    .map((failure): Failing => ({ ...failure, isQuiet: failure.reason === 'notInPool' }));
  const unanswered = silent.map(({ ip, service }): Failing => {
    const message = `${ip} is not answered: no Service behind it has a ready endpoint`;
    return { ip, service, reason: 'noReadyEndpoints', message, isQuiet: true };
  });
  return {
    announcing: services
      .filter(({ parts }) => parts.length > 0)
      .map(({ service, ips, parts }) => ({
        service,
        how: { ips, interfaces: parts.flatMap(({ interfaces }) => interfaces) },
      })),
    spokenFor,
    failing: [...failing, ...unanswered],
    givenUp: new Map(),
  };
}
