import {
  connectionCounters,
  connectionFlags,
  historyLength,
  vlanDepth,
  type Batch,
  type ConnectionBatch,
  type CounterColumn,
} from './batch.js';
import { allocateColumns, type BufferSource } from './columns.js';
import { Fact, writeFacts } from './facts.js';
import { Both, Cold, Facts, Half, Opening, Row, State, Table } from './layout.js';
import { pairWords, type FlowTable } from './table.js';
import type { Ending } from './verdict.js';
import { writeAddress4, writeAddress6 } from './window-fold.js';
import { writeHistory, zeekState } from './zeek.js';

/** Connections in a batch. */
const BATCH_ROWS = 4096;

const place = (name: string): number => connectionCounters.findIndex((counter) => counter.name === name);
const PACKETS = [place('packets.clt'), place('packets.srv')] as const;
const BYTES = [place('bytes.clt'), place('bytes.srv')] as const;
const RETRANS = [place('retrans.count.clt'), place('retrans.count.srv')] as const;
const FINS = [place('fin.count.clt'), place('fin.count.srv')] as const;
const RESETS = [place('rst.count.clt'), place('rst.count.srv')] as const;
const SYN = place('syn.count');
const SYNACK = place('synack.count');
const ATTEMPTS = place('attempt.count');
const HANDSHAKES = place('ct.count');
const MALFORMED = place('malformed.count');

/** Translates the event clock's seconds into those of the packets (they differ after a clock step backwards). */
export interface ClockReading {
  packetSeconds(eventSeconds: number): number;
}

/** Collects finished connections into batches. */
export class ConnectionWriter {
  private batch: ConnectionBatch | null = null;
  private rows = 0;

  constructor(
    private readonly table: FlowTable,
    private readonly clock: ClockReading,
    private readonly buffers: BufferSource,
    private readonly emit: (batch: Batch) => void
  ) {}

  /**
   * Writes one connection, whose totals are settled.
   * @param row its number
   * @param close index into `closeClasses`
   * @param ending why it is written now
   */
  add(row: number, close: number, ending: Ending): void {
    const batch = this.batch ?? (this.batch = this.begin());
    const out = this.rows++;
    const at = row * Row.Words + Table.Offset;
    this.writeNames(at, batch, out);
    this.writeFacts(at, close, batch, out);
    this.writeTotals(at, batch.counters, out);
    writeFacts(this.table, at, ending, batch.facts, out * Fact.Words);
    if (this.rows === BATCH_ROWS) {
      this.flush();
    }
  }

  /** Sends off what has been collected. */
  flush(): void {
    if (this.batch !== null && this.rows > 0) {
      this.emit(this.rows === BATCH_ROWS ? this.batch : shortened(this.batch, this.rows));
    }
    this.batch = null;
    this.rows = 0;
  }

  private begin(): ConnectionBatch {
    const columns = allocateColumns(this.buffers, BATCH_ROWS, connectionCounters);
    return {
      kind: 'connections',
      rows: BATCH_ROWS,
      counters: columns.counters,
      ct: columns.floats(),
      startSeconds: columns.words(),
      startNanos: columns.words(),
      endSeconds: columns.words(),
      endNanos: columns.words(),
      facts: columns.integers(Fact.Words),
      clientIp: columns.bytes(16),
      serverIp: columns.bytes(16),
      clientPort: columns.shorts(),
      serverPort: columns.shorts(),
      vlans: columns.shorts(vlanDepth),
      vlanCount: columns.bytes(),
      close: columns.bytes(),
      state: columns.bytes(),
      history: columns.bytes(historyLength),
      closer: columns.bytes(),
      aborter: columns.bytes(),
      stage: columns.bytes(),
      flags: columns.bytes(),
    };
  }

  private writeNames(at: number, batch: ConnectionBatch, out: number): void {
    const { rows, wide, cold } = this.table;
    const state = rows[at + Row.State] as number;
    const client = (state & State.ClientHigh) !== 0 ? 1 : 0;
    if ((state & State.Ipv6) !== 0) {
      const pair = (rows[at + Row.Wide] as number) * pairWords;
      writeAddress6(batch.clientIp, out * 16, wide.words, pair + (client << 2));
      writeAddress6(batch.serverIp, out * 16, wide.words, pair + ((client ^ 1) << 2));
    } else {
      writeAddress4(batch.clientIp, out * 16, rows[at + Row.Key0 + client] as number);
      writeAddress4(batch.serverIp, out * 16, rows[at + Row.Key1 - client] as number);
    }
    const ports = rows[at + Row.Ports] as number;
    batch.clientPort[out] = client !== 0 ? ports & 0xffff : ports >>> 16;
    batch.serverPort[out] = client !== 0 ? ports >>> 16 : ports & 0xffff;
    if (rows[at + Row.Cold] !== 0) {
      const vlans = (rows[at + Row.Cold] as number) * Cold.Words + Cold.Vlans;
      const outer = cold.words[vlans] as number;
      const inner = cold.words[vlans + 1] as number;
      const first = out * vlanDepth;
      batch.vlanCount[out] = outer >>> 24;
      batch.vlans[first] = outer & 0xfff;
      batch.vlans[first + 1] = (outer >>> 12) & 0xfff;
      batch.vlans[first + 2] = inner & 0xfff;
      batch.vlans[first + 3] = (inner >>> 12) & 0xfff;
    }
  }

  private writeFacts(at: number, close: number, batch: ConnectionBatch, out: number): void {
    const { rows, floats } = this.table;
    const state = rows[at + Row.State] as number;
    const facts = rows[at + Row.Facts] as number;
    const client = (state & State.ClientHigh) !== 0 ? 1 : 0;
    batch.startSeconds[out] = this.clock.packetSeconds(rows[at + Row.StartSeconds] as number);
    batch.startNanos[out] = rows[at + Row.StartNanos] as number;
    batch.endSeconds[out] = this.clock.packetSeconds(rows[at + Row.LastSeconds] as number);
    batch.endNanos[out] = rows[at + Row.LastNanos] as number;
    batch.close[out] = close;
    batch.state[out] = zeekState(rows, at);
    writeHistory(rows, at, batch.history, out * historyLength);
    if ((facts & Facts.CloserKnown) !== 0) {
      batch.closer[out] = sideOf((facts & Facts.Closer) !== 0 ? 1 : 0, client);
    }
    if ((state & Both.Rst) !== 0) {
      batch.aborter[out] = sideOf((facts & Facts.Aborter) !== 0 ? 1 : 0, client);
      batch.stage[out] = (facts >>> Facts.Stage) & 7;
    }
    batch.flags[out] =
      ((state & State.RoleCertain) !== 0 ? connectionFlags.roleCertain : 0) |
      ((state & State.Midstream) !== 0 ? connectionFlags.midstream : 0) |
      ((facts & Facts.OneWay) !== 0 ? connectionFlags.oneway : 0);
    batch.ct[out] = (state & State.Timed) !== 0 ? (floats[at + Row.HandshakeTime] as number) : NaN;
  }

  private writeTotals(at: number, columns: readonly CounterColumn[], out: number): void {
    const { rows, doubles, cold } = this.table;
    const client = ((rows[at + Row.State] as number) & State.ClientHigh) !== 0 ? 1 : 0;
    for (let direction = 0; direction < 2; direction++) {
      const side = (direction ^ client) as 0 | 1;
      set(columns, PACKETS[side], out, rows[at + Row.TotalPackets + direction] as number);
      set(columns, RETRANS[side], out, rows[at + Row.TotalRetrans + direction] as number);
      set(columns, BYTES[side], out, doubles[((at + Row.TotalBytes) >> 1) + direction] as number);
      set(columns, RESETS[side], out, rows[at + Row.TotalResets + direction] as number);
      set(columns, FINS[side], out, ((rows[at + Row.TotalFins] as number) >>> (direction * Half.Bits)) & Half.Most);
    }
    const opening = rows[at + Row.TotalOpening] as number;
    set(columns, SYN, out, opening & Opening.Most);
    set(columns, SYNACK, out, (opening >>> Opening.SynAck) & Opening.Most);
    set(columns, ATTEMPTS, out, (opening >>> Opening.Attempt) & 15);
    set(columns, HANDSHAKES, out, opening >>> Opening.Handshake);
    if (rows[at + Row.Cold] !== 0) {
      const extra = (rows[at + Row.Cold] as number) * Cold.Words;
      set(columns, MALFORMED, out, cold.words[extra + Cold.Malformed] as number);
      addTo(columns, SYN, out, cold.words[extra + Cold.ExtraSyns] as number);
      addTo(columns, SYNACK, out, cold.words[extra + Cold.ExtraSynAcks] as number);
      addTo(columns, FINS[client as 0 | 1], out, cold.words[extra + Cold.ExtraFins] as number);
      addTo(columns, FINS[(client ^ 1) as 0 | 1], out, cold.words[extra + Cold.ExtraFins + 1] as number);
    }
  }
}

/** 1 client, 2 server. */
function sideOf(direction: number, client: number): number {
  return direction === client ? 1 : 2;
}

function set(columns: readonly CounterColumn[], counter: number, row: number, value: number): void {
  (columns[counter] as CounterColumn)[row] = value;
}

function addTo(columns: readonly CounterColumn[], counter: number, row: number, value: number): void {
  const column = columns[counter] as CounterColumn;
  column[row] = (column[row] as number) + value;
}

/** The first `rows` rows of a batch that was not filled; the columns keep their buffer. */
function shortened(batch: ConnectionBatch, rows: number): ConnectionBatch {
  return {
    kind: 'connections',
    rows,
    counters: batch.counters.map((column) => column.subarray(0, rows)),
    ct: batch.ct.subarray(0, rows),
    startSeconds: batch.startSeconds.subarray(0, rows),
    startNanos: batch.startNanos.subarray(0, rows),
    endSeconds: batch.endSeconds.subarray(0, rows),
    endNanos: batch.endNanos.subarray(0, rows),
    clientIp: batch.clientIp.subarray(0, rows * 16),
    serverIp: batch.serverIp.subarray(0, rows * 16),
    clientPort: batch.clientPort.subarray(0, rows),
    serverPort: batch.serverPort.subarray(0, rows),
    vlans: batch.vlans.subarray(0, rows * vlanDepth),
    vlanCount: batch.vlanCount.subarray(0, rows),
    facts: batch.facts.subarray(0, rows * Fact.Words),
    close: batch.close.subarray(0, rows),
    state: batch.state.subarray(0, rows),
    history: batch.history.subarray(0, rows * historyLength),
    closer: batch.closer.subarray(0, rows),
    aborter: batch.aborter.subarray(0, rows),
    stage: batch.stage.subarray(0, rows),
    flags: batch.flags.subarray(0, rows),
  };
}
