import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { LanOfEngines } from './lan-of-engines.ts';

/** Of the two addresses of a Service the lower one, `10.0.100.0` of `10.0.100.0` and `10.0.100.1`. */
function lowerOfPair(ip: Ip): Ip {
  return ip.replace(/\d+$/, (last) => String(Number(last) & ~1)) as Ip;
}

test('both addresses of a Service get one owner at a cold start, whoever begins first', () => {
  const split: string[] = [];
  for (let seed = 1; seed <= 20; seed++) {
    const change = <Address extends { readonly ip: Ip }>(address: Address) => ({
      ...address,
      placementKey: lowerOfPair(address.ip),
    });
    const lan = new LanOfEngines({ seed, nodes: 3, addresses: 4, change });
    lan.settle();
    for (const { ip } of lan.desired) {
      const [own, lower] = [ip, lowerOfPair(ip)].map((one) =>
        lan
          .ownersOf(one)
          .map(({ index }) => index)
          .join(),
      );
      if (own !== lower) split.push(`seed ${seed}: ${ip} n${own}, ${lowerOfPair(ip)} n${lower}`);
    }
  }
  expect(split).toEqual([]);
});
