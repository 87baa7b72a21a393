// Which nodes may own an address, all rules together: candidates by node id, in one map for all addresses that have the same ones. Thousands of
// Services are matched by few advertisements, and most have endpoints that every node reaches.
import type { L2Advertisement } from '#shared/config/l2-advertisement.ts';
import type { Family } from '#shared/net/ip.ts';
import type { NodeId } from '../segment/node-id.ts';
import type { Candidate } from '../segment/ownership/desired-address.ts';
import { decidingHolders, type AnnouncedHolder } from './announced-holder.ts';
import { eligibleNode, reachesEndpoint, unitedInterfaces, type EligibleNode } from './eligibility.ts';
import type { Inputs } from './inputs.ts';
import { readyNodes } from './service-endpoints.ts';

export type Candidates = ReadonlyMap<NodeId, Candidate>;

/**
 * In a larger cluster nearly every Service has endpoints on other nodes: where all nodes reach them, to prefer a node that has one would need
 * a map for each Service, and thousands of them cannot cross to the wire thread. There all count as having one.
 */
export const mostNodesToPreferEndpoints = 32;

type EligibleNodes = ReadonlyMap<string, EligibleNode>;

/** What one Service behind an address says. */
interface Term {
  /** It has a say in who is a candidate at all; weights count over all Services. */
  readonly decides: boolean;
  readonly eligible: EligibleNodes;
  /** Names among which all of its candidates are: few, where endpoints are on few nodes. */
  readonly names: Iterable<string>;
  readonly reaches: (node: string) => boolean;
  readonly hasReady: (node: string) => boolean;
}

/** For one snapshot. */
export class CandidateFinder {
  readonly #inputs: Inputs;
  readonly #prefersEndpoints: boolean;
  readonly #found = new Map<string, Candidates>();
  /** By name; the same for all Services that a set of advertisements matches. */
  readonly #eligible = new Map<readonly L2Advertisement[], EligibleNodes>();
  readonly #numberOf = numbering();

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
    this.#prefersEndpoints = inputs.nodes.length <= mostNodesToPreferEndpoints;
  }

  /** `family`: of the address that these hold. */
  of(holders: readonly AnnouncedHolder[], family: Family): Candidates {
    let key = '';
    for (const holder of holders) key += `${this.#keyOf(holder, family)}/`;
    let candidates = this.#found.get(key);
    if (candidates === undefined) {
      const deciding = new Set(decidingHolders(holders));
      const terms = holders.map((holder) => this.#termOf(holder, family, deciding.has(holder)));
      this.#found.set(key, (candidates = intersect(terms, this.#inputs)));
    }
    return candidates;
  }

  /** All that `#termOf` looks at. */
  #keyOf({ advertisements, usable, service }: AnnouncedHolder, family: Family): string {
    const set = this.#numberOf(advertisements);
    if (typeof usable !== 'string') return `${set} ${this.#numberOf(usable)}`;
    if (usable === 'none' || !this.#prefersEndpoints) return `${set} ${usable}`;
    return `${set} every ${[...readyNodes(service, family, this.#inputs.endpoints)].toSorted().join()}`;
  }

  #termOf({ advertisements, usable, service }: AnnouncedHolder, family: Family, decides: boolean): Term {
    const eligible = this.#eligibleFor(advertisements);
    const ready = readyNodes(service, family, this.#inputs.endpoints);
    const isReadyEverywhere = usable === 'every' && !this.#prefersEndpoints;
    return {
      decides,
      eligible,
      names: typeof usable === 'string' ? eligible.keys() : usable,
      reaches: (node) => reachesEndpoint(node, usable),
      hasReady: (node) => isReadyEverywhere || ready.has(node),
    };
  }

  #eligibleFor(advertisements: readonly L2Advertisement[]): EligibleNodes {
    let eligible = this.#eligible.get(advertisements);
    if (eligible === undefined) {
      const all = this.#inputs.nodes.map((node) => eligibleNode(node, advertisements, this.#inputs));
      const those = all.filter((one) => typeof one !== 'string');
      this.#eligible.set(advertisements, (eligible = new Map(those.map((one) => [one.node, one]))));
    }
    return eligible;
  }
}

function intersect(terms: readonly Term[], { nodeId }: Inputs): Candidates {
  const deciding = terms.filter(({ decides }) => decides);
  const candidates = new Map<NodeId, Candidate>();
  for (const node of deciding[0]?.names ?? []) {
    if (!deciding.every(({ eligible, reaches }) => eligible.has(node) && reaches(node))) continue;
    candidates.set(nodeId(node), {
      interfaces: unitedInterfaces(deciding.map(({ eligible }) => eligible.get(node)?.interfaces ?? [])),
      preference: terms.reduce((sum, { eligible }) => sum + (eligible.get(node)?.preference ?? 0), 0),
      hasReadyEndpoint: deciding.some(({ hasReady }) => hasReady(node)),
    });
  }
  return candidates;
}

/** A number for each object, from 1. */
function numbering(): (object: object) => number {
  const numbers = new Map<object, number>();
  return (object) => {
    let number = numbers.get(object);
    if (number === undefined) numbers.set(object, (number = numbers.size + 1));
    return number;
  };
}
