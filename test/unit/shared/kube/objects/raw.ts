// Objects as the apiserver sends them, for tests that say what theirs is about.

type Fields = Readonly<Record<string, unknown>>;

export function raw(
  name: string,
  parts: { readonly metadata?: Fields; readonly [part: string]: unknown } = {},
): object {
  const { metadata, ...rest } = parts;
  return {
    metadata: {
      namespace: 'web',
      name,
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    ...rest,
  };
}

export function viewOf<View>(parsed: { view: View } | { problem: string }): View {
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.view;
}

export function problemOf(parsed: { view: unknown } | { problem: string }): string {
  return 'problem' in parsed ? parsed.problem : 'no problem';
}
