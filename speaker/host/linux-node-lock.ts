// The lock of BGP on this node: an abstract unix socket (unix(7)) of the network namespace, which the kernel takes away from a process that dies
// and which leaves no file.
import net from 'node:net';
import type { NodeLock } from '#speaker/bgp/node-lock.ts';

const path = '\0ingot/bgp';
const retryMs = 100;

export const linuxNodeLock: NodeLock = {
  take(taken) {
    let isWanted = true;
    let retry: NodeJS.Timeout | undefined;
    const server = net.createServer((connection) => connection.destroy());
    // The other one's, for now; nothing else can go wrong with a name that no file system knows.
    server.on('error', () => {
      if (isWanted) retry = setTimeout(() => server.listen(path), retryMs);
    });
    server.on('listening', () => (isWanted ? taken() : server.close()));
    server.listen(path);
    return () => {
      isWanted = false;
      clearTimeout(retry);
      if (server.listening) server.close();
    };
  },
};
