// Traffic through kube-proxy in nftables mode.
import { testTraffic } from './traffic.ts';

testTraffic('nftables');
