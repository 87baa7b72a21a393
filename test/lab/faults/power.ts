// The power of a node. Off: both networks go silent before anything is killed, so nothing in it can say goodbye.
import { nodeAddresses, type NodeNumber } from '../network/addresses.ts';
import { signalAll } from '../network/namespace.ts';
import { cut } from './cut.ts';

export async function powerOff(number: NodeNumber): Promise<void> {
  const { name, pod } = nodeAddresses(number);
  await Promise.all([cut('lan', number), cut('management', number)]);
  await Promise.all([signalAll(name, 'SIGKILL'), signalAll(pod.name, 'SIGKILL')]);
}
