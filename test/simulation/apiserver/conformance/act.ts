// What the request script does, and what it hears: the same against the simulated apiserver and a real one.
import type { KubeAnswer, KubeRequest, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';

export type Act =
  | { readonly kind: 'ask'; readonly what: string; readonly request: KubeRequest }
  /** Opens a watch under a name. */
  | { readonly kind: 'watch'; readonly name: string; readonly request: WatchRequest }
  /** Waits until so many events came (or it closed), ends it, and hears all of them. */
  | { readonly kind: 'collect'; readonly name: string; readonly events: number };

export type Heard = KubeAnswer | readonly WatchEvent[] | undefined;

/** Yields what is to be done and is given what came of it. */
export type Script = Generator<Act, void, Heard>;
