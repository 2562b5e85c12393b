import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { errorKinds, TcpscopeError } from '../errors.js';
import { unreadable } from './files.js';

/** A file as it was when its bytes were named. */
interface Seen {
  readonly path: string;
  readonly size: number;
  readonly modified: number;
}

/**
 * The files of an import under a name for their bytes: the same name is the same rows. A file that is still being written has
 * another name when it is complete, and what had been stored of it would be stored again.
 */
export class ImportedFiles {
  private constructor(
    /** Names the bytes of the files in their order. */
    readonly hash: string,
    private readonly seen: readonly Seen[]
  ) {}

  /** Reads the files through. Throws `fileUnreadable`, and `fileChanging` when one grows meanwhile. */
  static async named(paths: readonly string[]): Promise<ImportedFiles> {
    const seen: Seen[] = [];
    const hash = createHash('sha256');
    for (const path of paths) {
      const one = createHash('sha256');
      try {
        const kind = await stat(path);
        if (!kind.isFile() && !kind.isDirectory()) {
          // It is read twice, for its name and for its packets.
          throw new Error('it is no regular file; "tcpscope capture --read" takes packets from pipes');
        }
        seen.push({ path, size: kind.size, modified: kind.mtimeMs });
        await pipeline(createReadStream(path), one);
      } catch (error) {
        throw unreadable(path, error);
      }
      hash.update(one.digest());
    }
    const files = new ImportedFiles(hash.digest('hex').slice(0, 40), seen);
    for (const changing of await files.changed()) {
      throw changing;
    }
    return files;
  }

  /** `fileChanging` for each file that is no longer what it was when it was named. */
  async changed(): Promise<TcpscopeError[]> {
    const now = await Promise.all(this.seen.map(({ path }) => stat(path).catch(() => null)));
    return this.seen.flatMap(({ path, size, modified }, i) => {
      const file = now[i];
      const same = file === null || file === undefined || (file.size === size && file.mtimeMs === modified);
      return same ? [] : [new TcpscopeError(errorKinds.fileChanging, [path])];
    });
  }
}
