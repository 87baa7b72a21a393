// What the cluster thread says of an address (layer2 §1): who may own it, and what else decides where it goes.
import type { Ip } from '#shared/net/ip.ts';
import type { NodeId } from '../node-id.ts';

export interface DesiredAddress {
  readonly ip: Ip;
  /** The lowest address of its bundle: addresses with one key are placed on one node if possible. */
  readonly placementKey: Ip;
  /** By API. One map for all addresses with the same candidates: it is looked at thousands of times. */
  readonly candidates: ReadonlyMap<NodeId, Candidate>;
  /** There is a usable endpoint somewhere; else its owner keeps it, and is silent. */
  readonly answer: boolean;
  /** This node cannot forward what it attracts: silent at once if it is the owner, before another is found. */
  readonly release: boolean;
}

export interface Candidate {
  /** Names of its interfaces on which it may announce, or any on whose LAN somebody has an on-link prefix that holds the address. */
  readonly interfaces: readonly string[] | 'any';
  readonly preference: number;
  readonly hasReadyEndpoint: boolean;
}

/** It may announce through the interface of that name, if the LAN there holds the address. */
export function serves({ interfaces }: Candidate, interfaceName: string): boolean {
  return interfaces === 'any' || interfaces.includes(interfaceName);
}

/** Whoever owns it is to be silent at once: this node cannot forward what comes, or nobody may announce it at all. */
export function isGivenUp({ release, candidates }: DesiredAddress): boolean {
  return release || candidates.size === 0;
}

/** From the state file: what this node owned when it was last written. */
export interface SavedAddress {
  readonly ip: Ip;
  readonly epoch: number;
  readonly minority: boolean;
}
