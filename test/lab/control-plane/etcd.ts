// etcd of the lab: one member on the loopback, without fsync, its data in a folder of its own.
import { join } from 'node:path';
import { binary, type Parts } from '../parts/parts.ts';
import { Program } from '../process/program.ts';
import { freePort } from './free-port.ts';

export interface Etcd {
  readonly program: Program;
  readonly url: string;
}

export async function startEtcd(parts: Parts, directory: string): Promise<Etcd> {
  const url = `http://127.0.0.1:${await freePort('127.0.0.1')}`;
  const peerUrl = `http://127.0.0.1:${await freePort('127.0.0.1')}`;
  const program = new Program({
    name: 'etcd',
    logPath: join(directory, 'etcd.log'),
    command: [
      binary(parts, 'etcd'),
      '--name=lab',
      `--data-dir=${join(directory, 'etcd')}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=lab=${peerUrl}`,
    ],
  });
  return { program, url };
}
