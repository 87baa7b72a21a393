// A TCP port that nobody listens on now. Somebody may take it before it is used; who starts a server there sees it fail and says so.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
