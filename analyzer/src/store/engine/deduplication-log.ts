import { readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

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

/** What became of the logs of all tables. */
export interface Mended {
  /** Entries taken out. */
  readonly entries: number;
  /** Tables whose log is of another form than the one above: it was left as it is. */
  readonly unknown: readonly string[];
  /** Tables whose log could not be read or written. */
  readonly failed: ReadonlyArray<{ readonly table: string; readonly error: Error }>;
}

/**
 * Mends the logs of all tables, each for itself: one that cannot be mended leaves the others no worse. The engine must not
 * run. What expired meanwhile is forgotten, too: its replay was due long before.
 * @param folder the engine's folder
 */
export async function mendDeduplicationLogs(folder: string): Promise<Mended> {
  const names = await tableNames(folder);
  let entries = 0;
  const unknown: string[] = [];
  const failed: Array<{ table: string; error: Error }> = [];
  for (const group of await namesIn(join(folder, 'store'))) {
    for (const id of await namesIn(join(folder, 'store', group))) {
      const table = names.get(id) ?? id;
      try {
        const taken = await mendTable(join(folder, 'store', group, id));
        if (taken === null) {
          unknown.push(table);
        } else {
          entries += taken;
        }
      } catch (error) {
        failed.push({ table, error: error as Error });
      }
    }
  }
  return { entries, unknown, failed };
}

/** Names of tables by the ids that their folders are called; those that cannot be found out are missing. */
async function tableNames(folder: string): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const data = join(folder, 'data');
  for (const base of await namesIn(data).catch(() => [])) {
    for (const table of await namesIn(join(data, base)).catch(() => [])) {
      const to = await readlink(join(data, base, table)).catch(() => null);
      if (to !== null) {
        names.set(basename(to), table);
      }
    }
  }
  return names;
}

/** @returns entries taken out; null when there is a log of another form */
async function mendTable(folder: string): Promise<number | null> {
  const logs = await namesIn(join(folder, 'deduplication_logs'));
  if (logs.length === 0) {
    return 0;
  }
  const parts = new Parts(await namesIn(folder));
  let taken = 0;
  let known = true;
  for (const name of logs.filter((file) => file.endsWith('.txt'))) {
    const path = join(folder, 'deduplication_logs', name);
    const log = await readFile(path, 'utf8');
    const mended = withoutMissing(log, parts);
    known &&= mended !== null;
    if (mended !== null && mended !== log) {
      // Not in the folder of the logs, of which the engine reads whatever lies in it.
      await replace(path, join(folder, `${name}.mended`), mended);
      taken += log.split('\n').length - mended.split('\n').length;
    }
  }
  return known ? taken : null;
}

/** Writes a file whole or not at all; leaves nothing beside it when that fails. */
async function replace(path: string, beside: string, text: string): Promise<void> {
  try {
    await writeFile(beside, text);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
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
