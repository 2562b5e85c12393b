import { closeClasses } from '@tcpscope/filter';
import { writeKey } from '../decode/connection-key.js';
import { Flag, Seg } from '../decode/segment.js';
import type { Batch, ConnectionBatch } from '../flow/index.js';
import { Kept, keptVersion } from './kept-packets.js';

export interface RecentOptions {
  /** Packets remembered of all connections together, rounded up to a power of two; 0 for none. 32 bytes each. */
  readonly packets: number;
  /** Packets kept with a connection that ended badly. */
  readonly each: number;
  /** Connections in 10 s of event time that packets are kept of, and of these of one service and close class. */
  readonly connections: number;
  readonly alike: number;
}

export const defaultRecent: RecentOptions = { packets: 1 << 18, each: 32, connections: 64, alike: 4 };

/** Words of a remembered packet. */
const enum Slot {
  /** Both addresses mixed, and the ports in the order of the ends: names the connection, but for one in 2^32. */
  Ends = 0,
  Ports = 1,
  Seconds = 2,
  /** Nanoseconds; << 30 the direction; << 31 whether the window is unknown. */
  Nanos = 3,
  Sequence = 4,
  Acknowledgement = 5,
  /** Window, << 16 flags, << 24 time to live. */
  Header = 6,
  /** Payload up to 65,535, << 16 the IPv4 identification. */
  Sizes = 7,
  Words = 8,
}

const DIRECTION = 30;
const NO_WINDOW = 31;
/** Connections with a RST that wait for their packets to be looked up, and those whose packets have been. */
const MOST_PENDING = 256;
const MOST_SAVED = 1024;
/** Ways to end that are worth packets. */
const anomalies = new Set(
  (['refused', 'setupabort', 'noanswer', 'halfopen', 'finrst', 'rst', 'halfclosed', 'orphan'] as const).map((name) =>
    closeClasses.indexOf(name)
  )
);

interface Saved {
  /** Slots, oldest first. */
  words: Int32Array;
  /** Packets up to this ordinal have been looked through. */
  upTo: number;
}

/**
 * The headers of the last packets of all connections, so that one that ends badly keeps its own last packets.
 *
 * Trade-off: every packet writes 32 bytes in order; nothing is looked up and nothing allocated. The price is paid where
 * connections end: the ring is then searched from its newest packet backwards, once for all connections that a batch ends.
 * Both together are about a tenth of a worker's CPU time (test/bench/recent-packets.ts). A connection is only given up
 * seconds after its end, when a busy ring may have forgotten it; so packets of connections with a RST are put aside each
 * three quarters of a turn of the ring. What else ends (a SYN without an answer) keeps what the ring still has. Packets of
 * tuples whose ports and mixed addresses are all equal would be mistaken for each other: one in 2^32 pairs of addresses.
 */
export class RecentPackets {
  private readonly slots: Int32Array;
  private readonly mask: number;
  private readonly turn: number;
  /** Packets ever recorded; the slot of the next one is this modulo the size of the ring. */
  private written = 0;
  private nextHarvest: number;
  private readonly pending = new Int32Array(2 * MOST_PENDING);
  private pendingCount = 0;
  private readonly saved = new Map<string, Saved>();
  private readonly key = new Int32Array(Seg.Words);
  private epoch = -1;
  private keptInEpoch = 0;
  private readonly alike = new Map<string, number>();
  /** Connections that would have kept packets if the limits had allowed it. */
  skipped = 0;

  constructor(private readonly options: RecentOptions) {
    const size = 1 << Math.max(6, Math.ceil(Math.log2(options.packets)));
    this.slots = new Int32Array(size * Slot.Words);
    this.mask = size - 1;
    this.turn = (size >>> 2) * 3;
    this.nextHarvest = this.turn;
  }

  /** Remembers segments number `first` up to `first + count`; in a small ring, a quarter of it at a time. */
  record(segments: Int32Array, first: number, count: number): void {
    const most = (this.mask + 1) >>> 2;
    for (let from = first; from < first + count; from += most) {
      this.recordSome(segments, from, Math.min(most, first + count - from));
    }
  }

  private recordSome(segments: Int32Array, first: number, count: number): void {
    const { slots, mask } = this;
    let { written } = this;
    for (let at = first * Seg.Words; at < (first + count) * Seg.Words; at += Seg.Words) {
      const flags = segments[at + Seg.Flags] as number;
      if ((flags & Flag.Quote) !== 0) {
        continue;
      }
      const slot = (written++ & mask) * Slot.Words;
      const window = segments[at + Seg.Window] as number;
      const payload = segments[at + Seg.Payload] as number;
      const ends = mixed(segments, at);
      slots[slot + Slot.Ends] = ends;
      slots[slot + Slot.Ports] = segments[at + Seg.KeyPorts] as number;
      slots[slot + Slot.Seconds] = segments[at + Seg.Seconds] as number;
      slots[slot + Slot.Nanos] =
        (segments[at + Seg.Nanos] as number) |
        ((segments[at + Seg.Direction] as number) << DIRECTION) |
        (window < 0 ? 1 << NO_WINDOW : 0);
      slots[slot + Slot.Sequence] = segments[at + Seg.Sequence] as number;
      slots[slot + Slot.Acknowledgement] = segments[at + Seg.Acknowledgement] as number;
      slots[slot + Slot.Header] =
        (window & 0xffff) | ((flags & 0xff) << 16) | ((segments[at + Seg.Ttl] as number) << 24);
      slots[slot + Slot.Sizes] = (payload > 0xffff ? 0xffff : payload) | ((segments[at + Seg.IpId] as number) << 16);
      if ((flags & Flag.Rst) !== 0) {
        this.note(ends, segments[at + Seg.KeyPorts] as number);
      }
    }
    this.written = written;
    if (written >= this.nextHarvest) {
      this.nextHarvest = written + this.turn;
      this.harvest();
    }
  }

  /** Adds packets to the connections of a batch that ended badly. */
  attach(batch: Batch): Batch {
    if (batch.kind !== 'connections' || batch.rows === 0) {
      return batch;
    }
    const wanted = this.choose(batch);
    const found = this.search(new Map([...wanted].map(([, { name }]) => [name, this.saved.get(name)?.upTo ?? 0])));
    const packets = new Map<number, Int32Array>();
    for (const [row, { name }] of wanted) {
      const words = this.joined(name, found.get(name));
      const own = this.pack(batch, row, words);
      if (own !== null) {
        packets.set(row, own);
      }
    }
    this.forget(batch);
    return packets.size === 0 ? batch : { ...batch, packets };
  }

  /** A RST has come: its connection's packets will be put aside before they are overwritten. */
  private note(ends: number, ports: number): void {
    const { pending, pendingCount } = this;
    if (pendingCount === MOST_PENDING) {
      return;
    }
    // A burst of RSTs is one connection.
    for (let at = 2 * Math.max(0, pendingCount - 4); at < 2 * pendingCount; at += 2) {
      if (pending[at] === ends && pending[at + 1] === ports) {
        return;
      }
    }
    pending[2 * pendingCount] = ends;
    pending[2 * pendingCount + 1] = ports;
    this.pendingCount++;
  }

  private harvest(): void {
    const since = new Map<string, number>();
    for (let at = 0; at < 2 * this.pendingCount; at += 2) {
      const name = `${this.pending[at]} ${this.pending[at + 1]}`;
      since.set(name, this.saved.get(name)?.upTo ?? 0);
    }
    this.pendingCount = 0;
    for (const [name, words] of this.search(since)) {
      const all = this.joined(name, words);
      this.saved.delete(name);
      this.saved.set(name, { words: all, upTo: this.written });
      if (this.saved.size > MOST_SAVED) {
        this.saved.delete(this.saved.keys().next().value as string);
      }
    }
  }

  /**
   * The packets of connections that are worth keeping.
   * @param wanted names, and the ordinal from which on each is to be searched
   */
  private search(wanted: ReadonlyMap<string, number>): Map<string, Int32Array> {
    const found = new Map<string, Int32Array>();
    if (wanted.size === 0) {
      return found;
    }
    const { slots, mask, written } = this;
    const places = new Lookup(wanted);
    const lists = places.since.map(() => [] as number[]);
    const oldest = Math.max(0, written - mask - 1, Math.min(...places.since));
    for (let ordinal = written - 1; ordinal >= oldest; ordinal--) {
      const slot = (ordinal & mask) * Slot.Words;
      const place = places.of(slots[slot] as number, slots[slot + Slot.Ports] as number);
      if (place >= 0 && ordinal >= (places.since[place] as number)) {
        (lists[place] as number[]).push(slot);
      }
    }
    places.names.forEach((name, place) => {
      const list = this.around((lists[place] as number[]).reverse());
      const words = new Int32Array(list.length * Slot.Words);
      list.forEach((slot, i) => words.set(slots.subarray(slot, slot + Slot.Words), i * Slot.Words));
      found.set(name, words);
    });
    return found;
  }

  /** Those that led to the first RST, with as many behind it: a burst of RSTs must not push out what led to it. */
  private around(list: readonly number[]): readonly number[] {
    const { each } = this.options;
    const reset = list.findIndex((slot) => (((this.slots[slot + Slot.Header] as number) >>> 16) & Flag.Rst) !== 0);
    return reset < 0 ? list.slice(-each) : list.slice(Math.max(0, reset + 1 - each), reset + 1 + each);
  }

  /** What was put aside of a connection, and what came later. */
  private joined(name: string, later: Int32Array | undefined): Int32Array {
    const earlier = this.saved.get(name)?.words ?? new Int32Array(0);
    const most = 2 * this.options.each * Slot.Words;
    const all = new Int32Array(Math.min(most, earlier.length + (later?.length ?? 0)));
    all.set(earlier);
    all.set((later ?? earlier.subarray(0, 0)).subarray(0, all.length - earlier.length), earlier.length);
    return all;
  }

  /** Rows that are worth their packets and within the limits. */
  private choose(batch: ConnectionBatch): Map<number, { readonly name: string }> {
    const wanted = new Map<number, { readonly name: string }>();
    for (let row = 0; row < batch.rows; row++) {
      if (!anomalies.has(batch.close[row] as number)) {
        continue;
      }
      const epoch = Math.floor((batch.endSeconds[row] as number) / 10);
      if (epoch > this.epoch) {
        this.epoch = epoch;
        this.keptInEpoch = 0;
        this.alike.clear();
      }
      const { buffer, byteOffset } = batch.serverIp;
      const server = Buffer.from(buffer, byteOffset + row * 16, 16).toString('latin1');
      const kind = `${server}${batch.serverPort[row]} ${batch.close[row]}`;
      const alike = this.alike.get(kind) ?? 0;
      if (this.keptInEpoch >= this.options.connections || alike >= this.options.alike) {
        this.skipped++;
        continue;
      }
      this.keptInEpoch++;
      this.alike.set(kind, alike + 1);
      wanted.set(row, { name: this.nameOf(batch, row) });
    }
    return wanted;
  }

  /** What was put aside for connections that have ended now is not needed any more. */
  private forget(batch: ConnectionBatch): void {
    for (let row = 0; row < batch.rows && this.saved.size > 0; row++) {
      if (anomalies.has(batch.close[row] as number)) {
        this.saved.delete(this.nameOf(batch, row));
      }
    }
  }

  private nameOf(batch: ConnectionBatch, row: number): string {
    const { key } = this;
    writeEnds(key, batch, row);
    return `${mixed(key, 0)} ${key[Seg.KeyPorts]}`;
  }

  /** The packets of a row out of those of its tuple, as they are stored; null when there are none. */
  private pack(batch: ConnectionBatch, row: number, words: Int32Array): Int32Array | null {
    writeEnds(this.key, batch, row);
    const client = this.key[Seg.Direction] as number;
    const start = batch.startSeconds[row] as number;
    const startNanos = batch.startNanos[row] as number;
    const end = batch.endSeconds[row] as number;
    const endNanos = batch.endNanos[row] as number;
    const packed: number[] = [keptVersion];
    for (let at = 0; at < words.length; at += Slot.Words) {
      const word = (place: number) => words[at + place] as number;
      const seconds = word(Slot.Seconds) >>> 0;
      const nanos = word(Slot.Nanos) & Kept.MostNanos;
      const before = seconds < start || (seconds === start && nanos < startNanos);
      const behind = seconds > end || (seconds === end && nanos > endNanos);
      if (before || behind) {
        continue;
      }
      const server = ((word(Slot.Nanos) >>> DIRECTION) & 1) !== client;
      const unknown = word(Slot.Nanos) < 0;
      packed.push(
        seconds | 0,
        nanos | (server ? Kept.FromServer : 0) | (unknown ? Kept.NoWindow : 0),
        word(Slot.Sequence),
        word(Slot.Acknowledgement),
        word(Slot.Header),
        word(Slot.Sizes)
      );
    }
    return packed.length === 1 ? null : Int32Array.from(packed);
  }
}

function mixed(segments: Int32Array, at: number): number {
  return (segments[at + Seg.Key0] as number) ^ Math.imul(segments[at + Seg.Key1] as number, 0x9e3779b1);
}

/** Fills in a segment from the client of a row. */
function writeEnds(
  key: Int32Array,
  { clientIp, serverIp, clientPort, serverPort }: ConnectionBatch,
  row: number
): void {
  const client = new DataView(clientIp.buffer, clientIp.byteOffset + row * 16, 16);
  const server = new DataView(serverIp.buffer, serverIp.byteOffset + row * 16, 16);
  const mapped = (view: DataView) =>
    view.getInt32(0) === 0 && view.getInt32(4) === 0 && view.getInt32(8) === 0x0000_ffff;
  const four = mapped(client) && mapped(server);
  key[Seg.Family] = four ? 4 : 6;
  for (let word = 0; word < (four ? 1 : 4); word++) {
    const from = four ? 12 : word * 4;
    key[Seg.Source + word] = client.getInt32(from);
    key[Seg.Destination + word] = server.getInt32(from);
  }
  key[Seg.Ports] = ((clientPort[row] as number) << 16) | (serverPort[row] as number);
  writeKey(key, 0, 0);
}

/** Finds a few hundred connections by their two words, without making a name for each packet. */
class Lookup {
  readonly names: string[] = [];
  readonly since: number[] = [];
  private readonly table: Int32Array;
  private readonly keys: Int32Array;
  private readonly mask: number;

  constructor(wanted: ReadonlyMap<string, number>) {
    const size = 1 << Math.ceil(Math.log2(wanted.size * 4 + 2));
    this.mask = size - 1;
    this.table = new Int32Array(size).fill(-1);
    this.keys = new Int32Array(wanted.size * 2);
    for (const [name, since] of wanted) {
      const [ends = 0, ports = 0] = name.split(' ').map(Number);
      const place = this.names.length;
      this.keys[2 * place] = ends;
      this.keys[2 * place + 1] = ports;
      this.names.push(name);
      this.since.push(since);
      let slot = this.home(ends, ports);
      while ((this.table[slot] as number) >= 0) {
        slot = (slot + 1) & this.mask;
      }
      this.table[slot] = place;
    }
  }

  /** Place in `names`, or -1. */
  of(ends: number, ports: number): number {
    for (let slot = this.home(ends, ports); ; slot = (slot + 1) & this.mask) {
      const place = this.table[slot] as number;
      if (place < 0 || (this.keys[2 * place] === ends && this.keys[2 * place + 1] === ports)) {
        return place;
      }
    }
  }

  private home(ends: number, ports: number): number {
    const hash = Math.imul(ends ^ ports, 0x85ebca6b);
    return (hash ^ (hash >>> 15)) & this.mask;
  }
}
