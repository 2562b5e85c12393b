import type { Selection } from './engine.js';

interface Answer {
  meta: Array<{ name: string; type: string }>;
  data: Record<string, unknown[]>;
  rows: number;
  statistics?: { elapsed: number; rows_read: number; bytes_read: number };
}

/** The format that `parseSelection` reads, and the settings it counts on. */
export const selectFormat = 'JSONColumnsWithMetadata';
export const selectFormatSettings = [
  'output_format_json_quote_64bit_integers = 1',
  'output_format_json_quote_denormals = 0',
  "date_time_output_format = 'iso'",
];

/** Reads an answer and cuts it at `maxRows`. */
export function parseSelection(bytes: Uint8Array, maxRows: number): Selection {
  const { meta, data, rows, statistics } = JSON.parse(new TextDecoder().decode(bytes)) as Answer;
  const truncated = rows > maxRows;
  return {
    columns: meta.map(({ name, type }) => ({ name, type })),
    rows: truncated ? maxRows : rows,
    data: meta.map(({ name, type }) => {
      const values = data[name] ?? [];
      const kept = truncated ? values.slice(0, maxRows) : values;
      return /\bU?Int(?:64|128|256)\b/.test(type) ? kept.map(toNumber) : kept;
    }),
    truncated,
    elapsedMs: (statistics?.elapsed ?? 0) * 1000,
    rowsRead: statistics?.rows_read ?? 0,
    bytesRead: statistics?.bytes_read ?? 0,
  };
}

/** Wide integers come as strings; those a double holds exactly become numbers, also inside arrays. */
function toNumber(value: unknown): unknown {
  if (typeof value === 'string') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  return Array.isArray(value) ? value.map(toNumber) : value;
}
