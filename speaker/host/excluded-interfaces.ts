// The file that says which interfaces carry no announcements: `announcedInterfacesToExclude`, a list of regular expressions for names, as
// MetalLB's ConfigMap metallb-excludel2 has it. It is read again and again, as a mounted ConfigMap changes in place.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import type { Log } from '#shared/runtime/log.ts';

export const excludedInterfacesPath = '/etc/metallb/excludel2.yaml';
const rereadMs = 10_000;

/** In force without the file: loopback and what container runtimes and CNI plugins make. The same as MetalLB ships. */
export const defaultExcludedInterfaces: readonly string[] = [
  '^docker.*',
  '^cbr.*',
  '^dummy.*',
  '^virbr.*',
  '^lxcbr.*',
  '^veth.*',
  '^lo$',
  '^cali.*',
  '^tunl.*',
  '^flannel.*',
  '^kube-ipvs.*',
  '^cni.*',
  '^nodelocaldns.*',
  '^lxc.*',
];

/** Undefined when the text is no such file; whether the expressions are any is found out by whoever compiles them. */
export function parseExcludedInterfaces(text: string): readonly string[] | undefined {
  let read: unknown;
  try {
    read = parse(text);
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return undefined;
  const list: unknown = (read as Readonly<Record<string, unknown>>)['announcedInterfacesToExclude'] ?? [];
  return Array.isArray(list) && list.every((entry) => typeof entry === 'string') ? list : undefined;
}

/** Calls `changed` at once and after each change. What cannot be read or parsed leaves the last list in force. */
export function followExcludedInterfaces(
  path: string,
  log: Log,
  changed: (patterns: readonly string[]) => void,
): { stop(): void } {
  let last: FileState | undefined;
  const read = (): void => {
    const state = readState(path);
    if (isDeepStrictEqual(state, last)) return;
    const patterns = 'text' in state ? parseExcludedInterfaces(state.text) : patternsWithoutFile(state.code);
    if (patterns === undefined) {
      log.error({ path, ...('code' in state ? state : {}) }, 'no readable list announcedInterfacesToExclude of texts');
    }
    if (patterns !== undefined || last === undefined) changed(patterns ?? defaultExcludedInterfaces);
    last = state;
  };
  read();
  const timer = setInterval(read, rereadMs);
  return { stop: () => clearInterval(timer) };
}

type FileState = { readonly text: string } | { readonly code: string };

function readState(path: string): FileState {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

/** Undefined: there is one, but it cannot be read. */
function patternsWithoutFile(code: string): readonly string[] | undefined {
  return code === 'ENOENT' || code === 'ENOTDIR' ? defaultExcludedInterfaces : undefined;
}
