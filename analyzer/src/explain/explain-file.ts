import { CaptureFile } from '../capture/capture-file.js';
import type { PacketSink } from '../capture/packet-batch.js';
import { readFiles } from '../capture/read-files.js';
import { Seg, type DedupMode } from '../decode/index.js';
import type { FeedLimits } from '../diagnose/index.js';
import type { Enrichment } from '../enrich/index.js';
import { errorKinds, TcpscopeError } from '../errors.js';
import { connectionCounters } from '../flow/index.js';
import { readCaptures, type ReadOptions } from '../pipeline/index.js';
import { Collector, connectionJson, explanationOf, type ConnectionRow } from '../report/index.js';
import { parseConnectionName } from './connection-name.js';
import { displayFilter } from './display-filter.js';
import { verdictWords, type ConnectionExplanation } from './explanation.js';
import { connectionsOf, findConnections } from './find-connections.js';
import type { Frame } from './frame.js';
import { limitsOf } from './limits.js';
import { nanosBetween } from './packet.js';
import { SequenceCollector, TimeCollector, type OwnSequence, type Wanted } from './own-sequence.js';
import { refuseSameFile, SliceFile } from './slice-file.js';
import { StreamNumbers } from './stream-numbers.js';
import { TupleReplay, type OwnPacket } from './tuple-replay.js';
import { isMapped, NAMING_TAGS, tupleOf, TupleMatch, vlansOf, vlansOfSegment, type Tuple } from './tuple.js';

export interface ExplainOptions {
  /** How the user names the connection; null for the only one. */
  readonly name: string | null;
  /** Show every packet, however many. */
  readonly all: boolean;
  /** How packets become connections: what is left out as a copy, what tells connections apart. As for `report`. */
  readonly flow: ReadOptions['flow'];
  /** Names of zones and applications. */
  readonly enrichment: Enrichment;
  /** When a minute of the capture is too poor for verdicts; the usual limits when left out. */
  readonly feed?: FeedLimits;
  /** Where to write its packets, or null. */
  readonly slice: string | null;
  /** Bytes read of bytes there are. */
  onProgress?(read: number, size: number | null): void;
}

export type Explained =
  | {
      readonly kind: 'explained';
      readonly explanation: ConnectionExplanation;
      /** Packets written to the slice, and its format; null without one. */
      readonly slice: { readonly packets: number; readonly format: string } | null;
      readonly damage: readonly TcpscopeError[];
    }
  /** Not one connection but several, in order of their start; or none, and these are all. */
  | {
      readonly kind: 'candidates';
      readonly error: TcpscopeError;
      readonly candidates: readonly ConnectionRow[];
      /** What was lost behind it may be what is looked for. */
      readonly damage: readonly TcpscopeError[];
    };

/**
 * Explains one connection of a capture file, in passes: the connections of the file and all that is known around them; the
 * packets of this one; and its frames once more, when they are to be written. No pass holds more than one connection's
 * notable packets, so the file may be of any size.
 *
 * Throws TCPS_E_EXPLAIN_NAME and the errors of files.
 */
export async function explainFile(path: string, options: ExplainOptions): Promise<Explained> {
  const named = options.name === null ? null : parseConnectionName(options.name);
  if (options.name !== null && named === null) {
    throw new TcpscopeError(errorKinds.explainName, [options.name]);
  }
  await requireFile(path);
  if (options.slice !== null) {
    refuseSameFile(path, options.slice);
  }
  const { flow } = options;
  const collector = new Collector(options.enrichment, { feed: options.feed });
  const { damage } = await readCaptures([path], {
    workers: 1,
    flow,
    onBatch: (batch) => collector.add(batch),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  const all = collector.connections(null);
  const found =
    named === null
      ? all
      : named.kind === 'stream'
        ? await connectionsOfStream(path, all, named.stream, flow)
        : findConnections(all, named);
  const [row] = found;
  if (row === undefined || found.length > 1) {
    const verb = row === undefined ? 'fits' : 'fit';
    const text = options.name === null ? '' : ` that ${verb} "${options.name}"`;
    const error =
      row === undefined
        ? new TcpscopeError(errorKinds.explainUnknown, [path, text])
        : new TcpscopeError(errorKinds.explainAmbiguous, [found.length, path, text]);
    return { kind: 'candidates', error, candidates: row === undefined ? all : found, damage };
  }
  return { kind: 'explained', damage, ...(await explainRow(path, row, all, collector, options)) };
}

async function requireFile(path: string): Promise<void> {
  if (path === '-') {
    throw new TcpscopeError(errorKinds.explainStream, ['Standard input']);
  }
  const file = await CaptureFile.open(path);
  file.close();
  if (file.size === null) {
    throw new TcpscopeError(errorKinds.explainStream, [path]);
  }
}

/** One pass over the file. Damage has been told by the first one. */
async function pass(path: string, sinks: readonly PacketSink[]): Promise<void> {
  const file = await CaptureFile.open(path);
  try {
    await readFiles([file], { batch: (batch) => sinks.forEach((sink) => sink.batch(batch)) });
  } finally {
    file.close();
  }
}

async function connectionsOfStream(
  path: string,
  all: readonly ConnectionRow[],
  wanted: number,
  { dedup = 'off', separateVlans = false }: ReadOptions['flow']
): Promise<ConnectionRow[]> {
  let tuple: Tuple | null = null;
  let number = 0;
  const numbers = new StreamNumbers((segment, stream, packet) => {
    if (stream === wanted && tuple === null) {
      tuple = tupleOfSegment(segment, separateVlans);
      number = packet;
    }
  });
  await pass(path, [numbers]);
  if (tuple === null) {
    return [];
  }
  return connectionOfPacket(path, connectionsOf(all, tuple), tuple, number, dedup);
}

/** Of connections of one tuple the one that a packet belongs to. */
async function connectionOfPacket(
  path: string,
  rows: readonly ConnectionRow[],
  tuple: Tuple,
  number: number,
  dedup: DedupMode
): Promise<ConnectionRow[]> {
  if (rows.length <= 1) {
    return [...rows];
  }
  let connection = 0;
  const starts = new Map<number, OwnPacket>();
  const replay = new TupleReplay(tuple, dedup, (own) => {
    if (!starts.has(own.connection)) {
      starts.set(own.connection, own);
    }
    if (own.packet.number === number) {
      connection = own.connection;
    }
  });
  await pass(path, [replay]);
  replay.finish();
  const start = starts.get(connection)?.packet;
  return rows.filter(
    ({ batch, row }) => batch.startSeconds[row] === start?.seconds && batch.startNanos[row] === start?.nanos
  );
}

function tupleOfSegment(segment: Int32Array, separateVlans: boolean): Tuple {
  const address = (at: number) => {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    if (segment[Seg.Family] === 4) {
      view.setUint16(10, 0xffff);
      view.setInt32(12, segment[at] as number);
    } else {
      [0, 1, 2, 3].forEach((word) => view.setInt32(word * 4, segment[at + word] as number));
    }
    return bytes;
  };
  const ports = segment[Seg.Ports] as number;
  return {
    clientIp: address(Seg.Source),
    clientPort: ports >>> 16,
    serverIp: address(Seg.Destination),
    serverPort: ports & 0xffff,
    vlans: separateVlans ? vlansOfSegment(segment, 0) : null,
  };
}

async function explainRow(
  path: string,
  row: ConnectionRow,
  all: readonly ConnectionRow[],
  collector: Collector,
  options: ExplainOptions
) {
  const { dedup = 'off', separateVlans = false } = options.flow;
  const tuple = tupleOf(row, separateVlans);
  const wanted = wantedOf(row);
  const match = new TupleMatch(tuple);
  const streams = new Map<number, number>();
  const numbers = new StreamNumbers((segment, stream, packet) => {
    if (match.side(segment, 0) !== 0 && !streams.has(stream)) {
      streams.set(stream, packet);
    }
  });
  const byRules = new SequenceCollector(wanted, options.all);
  const replay = new TupleReplay(
    tuple,
    dedup,
    (own) => byRules.add(own),
    (message) => byRules.addMessage(message)
  );
  await pass(path, [replay, numbers]);
  replay.finish();
  const exact = byRules.found();
  const own = exact ?? (await byTime(path, tuple, wanted, dedup, options.all));
  const facts: Record<string, unknown> = { ...connectionJson(row), application: collector.namesOf(row).application };
  const others = connectionsOf(all, tuple).length > 1;
  const elsewhere = connectionsOf(all, { ...tuple, vlans: null }).some((other) => vlansOf(other) !== vlansOf(row));
  const vlans = separateVlans && elsewhere ? (facts['vlan'] as readonly number[]).slice(0, NAMING_TAGS) : null;
  const explanation: ConnectionExplanation = {
    facts,
    stream: streamOf(own, streams),
    verdict: verdictWords(explanationOf(row)),
    limits: limitsOf(row, exact === null),
    displayFilter: displayFilter(
      tuple,
      vlans,
      others ? spanOf(own) : null,
      own.messages.shown.length > 0,
      isSix(own, tuple)
    ),
    sequence: own.sequence,
    messages: own.messages,
  };
  const slice = options.slice === null ? null : await writeSlice(path, options.slice, tuple, own, dedup);
  return { explanation, slice };
}

/** From its oldest packet to its youngest, or to the last message that is shown. */
function spanOf({ messages, span: { first, last } }: OwnSequence) {
  const frame = messages.shown.at(-1)?.frame;
  return { first, last: frame !== undefined && nanosBetween(last, frame) > 0 ? frame : last };
}

/** Whether its packets are IPv6. Addresses do not tell it when both are IPv4: these may stand in IPv6 headers. */
function isSix({ sequence }: OwnSequence, { clientIp, serverIp }: Tuple): boolean {
  const [first] = sequence.rows.flatMap((row) => ('step' in row ? [row.step.packet] : []));
  return first === undefined ? !isMapped(clientIp) || !isMapped(serverIp) : first.ipId === null;
}

/** The stream of the connection's first packet: the last one of the tuple that had begun by then. */
function streamOf({ sequence }: OwnSequence, streams: ReadonlyMap<number, number>): number | null {
  const [first] = sequence.rows.flatMap((row) => ('step' in row ? [row.step.packet.number ?? 0] : []));
  const begun = [...streams].filter(([, packet]) => packet <= (first ?? 0)).map(([stream]) => stream);
  return begun.length === 0 ? null : Math.max(...begun);
}

async function byTime(
  path: string,
  tuple: Tuple,
  wanted: Wanted,
  dedup: DedupMode,
  all: boolean
): Promise<OwnSequence> {
  const collector = new TimeCollector(wanted, all);
  const replay = new TupleReplay(
    tuple,
    dedup,
    (own) => collector.add(own),
    (message) => collector.addMessage(message)
  );
  await pass(path, [replay]);
  replay.finish();
  return collector.found();
}

async function writeSlice(
  path: string,
  to: string,
  tuple: Tuple,
  { format, selection }: OwnSequence,
  dedup: DedupMode
) {
  const encoder = format.encoder(to);
  const file = new SliceFile(to);
  let packets = 0;
  try {
    file.write(encoder.header);
    const write = (frame: Frame) => {
      packets++;
      file.write(encoder.packet(frame));
    };
    const replay = new TupleReplay(
      tuple,
      dedup,
      (own) => selection(own) && own.frames.forEach(write),
      (message) => selection(message) && write(message.frame)
    );
    await pass(path, [replay]);
    replay.finish();
  } catch (error) {
    file.discard();
    throw error;
  }
  file.close();
  return { packets, format: encoder.format };
}

const [PACKETS_CLIENT, PACKETS_SERVER] = ['packets.clt', 'packets.srv'].map((name) =>
  connectionCounters.findIndex((counter) => counter.name === name)
) as [number, number];

function wantedOf({ batch, row }: ConnectionRow): Wanted {
  const counter = (at: number) => batch.counters[at]?.[row] as number;
  return {
    first: { seconds: batch.startSeconds[row] as number, nanos: batch.startNanos[row] as number },
    last: { seconds: batch.endSeconds[row] as number, nanos: batch.endNanos[row] as number },
    packets: { client: counter(PACKETS_CLIENT), server: counter(PACKETS_SERVER) },
  };
}
