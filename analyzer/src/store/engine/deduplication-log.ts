import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A table's deduplication log (`deduplication_logs/` in its folder) names the blocks that were stored lately, a line each:
 * 1 (added) or 2 (forgotten), the part that a block became, and its token. ClickHouse 26.7 writes the line before it gives
 * the part its name, so that an engine killed in between remembers a block that it does not have, and takes its replay for
 * a copy: the rows would be lost, in that table only (seen under load, in one of some twenty kills).
 */

/** Partition (a day, a month, or `all`), lowest and highest block, level, and perhaps a mutation. */
const partName = /^([^_]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/;
const entry = /^([12])\t(\S+)\t\S+$/;

/** Blocks of a table that exist, alone or merged with others. */
export class Parts {
  private readonly ranges = new Map<string, Array<readonly [lowest: number, highest: number]>>();

  /** @param names entries of the table's folder; those that are no parts are left aside */
  constructor(names: Iterable<string>) {
    for (const name of names) {
      const [, partition, lowest, highest] = partName.exec(name) ?? [];
      if (partition !== undefined) {
        const ranges = this.ranges.get(partition) ?? [];
        this.ranges.set(partition, ranges);
        ranges.push([Number(lowest), Number(highest)]);
      }
    }
  }

  /** Whether a part is there, or one into which it was merged. */
  hold(name: string): boolean {
    const [, partition, lowest, highest] = partName.exec(name) ?? [];
    const ranges = this.ranges.get(partition ?? '') ?? [];
    return ranges.some(([from, to]) => from <= Number(lowest) && Number(highest) <= to);
  }
}

/**
 * A log without the blocks that are not there, and without a last line that was cut off.
 * @returns null when the log is not of the form above: then nobody but the engine should touch it
 */
export function withoutMissing(log: string, parts: Parts): string | null {
  const lines = log.split('\n');
  // Empty when the last line is whole.
  lines.pop();
  if (!lines.every((line) => entry.test(line))) {
    return null;
  }
  return lines
    .filter((line) => {
      const [, operation, part] = entry.exec(line) as unknown as [string, string, string];
      return operation === '2' || parts.hold(part);
    })
    .map((line) => `${line}\n`)
    .join('');
}

/**
 * Mends the logs of all tables. The engine must not run. What expired meanwhile is forgotten, too: its replay was due long
 * before.
 * @param folder the engine's folder
 * @returns entries taken out
 */
export async function mendDeduplicationLogs(folder: string): Promise<number> {
  let taken = 0;
  for (const group of await namesIn(join(folder, 'store'))) {
    for (const table of await namesIn(join(folder, 'store', group))) {
      taken += await mendTable(join(folder, 'store', group, table));
    }
  }
  return taken;
}

async function mendTable(folder: string): Promise<number> {
  const logs = await namesIn(join(folder, 'deduplication_logs'));
  if (logs.length === 0) {
    return 0;
  }
  const parts = new Parts(await namesIn(folder));
  let taken = 0;
  for (const name of logs.filter((file) => file.endsWith('.txt'))) {
    const path = join(folder, 'deduplication_logs', name);
    const log = await readFile(path, 'utf8');
    const mended = withoutMissing(log, parts);
    if (mended !== null && mended !== log) {
      // Not in the folder of the logs, of which the engine reads whatever lies in it.
      const beside = join(folder, `${name}.mended`);
      await writeFile(beside, mended);
      await rename(beside, path);
      taken += log.split('\n').length - mended.split('\n').length;
    }
  }
  return taken;
}

/** Entries of a folder; none when there is no such folder, as in a store just made. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR') {
      return [];
    }
    throw error;
  }
}
