import { causes, closeClasses, counters, resetStages, type Cause, type CloseClass } from '@tcpscope/filter';
import {
  endedFacts,
  explainVerdict,
  mannerOf,
  readFacts,
  type ConnectionFacts,
  type Diagnosis,
  type Ended,
  type Explanation,
  type Surroundings,
} from '../diagnose/index.js';
import { connectionCounters, connectionFlags, factWords, type ConnectionBatch } from '../flow/index.js';
import { unpackFacts } from '../store/index.js';
import { instantOf } from './instant.js';
import { addressText } from './keys.js';

const facts = [
  ...['client_ip', 'client_port', 'server_ip', 'server_port', 'server_zone', 'start', 'end', 'close', 'closer'],
  ...['aborter', 'stage', 'role', 'midstream', 'oneway', 'ct', 'cause', 'confidence', 'rival_cause'],
  ...['rival_confidence', 'silence', 'facts', 'poor_feed'],
];
const counted = counters.filter(({ rows }) => rows === 'both').map(({ column }) => column);

/** What must be selected of connections for `StoredConnections`, in this order. */
export const storedColumns: readonly string[] = [...facts, ...counted].map((name) => `\`${name}\``);

/** Connections of the store as the rooms before it know them: with their facts, verdicts and evidence. */
export class StoredConnections {
  private readonly places: ReadonlyMap<string, readonly unknown[]>;
  private readonly batch: ConnectionBatch;
  private readonly around: Array<Surroundings | null> = [];
  /** Canonical texts by stored ones: connections are many, hosts are few. */
  private readonly addresses = new Map<string, string>();

  /** @param columns as `storedColumns` has them */
  constructor(
    columns: ReadonlyArray<readonly unknown[]>,
    readonly rows: number
  ) {
    this.places = new Map([...facts, ...counted].map((name, i) => [name, columns[i] ?? []]));
    this.batch = this.toBatch();
  }

  /** Null when it had not ended. */
  diagnosis(row: number): Diagnosis | null {
    const cause = this.text('cause', row) as Cause | '';
    const rival = this.text('rival_cause', row) as Cause | '';
    return cause === '' || !causes.includes(cause)
      ? null
      : {
          cause,
          confidence: this.number('confidence', row) ?? 0,
          rival: rival === '' ? null : { cause: rival, confidence: this.number('rival_confidence', row) ?? 0 },
        };
  }

  /** The verdict in words; null when there is none, or its facts are of another version. */
  explain(row: number): Explanation | null {
    const around = this.around[row] ?? null;
    return around === null ? null : explainVerdict(this.diagnosis(row), readFacts(this.batch, row), around);
  }

  ended(row: number): Ended {
    const known: ConnectionFacts = readFacts(this.batch, row);
    const diagnosis = this.diagnosis(row);
    return {
      client: this.address('client_ip', row),
      clientPort: this.number('client_port', row) ?? 0,
      server: this.address('server_ip', row),
      port: this.number('server_port', row) ?? 0,
      start: (this.batch.startSeconds[row] as number) + (this.batch.startNanos[row] as number) / 1e9,
      end: (this.batch.endSeconds[row] as number) + (this.batch.endNanos[row] as number) / 1e9,
      close: this.text('close', row) as CloseClass,
      cause: diagnosis?.cause ?? null,
      confidence: diagnosis?.confidence ?? 0,
      ...endedFacts(known),
      quiet: this.number('silence', row),
      ...(this.around[row] === null ? {} : mannerOf(known)),
      poorFeed: this.text('poor_feed', row) || null,
      serverZone: this.text('server_zone', row),
    };
  }

  private text(column: string, row: number): string {
    return String(this.places.get(column)?.[row] ?? '');
  }

  private address(column: string, row: number): string {
    const stored = this.text(column, row);
    let text = this.addresses.get(stored);
    if (text === undefined) {
      text = addressText(stored);
      this.addresses.set(stored, text);
    }
    return text;
  }

  private number(column: string, row: number): number | null {
    const value = this.places.get(column)?.[row] ?? null;
    return value === null ? null : Number(value);
  }

  /** The columns that facts are read from; of addresses it matters only to which family they belong. */
  private toBatch(): ConnectionBatch {
    const { rows } = this;
    const column = <T>(name: string, to: (value: string) => T) =>
      Array.from({ length: rows }, (_, row) => to(this.text(name, row)));
    const bytes = (name: string, known: readonly string[]) =>
      Uint8Array.from(column(name, (value) => Math.max(0, known.indexOf(value))));
    const sides = ['', 'client', 'server'];
    const starts = column('start', instantOf);
    const ends = column('end', instantOf);
    const seconds = ({ ms }: { ms: number }) => Math.floor(ms / 1000);
    const nanos = ({ ms, nanos: rest }: { ms: number; nanos: number }) => (((ms % 1000) + 1000) % 1000) * 1e6 + rest;
    const serverIp = new Uint8Array(16 * rows);
    const words = new Int32Array(factWords * rows);
    const flags = new Uint8Array(rows);
    for (let row = 0; row < rows; row++) {
      if (this.text('server_ip', row).startsWith('::ffff:')) {
        serverIp.fill(0xff, 16 * row + 10, 16 * row + 12);
      }
      flags[row] =
        (this.text('role', row) === 'certain' ? connectionFlags.roleCertain : 0) |
        (this.isTrue('midstream', row) ? connectionFlags.midstream : 0) |
        (this.isTrue('oneway', row) ? connectionFlags.oneway : 0);
      const packed = (this.places.get('facts')?.[row] ?? []) as number[];
      const unpacked = unpackFacts(packed.map(Number), this.text('poor_feed', row));
      this.around.push(unpacked?.around ?? null);
      words.set(unpacked?.facts ?? [], row * factWords);
    }
    const none = new Uint8Array(0);
    return {
      kind: 'connections',
      rows,
      epoch: 0,
      until: 0,
      clientIp: none,
      serverIp,
      clientPort: new Uint16Array(0),
      serverPort: new Uint16Array(0),
      vlans: new Uint16Array(0),
      vlanCount: none,
      history: none,
      state: none,
      startSeconds: Uint32Array.from(starts, seconds),
      startNanos: Uint32Array.from(starts, nanos),
      endSeconds: Uint32Array.from(ends, seconds),
      endNanos: Uint32Array.from(ends, nanos),
      close: bytes('close', closeClasses),
      closer: bytes('closer', sides),
      aborter: bytes('aborter', sides),
      stage: bytes('stage', ['', ...resetStages]),
      flags,
      ct: Float64Array.from({ length: rows }, (_, row) => (this.number('ct', row) ?? NaN) * 1e6),
      counters: connectionCounters.map((counter) =>
        Float64Array.from({ length: rows }, (_, row) => this.number(counter.column, row) ?? (counter.unknown ? NaN : 0))
      ),
      facts: words,
    };
  }

  private isTrue(column: string, row: number): boolean {
    const value = this.places.get(column)?.[row];
    return value === true || value === 1;
  }
}
