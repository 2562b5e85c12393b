import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { parseName, type SpoolFile } from './name.js';

/** What became of a block: `duplicate` was stored before; `conflict` belongs to an import cut up differently. */
export type Outcome = 'stored' | 'duplicate' | 'conflict' | 'quarantined';

const temporary = '.tmp-';
/** After this time a temporary file has no writer any more. */
const staleAfterMs = 10 * 60_000;
/** An answer that nobody fetched for a day is not waited for. */
const answersKeptMs = 24 * 3600_000;

export interface Listing {
  readonly files: readonly SpoolFile[];
  /** Names that are no spool files. */
  readonly foreign: readonly string[];
}

/**
 * The folder through which rows reach the engine. A file appears in it complete (written under a temporary name, then
 * renamed) and disappears when its rows are stored, so whatever is found in it is still to be done.
 */
export class SpoolFolder {
  readonly path: string;
  readonly quarantinePath: string;
  private readonly answers: string;
  private temporaries = 0;

  constructor(root: string) {
    this.path = join(root, 'spool');
    this.quarantinePath = join(root, 'quarantine');
    this.answers = join(root, 'answers');
  }

  async create(): Promise<void> {
    for (const path of [this.path, this.quarantinePath, this.answers]) {
      await mkdir(path, { recursive: true });
    }
  }

  pathOf(name: string): string {
    return join(this.path, name);
  }

  /** Puts a complete file into the folder. On failure (no space) nothing is left behind and the error is passed on. */
  async put(name: string, bytes: Uint8Array, fsync: boolean): Promise<void> {
    const path = join(this.path, `${temporary}${process.pid}-${this.temporaries++}`);
    try {
      const file = await open(path, 'wx');
      try {
        await file.writeFile(bytes);
        if (fsync) {
          await file.sync();
        }
      } finally {
        await file.close();
      }
      await rename(path, this.pathOf(name));
      if (fsync) {
        await syncFolder(this.path);
      }
    } catch (error) {
      await rm(path, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** Files in the order of writing. */
  async list(): Promise<Listing> {
    const files: SpoolFile[] = [];
    const foreign: string[] = [];
    for (const name of (await readdir(this.path)).sort()) {
      if (name.startsWith(temporary)) {
        continue;
      }
      const file = parseName(name);
      if (file) {
        files.push(file);
      } else {
        foreign.push(name);
      }
    }
    return { files, foreign };
  }

  async remove(name: string): Promise<void> {
    await rm(this.pathOf(name), { force: true });
  }

  /** Whether the bytes are those that were written; a file cut short or damaged is not. */
  async isIntact(file: SpoolFile): Promise<boolean> {
    const path = this.pathOf(file.name);
    if ((await sizeOf(path)) !== file.bytes) {
      return false;
    }
    let crc = 0;
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      crc = crc32(chunk as Buffer, crc);
    }
    return crc === file.crc;
  }

  /**
   * Sets a file aside with the reason beside it. Beyond `limit` bytes of such files it is deleted instead; `gone` when
   * somebody else has removed it.
   */
  async quarantine(name: string, reason: string, limit: number): Promise<'kept' | 'deleted' | 'gone'> {
    const target = join(this.quarantinePath, name);
    const size = await sizeOf(this.pathOf(name));
    if (size === null) {
      return 'gone';
    }
    if ((await this.quarantined()).bytes + size > limit) {
      await rm(this.pathOf(name), { recursive: true, force: true });
      return 'deleted';
    }
    await rename(this.pathOf(name), target);
    await writeFile(`${target}.reason.txt`, `${reason}\n`).catch(() => undefined);
    return 'kept';
  }

  async quarantined(): Promise<{ files: number; bytes: number }> {
    let files = 0;
    let bytes = 0;
    for (const name of await readdir(this.quarantinePath)) {
      if (!name.endsWith('.reason.txt')) {
        files++;
        bytes += (await stat(join(this.quarantinePath, name))).size;
      }
    }
    return { files, bytes };
  }

  /** Tells the process that wrote a file what became of it; written before the file disappears. */
  async answer(name: string, outcome: Outcome): Promise<void> {
    const path = join(this.answers, name);
    await writeFile(`${path}.part`, outcome);
    await rename(`${path}.part`, path);
  }

  /** Fetches an answer, null when there is none yet. */
  async takeAnswer(name: string): Promise<Outcome | null> {
    const path = join(this.answers, name);
    try {
      const outcome = (await readFile(path, 'utf8')) as Outcome;
      await unlink(path);
      return outcome;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return null;
      }
      throw error;
    }
  }

  /** Removes temporary files whose writers died, and answers that nobody fetched. `now` in ms since 1970. */
  async sweep(now: number): Promise<void> {
    await this.removeOlder(this.path, now - staleAfterMs, (name) => name.startsWith(temporary));
    await this.removeOlder(this.answers, now - answersKeptMs, () => true);
  }

  private async removeOlder(folder: string, before: number, matches: (name: string) => boolean): Promise<void> {
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (
        matches(name) &&
        (await stat(path)
          .then((info) => info.mtimeMs < before)
          .catch(() => false))
      ) {
        await rm(path, { force: true });
      }
    }
  }
}

/** Null for a file that is not there. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
