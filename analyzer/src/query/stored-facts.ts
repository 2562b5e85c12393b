import { closeClasses, resetStages } from '@tcpscope/filter';
import { connectionCounters, connectionFlags, type ConnectionBatch } from '../flow/index.js';
import { storedFactWords, unpackFacts } from '../store/index.js';

const plain = <Name extends string>(...names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, `\`${name}\``])) as Record<Name, string>;

/** A time as two numbers: reading texts took a tenth of the time that findings take. */
const time = <Name extends string>(name: Name) =>
  ({
    [`${name}_seconds`]: `toUnixTimestamp(\`${name}\`)`,
    [`${name}_nanos`]: `toUInt32(toUnixTimestamp64Nano(\`${name}\`) % 1000000000)`,
  }) as Record<`${Name}_seconds` | `${Name}_nanos`, string>;

const ends = {
  ...plain('client_ip', 'client_port', 'server_ip', 'server_port', 'server_zone'),
  ...time('start'),
  ...time('end'),
  ...plain('close', 'closer', 'aborter', 'midstream', 'oneway', 'ct', 'cause', 'confidence', 'silence'),
  ...plain('facts', 'poor_feed', 'syn_count', 'bytes_clt', 'bytes_srv', 'zerowindow_count_clt', 'zerowindow_count_srv'),
};

/**
 * What is selected of connections, name and SQL: what findings are made from, which is asked of a hundred thousand at a
 * time, and all that there is of one.
 */
const selections = {
  ends,
  whole: {
    ...ends,
    ...plain('stage', 'role', 'rival_cause', 'rival_confidence'),
    ...plain(...connectionCounters.map(({ column }) => column)),
  },
} as const;

export type Selected = keyof typeof selections;
type Values = readonly unknown[];

/** What must be selected for `StoredFacts`, in this order. */
export function columnsOf(selected: Selected): readonly string[] {
  return Object.entries(selections[selected]).map(([name, sql]) => (sql === `\`${name}\`` ? sql : `${sql} AS ${name}`));
}

/** Their names. */
export function columnNames(selected: Selected): readonly string[] {
  return Object.keys(selections[selected]);
}

const sides = ['', 'client', 'server'];
const stages = ['', ...resetStages];

/**
 * Facts of stored connections, read one connection at a time into a batch of a single row, which the rooms before know how
 * to read. A batch of all would be as large as the answer that it is read from.
 */
export class StoredFacts {
  readonly columns: Readonly<Record<keyof typeof ends, Values> & Partial<Record<string, Values>>>;
  /** Words of the connection that was read, as `unpackFacts` gives them. */
  readonly words = new Int32Array(storedFactWords);
  /** The connection that was read; what was not selected is 0. */
  readonly batch = oneRow(this.words);
  private readonly counters: ReadonlyArray<{
    readonly values: Values;
    readonly into: Float64Array;
    readonly none: number;
  }>;

  /** @param values as `columnsOf` has them */
  constructor(selected: Selected, values: readonly Values[]) {
    const columns = columnNames(selected).map((name, i) => [name, values[i] ?? []]);
    this.columns = Object.fromEntries(columns) as typeof this.columns;
    this.counters = connectionCounters.flatMap(({ column, unknown }, place) => {
      const counts = this.columns[column];
      const into = this.batch.counters[place] as Float64Array;
      return counts === undefined ? [] : [{ values: counts, into, none: unknown ? NaN : 0 }];
    });
  }

  /** Reads a row. False when of its facts only those are known that have columns of their own: it says little of its end. */
  read(row: number): boolean {
    const { batch, columns, words, counters } = this;
    const flag = (values: Values | undefined, set: unknown, bit: number) => (values?.[row] === set ? bit : 0);
    // Whether an address is one of IPv6 is all that matters of it here.
    batch.serverIp.fill(String(columns.server_ip[row]).startsWith('::ffff:') ? 0xff : 0, 10, 12);
    batch.startSeconds[0] = columns.start_seconds[row] as number;
    batch.startNanos[0] = columns.start_nanos[row] as number;
    batch.endSeconds[0] = columns.end_seconds[row] as number;
    batch.endNanos[0] = columns.end_nanos[row] as number;
    batch.close[0] = placeOf(columns.close[row], closeClasses);
    batch.closer[0] = placeOf(columns.closer[row], sides);
    batch.aborter[0] = placeOf(columns.aborter[row], sides);
    batch.stage[0] = placeOf(columns['stage']?.[row], stages);
    batch.flags[0] =
      flag(columns['role'], 'certain', connectionFlags.roleCertain) |
      flag(columns.midstream, true, connectionFlags.midstream) |
      flag(columns.oneway, true, connectionFlags.oneway);
    batch.ct[0] = ((columns.ct[row] as number | null) ?? NaN) * 1e6;
    for (const { values, into, none } of counters) {
      into[0] = Number(values[row] ?? none);
    }
    return unpackFacts(columns.facts[row] as readonly number[], words);
  }
}

function placeOf(value: unknown, known: readonly unknown[]): number {
  return Math.max(0, known.indexOf(value));
}

function oneRow(words: Int32Array) {
  const none = new Uint8Array(0);
  return {
    kind: 'connections',
    rows: 1,
    epoch: 0,
    until: 0,
    clientIp: none,
    serverIp: new Uint8Array(16),
    clientPort: new Uint16Array(0),
    serverPort: new Uint16Array(0),
    vlans: new Uint16Array(0),
    vlanCount: none,
    history: none,
    state: none,
    startSeconds: new Uint32Array(1),
    startNanos: new Uint32Array(1),
    endSeconds: new Uint32Array(1),
    endNanos: new Uint32Array(1),
    close: new Uint8Array(1),
    closer: new Uint8Array(1),
    aborter: new Uint8Array(1),
    stage: new Uint8Array(1),
    flags: new Uint8Array(1),
    ct: new Float64Array(1),
    rttClient: new Float64Array(1),
    counters: connectionCounters.map(() => new Float64Array(1)),
    facts: words,
  } satisfies ConnectionBatch;
}
