import {
  connectionCounters,
  connectionFlags,
  historyLength,
  lastEpoch,
  vlanDepth,
  type Batch,
  type ConnectionBatch,
  type CounterColumn,
} from './batch.js';
import { writeAddress4, writeAddress6 } from './address-bytes.js';
import { allocateColumns, freshBuffers, type BufferSource } from './columns.js';
import { createFactWriter } from './fact-writer.js';
import { Fact } from './facts.js';
import { Both, Cold, Facts, Half, Nanos, Opening, Pair, Row, State, Table } from './layout.js';
import { clientRoundTrip } from './round-trip.js';
import type { FlowTable } from './table.js';
import type { Ending } from './verdict.js';
import { writeHistory, zeekState } from './zeek-record.js';

/** Connections in a batch. */
const BATCH_ROWS = 4096;

/** Translates the event clock's seconds into those of the packets (they differ after a clock step backwards). */
export interface ClockReading {
  /** Second that event time has come to. */
  readonly now: number;
  packetSeconds(eventSeconds: number): number;
}

export type ConnectionWriter = ReturnType<typeof createConnectionWriter>;

/**
 * Collects finished connections into batches.
 *
 * Trade-off: rows are written into a batch that stays here and are copied from it: the copy costs 20 ns a connection, but
 * the columns are the same arrays for ever, which the compiler knows by address. Each row writes every column, but what is
 * mostly 0 (`sparse`) only where it is not: these columns are cleared as a whole when rows have been copied from them.
 */
export function createConnectionWriter(
  table: FlowTable,
  clock: ClockReading,
  buffers: BufferSource,
  emit: (batch: Batch) => void,
  countsCopies = false
) {
  const { rows, doubles, floats, coldOf } = table;
  const wide = table.wide.words;
  const cold = table.cold.words;
  const { batch, buffer } = allocate(freshBuffers, BATCH_ROWS);
  const { clientIp, serverIp, clientPort, serverPort, vlans, vlanCount, close, state, history, closer, aborter } =
    batch;
  const { startSeconds, startNanos, endSeconds, endNanos, stage, flags, ct, rttClient } = batch;
  /** Facts, tags and the history's end of most connections, and ten bytes of an IPv4 address. */
  const sparse = [batch.facts, clientIp, serverIp, vlans, vlanCount, history];
  const column = (name: string) =>
    batch.counters[connectionCounters.findIndex((counter) => counter.name === name)] as CounterColumn;
  const packetsClient = column('packets.clt');
  const packetsServer = column('packets.srv');
  const bytesClient = column('bytes.clt');
  const bytesServer = column('bytes.srv');
  const retransClient = column('retrans.count.clt');
  const retransServer = column('retrans.count.srv');
  const zeroWindowsClient = column('zerowindow.count.clt');
  const zeroWindowsServer = column('zerowindow.count.srv');
  const dupAcksClient = column('dupack.count.clt');
  const dupAcksServer = column('dupack.count.srv');
  const copiesClient = column('dup.count.clt');
  const copiesServer = column('dup.count.srv');
  const finsClient = column('fin.count.clt');
  const finsServer = column('fin.count.srv');
  const resetsClient = column('rst.count.clt');
  const resetsServer = column('rst.count.srv');
  const syns = column('syn.count');
  const synAcks = column('synack.count');
  const attempts = column('attempt.count');
  const handshakes = column('ct.count');
  const malformed = column('malformed.count');
  const writeFacts = createFactWriter(table, batch.facts);
  let used = 0;
  let epoch = 0;
  /** `until` of the last batch, and whether connections of the present epoch were sent off before its end. */
  let announced = 0;
  let open = false;

  /**
   * Writes one connection, whose totals are settled.
   * @param row its number
   * @param closeClass index into `closeClasses`
   * @param ending why it is written now
   */
  function add(row: number, closeClass: number, ending: Ending): void {
    const out = used++;
    const at = row * Row.Words + Table.Offset;
    writeNames(at, out);
    writeOutcome(at, closeClass, out);
    writeTotals(at, out);
    writeFacts(at, ending, clock.now, out * Fact.Words);
    if (used === BATCH_ROWS) {
      flush(epoch);
    }
  }

  /** Event time comes to an epoch: what was decided in the one before is sent off. */
  function enterEpoch(next: number): void {
    if (next !== epoch) {
      if (used > 0 || open) {
        flush(next);
      }
      epoch = next;
    }
  }

  /** Says how far event time has come when nothing that was sent off says it. */
  function announce(): void {
    if (announced !== epoch) {
      flush(epoch);
    }
  }

  /** Nothing more will be decided. */
  function finish(): void {
    flush(lastEpoch);
    epoch = 0;
    announced = 0;
  }

  function flush(until: number): void {
    announced = until;
    open = until === epoch && used > 0;
    const copy = allocate(buffers, used);
    if (used === BATCH_ROWS) {
      new Uint8Array(copy.buffer).set(new Uint8Array(buffer));
    } else {
      copyRows(batch, copy.batch);
    }
    sparse.forEach((column) => column.fill(0, 0, (used * column.length) / BATCH_ROWS));
    used = 0;
    emit({ ...copy.batch, epoch, until });
  }

  function writeNames(at: number, out: number): void {
    const word = rows[at + Row.State] as number;
    const client = (word & State.ClientHigh) !== 0 ? 1 : 0;
    if ((word & State.Ipv6) !== 0) {
      const pair = (rows[at + Row.Wide] as number) * Pair.Words;
      writeAddress6(clientIp, out * 16, wide, pair + client * 4);
      writeAddress6(serverIp, out * 16, wide, pair + (client ^ 1) * 4);
    } else {
      writeAddress4(clientIp, out * 16, rows[at + Row.Key0 + client] as number);
      writeAddress4(serverIp, out * 16, rows[at + Row.Key1 - client] as number);
    }
    const ports = rows[at + Row.Ports] as number;
    clientPort[out] = client !== 0 ? ports & 0xffff : ports >>> 16;
    serverPort[out] = client !== 0 ? ports >>> 16 : ports & 0xffff;
    if (((rows[at + Row.Facts] as number) & Facts.Tagged) !== 0) {
      writeVlans(coldOf(at) + Cold.Vlans, out);
    }
  }

  function writeVlans(first: number, out: number): void {
    const outer = cold[first] as number;
    const inner = cold[first + 1] as number;
    vlanCount[out] = outer >>> 24;
    vlans[out * vlanDepth] = outer & 0xfff;
    vlans[out * vlanDepth + 1] = (outer >>> 12) & 0xfff;
    vlans[out * vlanDepth + 2] = inner & 0xfff;
    vlans[out * vlanDepth + 3] = (inner >>> 12) & 0xfff;
  }

  function writeOutcome(at: number, closeClass: number, out: number): void {
    const word = rows[at + Row.State] as number;
    const noted = rows[at + Row.Facts] as number;
    const client = (word & State.ClientHigh) !== 0 ? 1 : 0;
    startSeconds[out] = clock.packetSeconds(rows[at + Row.StartSeconds] as number);
    startNanos[out] = rows[at + Row.StartNanos] as number;
    endSeconds[out] = clock.packetSeconds(rows[at + Row.LastSeconds] as number);
    endNanos[out] = (rows[at + Row.LastNanos] as number) & Nanos.Most;
    close[out] = closeClass;
    state[out] = zeekState(rows, at);
    writeHistory(rows, at, history, out * historyLength);
    const closed = (noted & Facts.CloserKnown) !== 0;
    closer[out] = closed ? sideOf((noted & Facts.Closer) !== 0 ? 1 : 0, client) : 0;
    const reset = (word & Both.Rst) !== 0;
    aborter[out] = reset ? sideOf((noted & Facts.Aborter) !== 0 ? 1 : 0, client) : 0;
    stage[out] = reset ? (noted >>> Facts.Stage) & 7 : 0;
    flags[out] =
      ((word & State.RoleCertain) !== 0 ? connectionFlags.roleCertain : 0) |
      ((word & State.Midstream) !== 0 ? connectionFlags.midstream : 0) |
      ((noted & Facts.OneWay) !== 0 ? connectionFlags.oneway : 0);
    if ((word & State.Timed) === 0) {
      ct[out] = NaN;
      rttClient[out] = NaN;
      return;
    }
    const trip = clientRoundTrip(rows[at + Row.LastSyn] as number);
    ct[out] = floats[at + Row.HandshakeTime] as number;
    rttClient[out] = trip < 0 ? NaN : trip;
  }

  function writeTotals(at: number, out: number): void {
    const client = ((rows[at + Row.State] as number) & State.ClientHigh) !== 0 ? 1 : 0;
    const server = client ^ 1;
    const extra = coldOf(at);
    const fins = rows[at + Row.TotalFins] as number;
    const resets = rows[at + Row.TotalResets] as number;
    const bytes = (at + Row.TotalBytes) >> 1;
    const opening = rows[at + Row.TotalOpening] as number;
    packetsClient[out] = rows[at + Row.TotalPackets + client] as number;
    packetsServer[out] = rows[at + Row.TotalPackets + server] as number;
    bytesClient[out] = doubles[bytes + client] as number;
    bytesServer[out] = doubles[bytes + server] as number;
    retransClient[out] = rows[at + Row.TotalRetrans + client] as number;
    retransServer[out] = rows[at + Row.TotalRetrans + server] as number;
    zeroWindowsClient[out] = cold[extra + Cold.ZeroWindows + client] as number;
    zeroWindowsServer[out] = cold[extra + Cold.ZeroWindows + server] as number;
    dupAcksClient[out] = cold[extra + Cold.DupAcks + client] as number;
    dupAcksServer[out] = cold[extra + Cold.DupAcks + server] as number;
    copiesClient[out] = countsCopies ? (cold[extra + Cold.Copies + client] as number) : NaN;
    copiesServer[out] = countsCopies ? (cold[extra + Cold.Copies + server] as number) : NaN;
    const extraResets = extra + Cold.ExtraResets;
    resetsClient[out] = ((resets >>> (client * Half.Bits)) & Half.Most) + (cold[extraResets + client] as number);
    resetsServer[out] = ((resets >>> (server * Half.Bits)) & Half.Most) + (cold[extraResets + server] as number);
    const extraFins = extra + Cold.ExtraFins;
    finsClient[out] = ((fins >>> (client * Half.Bits)) & Half.Most) + (cold[extraFins + client] as number);
    finsServer[out] = ((fins >>> (server * Half.Bits)) & Half.Most) + (cold[extraFins + server] as number);
    syns[out] = (opening & Opening.Most) + (cold[extra + Cold.ExtraSyns] as number);
    synAcks[out] = ((opening >>> Opening.SynAck) & Opening.Most) + (cold[extra + Cold.ExtraSynAcks] as number);
    attempts[out] = (opening >>> Opening.Attempt) & 15;
    handshakes[out] = opening >>> Opening.Handshake;
    malformed[out] = cold[extra + Cold.Malformed] as number;
  }

  return { add, enterEpoch, announce, finish };
}

function allocate(buffers: BufferSource, rows: number): { batch: ConnectionBatch; buffer: ArrayBuffer } {
  const columns = allocateColumns(buffers, rows, connectionCounters);
  const batch: ConnectionBatch = {
    kind: 'connections',
    rows,
    epoch: 0,
    until: 0,
    counters: columns.counters,
    ct: columns.floats(),
    rttClient: columns.floats(),
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
  return { batch, buffer: columns.buffer };
}

/** 1 client, 2 server. */
function sideOf(direction: number, client: number): number {
  return direction === client ? 1 : 2;
}

/** Copies as many rows as `to` has. */
function copyRows(from: ConnectionBatch, to: ConnectionBatch): void {
  to.counters.forEach((column, i) => column.set((from.counters[i] as CounterColumn).subarray(0, column.length)));
  for (const name of columnNames) {
    to[name].set(from[name].subarray(0, to[name].length));
  }
}

const columnNames = [
  ...(['ct', 'rttClient', 'startSeconds', 'startNanos', 'endSeconds', 'endNanos', 'facts'] as const),
  ...(['clientIp', 'serverIp', 'clientPort', 'serverPort', 'vlans', 'vlanCount'] as const),
  ...(['close', 'state', 'history', 'closer', 'aborter', 'stage', 'flags'] as const),
];
