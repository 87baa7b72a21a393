// One complete list, for what is read once and not watched. Begins anew after a failure.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import type { KubeError, Selection } from '#shared/kube/kube-api.ts';
import { fieldsOf, ifReadable, items, child, text, type Fields } from '#shared/kube/objects/fields.ts';
import { describeError } from '#shared/kube/status.ts';

const pageLimit = 500;
const retryMs = 5_000;

/** `listed` gets the objects of all pages; none when the kind does not exist or may not be read. */
export function listOnce(
  selection: Selection,
  { api, clock, log }: Pick<KubeDependencies, 'api' | 'clock' | 'log'>,
  listed: (objects: readonly Fields[]) => void,
): Cancel {
  let cancel: Cancel;
  const ask = (before: readonly Fields[], from: string | undefined): void => {
    const page = from === undefined ? {} : { continue: from };
    cancel = api.request({ verb: 'list', ...selection, limit: pageLimit, ...page }, (answer) => {
      if (answer.kind === 'ok') {
        const { objects, next } = readPage(answer.body);
        const all = [...before, ...objects];
        return next === undefined ? listed(all) : ask(all, next);
      }
      log.warn({ kind: selection.resource.kind, error: describeError(answer.error) }, 'cannot be listed');
      if (isFinal(answer.error)) return listed([]);
      cancel = clock.after(retryMs, () => ask([], undefined));
    });
  };
  ask([], undefined);
  return () => cancel();
}

function isFinal(error: KubeError): boolean {
  return error.kind === 'status' && (error.code === 403 || error.code === 404);
}

interface Page {
  readonly objects: readonly Fields[];
  readonly next: string | undefined;
}

function readPage(body: unknown): Page {
  const read = (): Page => {
    const list = fieldsOf(body, '');
    return { objects: items(list, 'items'), next: text(child(list, 'metadata'), 'continue') };
  };
  return ifReadable(read) ?? { objects: [], next: undefined };
}
