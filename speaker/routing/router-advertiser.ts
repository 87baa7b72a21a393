// Sends router advertisements from the cluster thread, where that can be done. Injected: the package raw-socket, or nothing.
import type { LinkSpeaker } from '../l2/router-message.ts';

export interface RouterAdvertiser {
  /** One to all on that interface; its source is the link-local address that the kernel chooses. What fails is tried no more. */
  send(interfaceName: string, self: LinkSpeaker): void;
}
