// The labs that run now, as their user sees them from outside: one file for each `enter`, in a folder of the user's own.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './process/alive.ts';

export interface Session {
  /** Of `enter`. */
  readonly enterPid: number;
  /** The lab's first process, as seen from outside. */
  readonly pid: number;
  /** It has a user namespace of its own. */
  readonly rootless: boolean;
  readonly purpose: Purpose;
}

/** A lab that stands for people to look at, a demo, or any other command. */
export type Purpose = 'up' | 'demo' | 'command';

/** Inside the lab: there once the lab is up, and where it takes faults from other terminals. */
export const controlSocket = '/run/ingot-lab/control.sock';
const maxAnswer = 64 * 1024;

/** Of the user's labs; there while one runs. */
export const sessionDirectory = join(process.env['XDG_RUNTIME_DIR'] || tmpdir(), `ingot-lab-${userInfo().uid}`);

/** Lasts until what it returns is called. */
export function announceSession(session: Session): () => void {
  mkdirSync(sessionDirectory, { recursive: true, mode: 0o700 });
  const path = join(sessionDirectory, `${session.enterPid}.json`);
  writeFileSync(path, JSON.stringify(session));
  return () => {
    rmSync(path, { force: true });
    if (readdirSync(sessionDirectory).length === 0) rmdirSync(sessionDirectory);
  };
}

/** Newest first. What a killed `enter` has left is removed. */
export function sessions(): readonly Session[] {
  if (!existsSync(sessionDirectory)) return [];
  const found: Session[] = [];
  for (const file of readdirSync(sessionDirectory).filter((name) => name.endsWith('.json'))) {
    const session = JSON.parse(readFileSync(join(sessionDirectory, file), 'utf8')) as Session;
    if (isAlive(session.pid)) found.push(session);
    else rmSync(join(sessionDirectory, file), { force: true });
  }
  return found.toSorted((a, b) => b.enterPid - a.enterPid);
}

/** The command that runs `command` inside the lab. */
export function insideOf(session: Session, command: readonly string[]): [string, ...string[]] {
  const user = session.rootless ? ['-U', '--preserve-credentials'] : [];
  return ['nsenter', '-t', String(session.pid), ...user, '-m', '-n', '-p', '--', ...command];
}

/** Says one line to the lab's own process and returns its answer; rejects when no lab is up there (yet). */
export function tell(session: Session, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(`/proc/${session.pid}/root${controlSocket}`);
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer = (answer + text).slice(0, maxAnswer)));
    socket.on('error', reject).on('end', () => resolve(answer));
    socket.end(`${line}\n`);
  });
}
