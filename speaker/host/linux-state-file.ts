// A state file on Linux: written beside the old one, synced, renamed over it. Whatever happens in between, the old one or the new one is there.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { maxStateOctets, type StateFile, type StateRead } from '#speaker/state/state-file.ts';

const forUsOnly = { directory: 0o700, file: 0o600 };
/** A process that is still writing has written its file a moment ago. */
const abandonedAfterMs = 60_000;

export function linuxStateFile(path: string): StateFile {
  let count = 0;
  return {
    read() {
      removeAbandoned(path);
      return readWhole(path);
    },
    write(text, written) {
      // Another process of this node may be writing too.
      const temporary = `${path}.${process.pid}.${process.hrtime.bigint()}.${count++}`;
      void replaceOrTell(path, temporary, text).then(written);
    },
  };
}

function readWhole(path: string): StateRead {
  try {
    const { size } = statSync(path);
    if (size > maxStateOctets) return { kind: 'unreadable', reason: tooLarge(size) };
    return { kind: 'text', text: readFileSync(path, 'utf8') };
  } catch (error) {
    const reason = reasonOf(error);
    return reason === 'ENOENT' ? { kind: 'none' } : { kind: 'unreadable', reason };
  }
}

/** Answers with the reason if it failed. */
async function replaceOrTell(path: string, temporary: string, text: string): Promise<string | undefined> {
  try {
    await replace(path, temporary, text);
    return undefined;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    return reasonOf(error);
  }
}

async function replace(path: string, temporary: string, text: string): Promise<void> {
  const octets = Buffer.from(text);
  if (octets.length > maxStateOctets) throw new Error(tooLarge(octets.length));
  await mkdir(dirname(path), { recursive: true, mode: forUsOnly.directory });
  const file = await open(temporary, 'wx', forUsOnly.file);
  try {
    await file.writeFile(octets);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** What processes left that died while they wrote. */
function removeAbandoned(path: string): void {
  try {
    for (const name of readdirSync(dirname(path))) {
      if (!name.startsWith(`${basename(path)}.`)) continue;
      const left = join(dirname(path), name);
      if (Date.now() - statSync(left).mtimeMs > abandonedAfterMs) rmSync(left, { force: true });
    }
  } catch {
    // There is nothing to remove, or nothing that could be: the file itself is what matters.
  }
}

/** The errno's name if there is one. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

function tooLarge(octets: number): string {
  return `${octets} octets are more than ${maxStateOctets}`;
}
