// ServiceL2Status and ServiceBGPStatus as the controller reads them: a speaker announces this Service.
import { child, items, text, texts } from '#shared/kube/objects/fields.ts';
import { objectKey, parseView, type Meta, type ObjectKey, type Parsed } from '#shared/kube/objects/view.ts';

export interface ServiceStatusView extends Meta {
  /** Undefined while nothing is announced. */
  readonly announces: ObjectKey | undefined;
}

/** The status is written after the object was made; until then nothing is announced. */
export function parseServiceL2Status(object: unknown): Parsed<ServiceStatusView> {
  return parseServiceStatus(object, (status) => items(status, 'interfaces').length > 0);
}

/** Without peers that were told the Service is announced to nobody. */
export function parseServiceBGPStatus(object: unknown): Parsed<ServiceStatusView> {
  return parseServiceStatus(object, (status) => texts(status, 'peers').length > 0);
}

function parseServiceStatus(
  object: unknown,
  isAnnounced: (status: ReturnType<typeof child>) => boolean,
): Parsed<ServiceStatusView> {
  return parseView(object, (meta, _metadata, whole) => {
    const status = child(whole, 'status');
    const name = text(status, 'serviceName');
    const announces =
      name !== undefined && isAnnounced(status) ? objectKey(text(status, 'serviceNamespace') ?? '', name) : undefined;
    return { ...meta, announces };
  });
}
