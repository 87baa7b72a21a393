// Constants and structures against the system's own headers, where a compiler is.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linux } from '#speaker/host/linux.ts';
import { attempt, run } from '#test/lab/process/run.ts';

const compiler = 'cc';
const hasCompiler = await attempt([compiler, '--version']).then(
  ({ code }) => code === 0,
  () => false,
);

const headers = [
  'stdio.h',
  'stddef.h',
  'sys/socket.h',
  'netinet/in.h',
  'netinet/icmp6.h',
  'netinet/tcp.h',
  'linux/if_packet.h',
  'linux/filter.h',
  'linux/netlink.h',
  'linux/rtnetlink.h',
  'linux/if_arp.h',
  'linux/if.h',
  'linux/if_link.h',
];

/** What we write and read by offset. */
const layouts: Readonly<Record<string, number>> = {
  'sizeof(struct sockaddr_ll)': 20,
  'offsetof(struct sockaddr_ll, sll_protocol)': 2,
  'offsetof(struct sockaddr_ll, sll_ifindex)': 4,
  'sizeof(struct tcp_md5sig)': 216,
  'offsetof(struct tcp_md5sig, tcpm_flags)': 128,
  'offsetof(struct tcp_md5sig, tcpm_prefixlen)': 129,
  'offsetof(struct tcp_md5sig, tcpm_keylen)': 130,
  'offsetof(struct tcp_md5sig, tcpm_key)': 136,
  'sizeof(struct ipv6_mreq)': 20,
  'offsetof(struct ipv6_mreq, ipv6mr_interface)': 16,
  'offsetof(struct sockaddr_in, sin_port)': 2,
  'offsetof(struct sockaddr_in, sin_addr)': 4,
  'sizeof(struct sockaddr_in)': 16,
  'offsetof(struct sockaddr_in6, sin6_port)': 2,
  'offsetof(struct sockaddr_in6, sin6_addr)': 8,
  'offsetof(struct sockaddr_in6, sin6_scope_id)': 24,
  'sizeof(struct sockaddr_in6)': 28,
  'offsetof(struct ip_mreqn, imr_ifindex)': 8,
  'sizeof(struct ip_mreqn)': 12,
  '(unsigned)SKF_NET_OFF': 0xfff0_0000,
  'sizeof(struct msghdr)': 56,
  'offsetof(struct msghdr, msg_namelen)': 8,
  'offsetof(struct msghdr, msg_iov)': 16,
  'offsetof(struct msghdr, msg_control)': 32,
  'offsetof(struct msghdr, msg_controllen)': 40,
  'sizeof(struct iovec)': 16,
  'sizeof(struct cmsghdr)': 16,
  'offsetof(struct cmsghdr, cmsg_level)': 8,
  'sizeof(struct sockaddr_nl)': 12,
  'offsetof(struct sockaddr_nl, nl_groups)': 8,
  'sizeof(struct sock_fprog)': 16,
  'offsetof(struct sock_fprog, filter)': 8,
  'sizeof(struct sock_filter)': 8,
  'offsetof(struct sock_filter, jt)': 2,
  'offsetof(struct sock_filter, jf)': 3,
  'offsetof(struct sock_filter, k)': 4,
  'sizeof(struct tpacket_stats)': 8,
  'offsetof(struct tpacket_stats, tp_drops)': 4,
  'sizeof(struct nlmsghdr)': 16,
  'sizeof(struct ifinfomsg)': 16,
  'offsetof(struct ifinfomsg, ifi_type)': 2,
  'offsetof(struct ifinfomsg, ifi_index)': 4,
  'offsetof(struct ifinfomsg, ifi_flags)': 8,
  'sizeof(struct ifaddrmsg)': 8,
  'offsetof(struct ifaddrmsg, ifa_prefixlen)': 1,
  'offsetof(struct ifaddrmsg, ifa_flags)': 2,
  'offsetof(struct ifaddrmsg, ifa_index)': 4,
  'sizeof(struct rtmsg)': 12,
  'offsetof(struct rtmsg, rtm_dst_len)': 1,
  'offsetof(struct rtmsg, rtm_type)': 7,
  'sizeof(struct rtnexthop)': 8,
  'offsetof(struct rtnexthop, rtnh_ifindex)': 4,
  'sizeof(struct rtattr)': 4,
  '(unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)': 0xffff_f004,
  PACKET_HOST: 0,
  PACKET_BROADCAST: 1,
  PACKET_MULTICAST: 2,
  'BPF_LD | BPF_H | BPF_ABS': 0x28,
  'BPF_LD | BPF_W | BPF_ABS': 0x20,
  'BPF_JMP | BPF_JA': 0x05,
  'BPF_JMP | BPF_JEQ | BPF_K': 0x15,
  'BPF_JMP | BPF_JGT | BPF_K': 0x25,
  'BPF_JMP | BPF_JGE | BPF_K': 0x35,
  'BPF_RET | BPF_K': 0x06,
};

test.skipIf(!hasCompiler)('constants and layouts are those of the system headers', async () => {
  const expected = { ...linux, ...layouts };
  const names = Object.keys(expected);
  const source = [
    ...headers.map((header) => `#include <${header}>`),
    'int main(void) {',
    ...names.map((name) => `  printf("%lld\\n", (long long)(${name}));`),
    '}',
  ].join('\n');
  const folder = mkdtempSync(join(tmpdir(), 'ingot-constants-'));
  try {
    writeFileSync(join(folder, 'constants.c'), source);
    // SOCK_* come from an enum of the C library.
    await run([compiler, '-D_GNU_SOURCE', '-o', join(folder, 'constants'), join(folder, 'constants.c')]);
    const values = (await run([join(folder, 'constants')])).trim().split('\n').map(Number);
    expect(Object.fromEntries(names.map((name, at) => [name, values[at]]))).toEqual(expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
