import { join } from 'node:path';

/*
 * What lies in the folder of a store: `lock`, `engine.xml`, `engine/` (the database), `spool/` (rows on their way),
 * `answers/` (what became of files of other processes), `quarantine/` (files set aside).
 */

/** Held by the process that owns the store. */
export function lockFile(folder: string): string {
  return join(folder, 'lock');
}
