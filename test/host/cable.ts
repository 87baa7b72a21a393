// Two interfaces joined by a cable (a veth pair). Both ends are in the namespace of the test, or the far one in a namespace of its own, where
// a Linux kernel uses it as a client on a LAN does.
import type { Mac } from '#shared/net/mac.ts';
import { createNamespace, deleteNamespace, ip } from '#test/lab/network/namespace.ts';
import { run } from '#test/lab/process/run.ts';

export interface CableEnd {
  readonly name: string;
  readonly index: number;
  readonly mac: Mac;
}

export interface Cable {
  readonly near: CableEnd;
  readonly far: CableEnd;
  /** Where the far end is, if not beside the near one. */
  readonly namespace: string | undefined;
  remove(): Promise<void>;
}

interface LinkAsTold {
  readonly ifname: string;
  readonly ifindex: number;
  readonly address: string;
}

export async function linkEnd(name: string, namespace?: string): Promise<CableEnd> {
  const where = namespace === undefined ? [] : ['-n', namespace];
  const links = JSON.parse(await run(['ip', ...where, '-j', 'link', 'show', 'dev', name])) as readonly LinkAsTold[];
  const [link] = links;
  if (link === undefined) throw new Error(`${name} is not there`);
  return { name: link.ifname, index: link.ifindex, mac: link.address as Mac };
}

/** Both ends are up; `name` is at most 10 characters long. With `client` the far end has that address in a namespace of its own. */
export async function createCable(name: string, client?: string): Promise<Cable> {
  const [near, far] = [`${name}-near`, `${name}-far`];
  const namespace = client === undefined ? undefined : `${name}-client`;
  if (namespace !== undefined) await createNamespace(namespace, 'host');
  const farPlace = namespace === undefined ? '' : `netns ${namespace}`;
  await ip([`link add name ${near} type veth peer name ${far} ${farPlace}`, `link set ${near} up`]);
  const addresses = client === undefined ? [] : [`addr add ${client} dev ${far}`];
  await ip([...addresses, `link set ${far} up`], namespace);
  return {
    near: await linkEnd(near),
    far: await linkEnd(far, namespace),
    namespace,
    async remove() {
      await ip([`link del ${near}`]);
      if (namespace !== undefined) await deleteNamespace(namespace);
    },
  };
}
