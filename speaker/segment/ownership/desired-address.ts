// What the cluster thread says of an address (layer2 §1): who may own it, and what else decides where it goes.
import type { Ip } from '#shared/net/ip.ts';
import type { NodeId } from '../node-id.ts';

export interface DesiredAddress {
  readonly ip: Ip;
  /** The lowest address of its bundle: addresses with one key are placed on one node if possible. */
  readonly placementKey: Ip;
  /** By API. One map for all addresses with the same candidates: it is looked at thousands of times. */
  readonly candidates: ReadonlyMap<NodeId, Candidate>;
  readonly interfaces: readonly string[] | 'any';
  /** There is a usable endpoint somewhere; else its owner keeps it, and is silent. */
  readonly answer: boolean;
  /** This node cannot forward what it attracts: silent at once if it is the owner, before another is found. */
  readonly release: boolean;
}

export interface Candidate {
  readonly preference: number;
  readonly hasReadyEndpoint: boolean;
}

/** From the state file: what this node owned when it was last written. */
export interface SavedAddress {
  readonly ip: Ip;
  readonly epoch: number;
  readonly minority: boolean;
}
