// IPAddressPool as the controller reads it: what the user wrote and what the controller wrote.
import {
  ipAddressPoolSpec,
  ipAddressPoolStatus,
  type IPAddressPoolSpec,
  type IPAddressPoolStatus,
} from '#shared/api/ip-address-pool.ts';
import { parseConfigObject, type ConfigObject } from '#shared/config/object.ts';
import type { Parsed } from '#shared/kube/objects/view.ts';

export interface PoolView {
  readonly config: ConfigObject<IPAddressPoolSpec>;
  /** Undefined when nothing was written yet, or something else than a status. */
  readonly status: IPAddressPoolStatus | undefined;
}

const parseSpec = parseConfigObject(ipAddressPoolSpec);

export function parsePoolView(object: unknown): Parsed<PoolView> {
  const parsed = parseSpec(object);
  if ('problem' in parsed) return parsed;
  const status = ipAddressPoolStatus.safeParse((object as { readonly status?: unknown }).status);
  return { view: { config: parsed.view, status: status.success ? status.data : undefined } };
}
