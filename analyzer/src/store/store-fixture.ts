import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEnrichment, enrichConfigSchema, type Enrichment } from '../enrich/index.js';
import { storeConfigSchema, type StoreConfig } from './config.js';
import type { Selection } from './engine/engine.js';
import type { Log } from './log.js';
import { openStore, type Store, type StoreDependencies } from './store.js';

/** For tests: stores in folders of their own, deleted when the tests of the file are over. */

const folders: string[] = [];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tcpscope-store-'));
  folders.push(folder);
  return folder;
}

process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

export function testConfig(input: Record<string, unknown> = {}): StoreConfig {
  return storeConfigSchema.parse({ folder: temporaryFolder(), ...input });
}

export const enrichment: Enrichment = createEnrichment(
  enrichConfigSchema.parse({
    zones: [
      { name: '/Office', subnets: ['10.0.0.0/8'] },
      { name: '/Lab', subnets: ['192.0.2.0/24'], vlans: [7] },
      { name: '/Servers', subnets: ['192.0.2.0/24', '2001:db8::/32'] },
    ],
    applications: [{ name: 'Shop', ports: [8443], serverZones: ['/Servers'] }],
  })
);

export function openTestStore(config: StoreConfig, dependencies: Partial<StoreDependencies> = {}): Promise<Store> {
  return openStore(config, { enrichment, ...dependencies });
}

/** Rows of a query, with limits that no test meets. */
export async function rowsOf(store: Pick<Store, 'select'>, sql: string): Promise<unknown[][]> {
  return toRows(await store.select(sql, {}, { timeoutMs: 30_000, maxRows: 1_000_000 }));
}

export function toRows({ data, rows }: Selection): unknown[][] {
  return Array.from({ length: rows }, (_, row) => data.map((column) => column[row]));
}

/** A log that remembers. */
export function memoryLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  const keep =
    (level: string) =>
    (fields: unknown, message?: string): void => {
      lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    };
  return { lines, debug: () => undefined, info: keep('info'), warn: keep('warn'), error: keep('error') } as Log & {
    lines: string[];
  };
}

/** Waits until `check` is true. Fails after `patienceMs`: for what happens in the background. */
export async function until(what: string, check: () => boolean | Promise<boolean>, patienceMs = 30_000): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await check())) {
    if (performance.now() > deadline) {
      throw new Error(`${what}: not within ${patienceMs} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
