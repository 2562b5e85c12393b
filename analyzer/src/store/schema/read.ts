import type { Engine, Parameters } from '../engine/engine.js';

/** A query of the store itself; returns rows. */
export async function read(engine: Engine, sql: string, parameters: Parameters = {}): Promise<unknown[][]> {
  const { rows, data } = await engine.select(sql, parameters, { timeoutMs: 60_000, maxRows: 10_000_000 });
  return Array.from({ length: rows }, (_, row) => data.map((column) => column[row]));
}
