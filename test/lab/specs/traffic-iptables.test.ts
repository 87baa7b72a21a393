// Traffic through kube-proxy in iptables mode.
import { testTraffic } from './traffic.ts';

testTraffic('iptables');
