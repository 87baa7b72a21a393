// Whether the kernel of this machine answers ARP for load-balancer addresses by itself: kube-proxy in mode ipvs puts them all on kube-ipvs0, and
// unless it also sets arp_ignore (its strictARP), the kernel of every node answers for each of them on every interface.
import { existsSync, readFileSync } from 'node:fs';

const ipvsInterface = '/sys/class/net/kube-ipvs0';
const settings = '/proc/sys/net/ipv4/conf';

/** The kernel takes the higher one of the two settings (ip-sysctl, arp_ignore). */
export function kernelAnswersForAll(interfaceName: string): boolean {
  return existsSync(ipvsInterface) && arpIgnore('all') === 0 && arpIgnore(interfaceName) === 0;
}

/** Undefined when it cannot be read: the interface may just have gone. */
function arpIgnore(interfaceName: string): number | undefined {
  try {
    return Number(readFileSync(`${settings}/${interfaceName}/arp_ignore`, 'utf8'));
  } catch {
    return undefined;
  }
}
