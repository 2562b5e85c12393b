import { createHash } from 'node:crypto';

/**
 * A spool file says everything about itself in its name, so that a process that finds it needs nothing else:
 *
 * `TIME-NUMBER.TABLE.ROWS.BYTES.CRC.KIND.PROBE.RUN.LAYOUT.WORKER.SEQUENCE.native`
 *
 * From KIND on it is the deduplication token: the same token is the same rows, for ever. CRC is the CRC-32 of the bytes.
 */
export interface SpoolName {
  /**
   * Milliseconds since 1970, then a number that grows in the writing process and begins anywhere: files sort in the order of
   * writing, and no two writers use the same name.
   */
  readonly time: number;
  readonly number: number;
  /** `imports` marks the end of an import: no bytes, `rows` is the sum over its blocks. */
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  readonly crc: number;
  readonly source: Source;
}

/** Where rows come from; unique for ever. */
export interface Source {
  readonly kind: 'capture' | 'import';
  readonly probe: string;
  /** A random id for a run of a capture, the hash of the file for an import. */
  readonly run: string;
  /** Import only: how the file was cut into blocks (version, workers); blocks of two layouts do not mix. */
  readonly layout: string;
  readonly worker: number;
  /** Unique within the worker of the run. */
  readonly sequence: string;
}

/** Longest part of a name; longer ones keep their beginning and a hash, so that names stay below 255 bytes. */
const longest = { probe: 48, run: 64, layout: 24, sequence: 32 };

function part(text: string, limit: number): string {
  const safe = text.replace(/[^A-Za-z0-9_-]/gu, (char) =>
    [...new TextEncoder().encode(char)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  );
  if (safe.length <= limit) {
    return safe === '' ? '%' : safe;
  }
  return `${safe.slice(0, limit - 17)}%${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** The deduplication token of rows. */
export function tokenOf({ kind, probe, run, layout, worker, sequence }: Source): string {
  return [
    kind,
    part(probe, longest.probe),
    part(run, longest.run),
    part(layout, longest.layout),
    String(worker),
    part(sequence, longest.sequence),
  ].join('.');
}

export function formatName(name: SpoolName): string {
  const order = `${String(name.time).padStart(13, '0')}-${String(name.number).padStart(6, '0')}`;
  const crc = name.crc.toString(16).padStart(8, '0');
  return [order, name.table, name.rows, name.bytes, crc, tokenOf(name.source), 'native'].join('.');
}

/** What a name says, as far as it can be read back: of the source its parts as they stand in the token. */
export interface SpoolFile {
  readonly name: string;
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  readonly crc: number;
  readonly token: string;
  readonly kind: 'capture' | 'import';
  /** Probe and run as the token spells them: the same for all files of an import. */
  readonly probe: string;
  readonly run: string;
  readonly layout: string;
}

const pattern =
  /^\d{13,}-\d{6,}\.([a-z0-9_]+)\.(\d{1,15})\.(\d{1,15})\.([0-9a-f]{8})\.((capture|import)\.([\w%-]+)\.([\w%-]+)\.([\w%-]+)\.\d+\.[\w%-]+)\.native$/;

/** Returns null for a file that no tcpscope wrote. */
export function parseName(name: string): SpoolFile | null {
  const match = pattern.exec(name);
  if (!match) {
    return null;
  }
  const [, table, rows, bytes, crc, token, kind, probe, run, layout] = match as unknown as string[];
  return {
    name,
    table: table!,
    rows: Number(rows),
    bytes: Number(bytes),
    crc: Number.parseInt(crc!, 16),
    token: token!,
    kind: kind as SpoolFile['kind'],
    probe: probe!,
    run: run!,
    layout: layout!,
  };
}
