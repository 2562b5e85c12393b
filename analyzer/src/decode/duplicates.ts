import { Pkt, type PacketBatch } from '../capture/packet-batch.js';
import { createDelays } from './duplicate-delays.js';
import { LINK_ETHERNET, LINK_SLL, LINK_SLL2 } from './link.js';
import { Flag, MAX_VLANS, Seg } from './segment.js';

/** `off`: every packet counts. `auto`: copies are left out that something proves to be copies. `on`: those too that only look it. */
export const dedupModes = ['off', 'auto', 'on'] as const;
export type DedupMode = (typeof dedupModes)[number];

/** Segments remembered; a power of 2. At 1 M packets/s that is some 16 ms, more than copies of a mirror port lie apart. */
const ENTRIES = 1 << 14;
/** Words of an entry. */
const enum Entry {
  /** Hash of all that a copy has in common with its original; 0 when the entry is empty. */
  Content = 0,
  /** Microseconds modulo 2^32 of the last original. */
  Time = 1,
  /** Vantage points it was seen from, the originals' first: `Seen` each. */
  Seen = 2,
  Words = 8,
}
/** Fields of a vantage point in an entry: hash of the place (14 bits), time to live (8), copies seen there (10). */
const enum Seen {
  Ttl = 14,
  Count = 22,
  Place = 0x3fff,
  Most = 0x3ff,
}
/** A copy from the same place, microseconds: later, it is the sender's own repetition. */
const SAME_PLACE = 1000;
/** Originals of RSTs must have shown this many copies of other segments before a time to live alone proves anything. */
const LEARNED = 2;

/** Where a segment came from: two words for each, written by the decoder when there is somebody to read them. */
export const enum Origin {
  /** First word of its packet in the batch. */
  Packet = 0,
  /** Offset of its TCP header in the batch's bytes; -1 when it lies elsewhere (reassembled, unpacked). */
  Tcp = 1,
  Words = 2,
}

export type Duplicates = ReturnType<typeof createDuplicates>;

/** What was left out of the segments of a batch, in order. */
export interface Copies {
  /** Segments (`Seg`), one behind the other. */
  readonly segments: Int32Array;
  /** For each, how many segments of the batch came before it and remain. */
  readonly behind: Int32Array;
  /** How many there are. */
  length: number;
}

/**
 * Leaves out segments that were captured before at another place: mirror ports and "any" devices deliver a packet once for
 * each port or interface that it passes.
 *
 * A copy has the same addresses, ports, IP id and TCP bytes (but for the checksum, which offloading fills in late). That
 * alone proves nothing: the answers of a dead socket are byte-identical, too (RFC 9293 3.10.7.1: a RST that is made of the
 * segment it answers). So a copy must come from another vantage point (VLAN, MAC addresses, interface, or time to live),
 * within the delay that is usual between the two; or, from the same one, carry an IP id other than 0 within 1 ms, and be no
 * RST. Of n equal segments seen at two places n remain: each vantage point may repeat an original once.
 *
 * Trade-offs. Memory is a table of fixed size in which newer segments take the place of older ones, so that a copy that
 * comes very late counts as a segment. Contents are compared by a hash of 32 bits beside 14 of the place in the table: one
 * wrong match in some 10^13 comparisons.
 */
export function createDuplicates(segments: Int32Array, origins: Int32Array, mode: Exclude<DedupMode, 'off'>) {
  const table = new Int32Array(ENTRIES * Entry.Words);
  const delays = createDelays();
  const lenient = mode === 'on';
  const most = origins.length / Origin.Words;
  const copies: Copies = { segments: new Int32Array(most * Seg.Words), behind: new Int32Array(most), length: 0 };
  const duplicates = {
    /** Segments left out so far. */
    count: 0,
    /** Of the last `take`. */
    copies,
    take,
  };

  /**
   * Takes the copies out of segments number `first` to `first + length`, which are those of the batch.
   * @returns how many remain
   */
  function take(batch: PacketBatch, first: number, length: number): number {
    let kept = 0;
    copies.length = 0;
    for (let number = 0; number < length; number++) {
      const segment = (first + number) * Seg.Words;
      const isSegment = ((segments[segment + Seg.Flags] as number) & Flag.Quote) === 0;
      if (isSegment && isCopy(batch, segment, number * Origin.Words)) {
        duplicates.count++;
        keep(segment, kept);
        continue;
      }
      if (kept !== number) {
        segments.copyWithin((first + kept) * Seg.Words, segment, segment + Seg.Words);
      }
      kept++;
    }
    return kept;
  }

  function keep(segment: number, behind: number): void {
    const to = copies.length * Seg.Words;
    for (let word = 0; word < Seg.Words; word++) {
      copies.segments[to + word] = segments[segment + word] as number;
    }
    // Row 0 belongs to nobody: the connection is looked for.
    copies.segments[to + Seg.Hint] = 0;
    copies.behind[copies.length++] = behind;
  }

  function isCopy(batch: PacketBatch, segment: number, origin: number): boolean {
    const packet = origins[origin + Origin.Packet] as number;
    const content = contentOf(batch, segment, packet, origins[origin + Origin.Tcp] as number);
    const entry = (content >>> 18) * Entry.Words;
    const mark = Math.imul(content ^ (segments[segment + Seg.Hash] as number), 0x9e3779b1) | 1;
    const time =
      (Math.imul(segments[segment + Seg.Seconds] as number, 1_000_000) +
        Math.round((segments[segment + Seg.Nanos] as number) / 1000)) |
      0;
    const ttl = (segments[segment + Seg.Ttl] as number) & 0xff;
    const vantage = (placeOf(batch, segment, packet) & Seen.Place) | (ttl << Seen.Ttl);
    if (table[entry + Entry.Content] !== mark) {
      begin(entry, mark, time, vantage);
      return false;
    }
    const delay = Math.abs((time - (table[entry + Entry.Time] as number)) | 0);
    const original = table[entry + Entry.Seen] as number;
    if (sameVantage(original, vantage)) {
      return again(entry, segment, time, delay, vantage);
    }
    return elsewhere(entry, segment, mark, time, delay, vantage);
  }

  function begin(entry: number, mark: number, time: number, vantage: number): void {
    table[entry + Entry.Content] = mark;
    table[entry + Entry.Time] = time;
    table[entry + Entry.Seen] = vantage | (1 << Seen.Count);
    for (let word = entry + Entry.Seen + 1; word < entry + Entry.Words; word++) {
      table[word] = 0;
    }
  }

  /** The same bytes from the place of the original: one more original, unless only a copy can have this IP id so soon. */
  function again(entry: number, segment: number, time: number, delay: number, vantage: number): boolean {
    const reset = ((segments[segment + Seg.Flags] as number) & Flag.Rst) !== 0;
    const named = (segments[segment + Seg.IpId] as number) > 0;
    if (!reset && (named || lenient) && delay <= SAME_PLACE) {
      return true;
    }
    if (delay > delays.most) {
      begin(entry, table[entry + Entry.Content] as number, time, vantage);
      return false;
    }
    const first = table[entry + Entry.Seen] as number;
    if (first >>> Seen.Count < Seen.Most) {
      table[entry + Entry.Seen] = first + (1 << Seen.Count);
    }
    table[entry + Entry.Time] = time;
    return false;
  }

  /** The same bytes from another place: a copy, if that place still owes one and the delay is usual between the two. */
  function elsewhere(
    entry: number,
    segment: number,
    mark: number,
    time: number,
    delay: number,
    vantage: number
  ): boolean {
    const original = table[entry + Entry.Seen] as number;
    const pair = pairOf(original, vantage);
    if (delay > delays.allowed(pair)) {
      begin(entry, mark, time, vantage);
      return false;
    }
    const reset = ((segments[segment + Seg.Flags] as number) & Flag.Rst) !== 0;
    const sameSpot = ((original ^ vantage) & Seen.Place) === 0;
    if (reset && sameSpot && delays.seen(pair) < LEARNED) {
      return false; // an injected RST differs from the real one by its time to live
    }
    for (let word = entry + Entry.Seen + 1; word < entry + Entry.Words; word++) {
      const seen = table[word] as number;
      if (seen === 0 || sameVantage(seen, vantage)) {
        const copies = seen >>> Seen.Count;
        if (copies >= original >>> Seen.Count) {
          return false;
        }
        table[word] = (seen === 0 ? vantage : seen) + (1 << Seen.Count);
        if (!reset) {
          delays.learn(pair, delay);
        }
        return true;
      }
    }
    return false;
  }

  /** Hash of what a copy has in common with its original. */
  function contentOf(batch: PacketBatch, segment: number, packet: number, tcp: number): number {
    let hash = segments[segment + Seg.Hash] as number;
    hash = Math.imul(hash ^ (segments[segment + Seg.Sequence] as number), 0x85ebca6b);
    hash = Math.imul((hash ^ (hash >>> 15)) + (segments[segment + Seg.Acknowledgement] as number), 0xc2b2ae35);
    hash = Math.imul((hash ^ (hash >>> 13)) + (segments[segment + Seg.Payload] as number), 0x27d4eb2f);
    const rest =
      ((segments[segment + Seg.Flags] as number) << 1) |
      (segments[segment + Seg.Direction] as number) |
      ((segments[segment + Seg.Window] as number) << 9);
    hash = Math.imul((hash ^ (hash >>> 15)) + rest, 0x165667b1);
    hash = Math.imul((hash ^ (hash >>> 13)) + (segments[segment + Seg.IpId] as number), 0x9e3779b1);
    if (tcp >= 0) {
      // Options, among them the timestamps, and the beginning of the data.
      const { view, words } = batch;
      const header = (view.getUint8(tcp + 12) >>> 4) << 2;
      const captured = (words[packet + Pkt.At] as number) + (words[packet + Pkt.Captured] as number);
      const data = tcp + header + Math.min(DATA, segments[segment + Seg.Payload] as number);
      const end = data < captured ? data : captured;
      for (let at = tcp + 20; at + 4 <= end; at += 4) {
        hash = Math.imul((hash ^ (hash >>> 15)) + view.getInt32(at), 0x85ebca6b);
      }
    }
    return hash ^ (hash >>> 16);
  }

  /** Hash of the place that a packet was captured at, but for its time to live. */
  function placeOf(batch: PacketBatch, segment: number, packet: number): number {
    const { view, words } = batch;
    const at = words[packet + Pkt.At] as number;
    let hash = Math.imul((segments[segment + Seg.Interface] as number) + 1, 0x9e3779b1);
    const link = words[packet + Pkt.LinkType] as number;
    // Ethernet: both addresses. Cooked: direction and address, in version 2 the interface, too.
    const length = link === LINK_ETHERNET ? 12 : link === LINK_SLL ? 12 : link === LINK_SLL2 ? 20 : 0;
    if ((words[packet + Pkt.Captured] as number) >= length) {
      for (let word = 0; word < length; word += 4) {
        hash = Math.imul((hash ^ (hash >>> 15)) + view.getInt32(at + word), 0x85ebca6b);
      }
    }
    const tags = segments[segment + Seg.VlanCount] as number;
    for (let tag = 0; tag < tags && tag < MAX_VLANS; tag++) {
      hash = Math.imul((hash ^ (hash >>> 15)) + (segments[segment + Seg.Vlan + tag] as number) + 1, 0xc2b2ae35);
    }
    return hash ^ (hash >>> 16);
  }

  return duplicates;
}

/** Bytes of data that are compared; headers and these are in every capture that was not cut at the header. */
const DATA = 32;

function sameVantage(a: number, b: number): boolean {
  return ((a ^ b) & ((1 << Seen.Count) - 1)) === 0;
}

/** Names two vantage points: their places, and by how many routers they are apart. */
function pairOf(from: number, to: number): number {
  const hops = ((from >>> Seen.Ttl) - (to >>> Seen.Ttl)) & 0xff;
  return Math.imul((from & Seen.Place) | ((to & Seen.Place) << 14), 0x9e3779b1) ^ Math.imul(hops + 1, 0x85ebca6b);
}
