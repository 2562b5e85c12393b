import type { Decoder } from './decoder.js';
import { Seg } from './segment.js';

/** Datagrams being reassembled at once. */
const SLOTS = 256;
/** First bytes kept of a datagram: enough for the headers of any tunnel and TCP; the rest is only accounted for. */
const HEAD = 256;
/** Separate ranges kept of a datagram; one with more holes than this is given up. */
const RANGES = 32;
/** Seconds an incomplete datagram is kept (RFC 791 proposes 15, RFC 8200 demands 60, Linux keeps 30). */
const LIFETIME = 30;
/** Words of a key: source, destination (four words each), id, protocol and family. */
const KEY = 10;

/**
 * Reassembly of IPv4 and IPv6 fragments in fixed memory: which bytes have come (RFC 815's idea), and the first 256
 * bytes themselves. A datagram becomes one segment when its last missing fragment arrives. Of overlapping fragments the
 * later bytes win. When all slots are taken the oldest datagram is given up.
 */
export class FragmentTable {
  /** Head of the datagram that `add` completed. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** How many bytes of it are there without a hole, as captured. */
  captured = 0;

  private readonly heads = new Uint8Array(SLOTS * HEAD);
  private readonly keys = new Int32Array(SLOTS * KEY);
  /** Second of the first fragment; 0 when the slot is free. */
  private readonly since = new Uint32Array(SLOTS);
  /** Length of the datagram's payload, -1 until its last fragment was seen. */
  private readonly totals = new Int32Array(SLOTS);
  /** Where the captured bytes of the head end: HEAD, or less when a fragment was snapped. */
  private readonly cuts = new Uint16Array(SLOTS);
  private readonly rangeCounts = new Uint8Array(SLOTS);
  /** Sorted, disjoint [start, end) of the bytes that came, per slot. */
  private readonly ranges = new Int32Array(SLOTS * RANGES * 2);
  private readonly key = new Int32Array(KEY);

  constructor() {
    this.bytes = new Uint8Array(HEAD);
    this.view = new DataView(this.bytes.buffer);
  }

  /**
   * @param at, end where the fragment's payload lies in the decoder's bytes, by the IP header
   * @param offset of the payload in its datagram, in bytes
   * @returns the length of the whole payload when the datagram is complete (its head is then in `bytes`), else -1
   */
  add(decoder: Decoder, at: number, end: number, protocol: number, id: number, offset: number, more: boolean): number {
    const length = end - at;
    if (length <= 0 || offset + length > 65535) {
      return -1;
    }
    this.setKey(decoder, protocol, id);
    const slot = this.find(decoder.seconds);
    const finish = offset + length;
    if (!more) {
      this.totals[slot] = finish;
    }
    if (!this.cover(slot, offset, finish)) {
      this.since[slot] = 0;
      return -1;
    }
    this.keep(slot, decoder, at, end, offset);
    const total = this.totals[slot] ?? -1;
    const first = slot * RANGES * 2;
    if (
      total < 0 ||
      this.rangeCounts[slot] !== 1 ||
      this.ranges[first] !== 0 ||
      (this.ranges[first + 1] ?? 0) < total
    ) {
      return -1;
    }
    this.bytes.set(this.heads.subarray(slot * HEAD, (slot + 1) * HEAD));
    this.captured = Math.min(total, this.cuts[slot] ?? 0);
    this.since[slot] = 0;
    return total;
  }

  private setKey(decoder: Decoder, protocol: number, id: number): void {
    const { key } = this;
    const { segments, segment } = decoder;
    const family = segments[segment + Seg.Family] as number;
    const words = family === 6 ? 4 : 1;
    key.fill(0);
    for (let word = 0; word < words; word++) {
      key[word] = segments[segment + Seg.Source + word] as number;
      key[4 + word] = segments[segment + Seg.Destination + word] as number;
    }
    key[8] = id;
    key[9] = (family << 8) | protocol;
  }

  /** The slot of the key: its own, a free one, or that of the oldest datagram. */
  private find(seconds: number): number {
    const { keys, key, since } = this;
    let chosen = 0;
    let oldest = Infinity;
    for (let slot = 0; slot < SLOTS; slot++) {
      let began = since[slot] ?? 0;
      if (began !== 0 && (seconds - began > LIFETIME || began - seconds > LIFETIME)) {
        since[slot] = began = 0;
      }
      if (began !== 0) {
        let same = true;
        for (let word = 0; same && word < KEY; word++) {
          same = keys[slot * KEY + word] === key[word];
        }
        if (same) {
          return slot;
        }
      }
      if (began < oldest) {
        oldest = began;
        chosen = slot;
      }
    }
    keys.set(key, chosen * KEY);
    since[chosen] = seconds === 0 ? 1 : seconds;
    this.totals[chosen] = -1;
    this.rangeCounts[chosen] = 0;
    this.cuts[chosen] = HEAD;
    this.heads.fill(0, chosen * HEAD, (chosen + 1) * HEAD);
    return chosen;
  }

  /** Adds [start, end) to the ranges that came; false when there is no room for another hole. */
  private cover(slot: number, start: number, end: number): boolean {
    const { ranges } = this;
    const base = slot * RANGES * 2;
    let count = this.rangeCounts[slot] ?? 0;
    let from = 0;
    while (from < count && (ranges[base + from * 2 + 1] ?? 0) < start) {
      from++;
    }
    let to = from;
    while (to < count && (ranges[base + to * 2] ?? 0) <= end) {
      start = Math.min(start, ranges[base + to * 2] ?? 0);
      end = Math.max(end, ranges[base + to * 2 + 1] ?? 0);
      to++;
    }
    if (from === to && count === RANGES) {
      return false;
    }
    ranges.copyWithin(base + (from + 1) * 2, base + to * 2, base + count * 2);
    ranges[base + from * 2] = start;
    ranges[base + from * 2 + 1] = end;
    count += 1 - (to - from);
    this.rangeCounts[slot] = count;
    return true;
  }

  private keep(slot: number, decoder: Decoder, at: number, end: number, offset: number): void {
    const available = Math.min(end, decoder.capturedEnd) - at;
    const base = slot * HEAD;
    if (at + available < end && offset + available < (this.cuts[slot] ?? 0)) {
      this.cuts[slot] = offset + Math.max(available, 0);
    }
    for (let i = 0; i < available && offset + i < HEAD; i++) {
      this.heads[base + offset + i] = decoder.bytes[at + i] ?? 0;
    }
  }
}
