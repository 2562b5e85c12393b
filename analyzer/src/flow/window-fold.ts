import { bucketOf } from '@tcpscope/filter';
import { windowCounters, type WindowBatch } from './batch.js';
import { allocateColumns, type BufferSource, type Columns } from './columns.js';
import { writeAddress4, writeAddress6 } from './address-bytes.js';
import { counterIndex, Event, eventCounters, Verdict, verdictCounters } from './events.js';
import { Ends, Half, Opening, Rec, RecMeta } from './layout.js';
import { clientRoundTrip, synDelay } from './round-trip.js';
import { nodeWords, type WindowMemory } from './window-memory.js';
import { bytesForTimes, createWindowTimes, histogramIndex } from './window-times.js';

/** Most conversations in a batch: what the store inserts well at once, and what bounds the memory on the way there. */
const BATCH_BITS = 16;
const BATCH_ROWS = 1 << BATCH_BITS;

/** Columns that records hold numbers for, in `places`; of those for each side the client's comes first. */
const enum Slot {
  Packets = 0,
  Bytes = 2,
  Retrans = 4,
  Fins = 6,
  Resets = 8,
  Syns = 10,
  SynAcks = 11,
  Attempts = 12,
  Handshakes = 13,
  TimeSum = 14,
  TimeNet = 15,
  TimeMax = 16,
  Count = 17,
}

const SLOTS: readonly number[] = [
  ...['packets', 'bytes', 'retrans.count', 'fin.count', 'rst.count'].flatMap((name) => [`${name}.clt`, `${name}.srv`]),
  ...['syn.count', 'synack.count', 'attempt.count', 'ct.count', 'ct.sum', 'ct.net.sum', 'ct.max'],
].map(counterIndex);

/** Places of histograms. */
const HANDSHAKE = histogramIndex('ct.times');
const DURATION = histogramIndex('duration.times');
const CLIENT_TRIP = histogramIndex('rtt.clt.times');
const SERVER_TRIP = histogramIndex('rtt.srv.times');
const RESET_SILENCE = histogramIndex('rst.idle.times');

/** Counters that nobody knows where copies are not looked for. */
const COPIES = ['dup.count.clt', 'dup.count.srv'].map(counterIndex);

type WindowNames = Pick<WindowBatch, 'clientIp' | 'serverIp' | 'serverPort' | 'vlan'>;

/** Bits of `Rec.Meta` that tell conversations apart. */
const META = RecMeta.Vlan | RecMeta.Ipv6;

/**
 * Writes the rows of a window.
 * @param half which of the two windows that can be open
 * @param window its start, seconds since 1970
 */
export type WindowFold = (half: number, window: number, emit: (batch: WindowBatch) => void) => void;

/**
 * Turns the records of a window into rows of conversations: connections between the same client, server, server port and
 * VLAN are added together, in the order in which conversations first appear.
 *
 * Trade-off: the columns of a batch are some fifty arrays of two types, and the compiler makes each access to "some array"
 * slow. So they are written through two arrays that lie over the whole batch, with the place of each column looked up.
 */
export function createWindowFold(memory: WindowMemory, buffers: BufferSource, countsCopies: boolean): WindowFold {
  const { records, wide, used, capacity } = memory;
  /** Open addressing: 1 + place of the record that represents a conversation. As large as the largest window needs. */
  let index = new Int32Array(1 << 12);
  const times = createWindowTimes(BATCH_ROWS);
  /** How many times the batches of the window have at most. */
  const timesOf = new Int32Array((capacity >>> BATCH_BITS) + 1);
  /** Of the batch being filled: where the columns of slots, verdicts and events begin. */
  const places = new Int32Array(Slot.Count);
  const verdictPlaces = new Int32Array(verdictCounters.length);
  const eventPlaces = new Int32Array(eventCounters.length);

  function write(half: number, window: number, emit: (batch: WindowBatch) => void): void {
    const first = half * capacity * Rec.Words;
    const end = first + (used[half] as number) * Rec.Words;
    const conversations = number(first, end);
    for (let from = 0; from < conversations; from += BATCH_ROWS) {
      const rows = Math.min(BATCH_ROWS, conversations - from);
      const room = bytesForTimes(rows, timesOf[from >>> BATCH_BITS] as number);
      const columns = allocateColumns(buffers, rows, windowCounters, room);
      const batch = {
        kind: 'windows' as const,
        window,
        rows,
        clientIp: columns.bytes(16),
        serverIp: columns.bytes(16),
        serverPort: columns.shorts(),
        vlan: columns.shorts(),
        counters: columns.counters,
      };
      if (!countsCopies) {
        COPIES.forEach((counter) => columns.counters[counter]?.fill(NaN));
      }
      lookUpPlaces(columns);
      const nodes = memory.nodes[half as 0 | 1];
      times.clear(rows);
      fill(first, end, nodes, batch, from, rows, columns.allWords, columns.allFloats);
      emit({ ...batch, times: times.write(columns, rows) });
    }
  }

  function lookUpPlaces(columns: Columns): void {
    const place = (counter: number) => {
      const column = columns.counters[counter];
      return column === undefined ? 0 : column.byteOffset / column.BYTES_PER_ELEMENT;
    };
    SLOTS.forEach((counter, slot) => (places[slot] = place(counter)));
    verdictCounters.forEach((counter, i) => (verdictPlaces[i] = place(counter)));
    eventCounters.forEach((counter, i) => (eventPlaces[i] = place(counter)));
  }

  /** Numbers the conversations of the records in `Rec.Conversation`; returns how many there are. */
  function number(first: number, end: number): number {
    let slots = index.length;
    while (slots < ((end - first) / Rec.Words) * 2) {
      slots *= 2;
    }
    if (slots > index.length) {
      index = new Int32Array(slots);
    }
    const seen = index;
    const mask = slots - 1;
    seen.fill(0);
    timesOf.fill(0);
    let conversations = 0;
    for (let at = first; at < end; at += Rec.Words) {
      let slot = hashConversation(at) & mask;
      for (;;) {
        const other = (seen[slot] as number) - 1;
        if (other < 0) {
          seen[slot] = at + 1;
          records[at + Rec.Conversation] = conversations++;
          break;
        }
        if (sameConversation(at, other)) {
          records[at + Rec.Conversation] = records[other + Rec.Conversation] as number;
          break;
        }
        slot = (slot + 1) & mask;
      }
      const part = (records[at + Rec.Conversation] as number) >>> BATCH_BITS;
      timesOf[part] = (timesOf[part] as number) + timesAt(at);
    }
    return conversations;
  }

  /** How many times a record has at most: each of its events may be one; a handshake has two round trips. */
  function timesAt(at: number): number {
    return (
      (((records[at + Rec.Verdicts] as number) & Verdict.Timed) !== 0 ? 3 : 0) +
      ((records[at + Rec.Meta] as number) >>> RecMeta.Duration !== 0 ? 1 : 0) +
      ((records[at + Rec.Events] as number) !== 0 ? 1 : 0)
    );
  }

  /** Adds the records of conversations [from, from + rows) into a batch, whose whole memory is `words` and `floats`. */
  function fill(
    first: number,
    end: number,
    nodes: Int32Array,
    batch: WindowNames,
    from: number,
    rows: number,
    words: Uint32Array,
    floats: Float64Array
  ): void {
    // Records of a conversation follow its first one: a row without a name yet is met for the first time.
    let named = 0;
    for (let at = first; at < end; at += Rec.Words) {
      const out = ((records[at + Rec.Conversation] as number) - from) | 0;
      if (out < 0 || out >= rows) {
        continue;
      }
      const meta = records[at + Rec.Meta] as number;
      const high = (meta & RecMeta.ClientHigh) !== 0 ? 1 : 0;
      if (meta >>> RecMeta.Duration !== 0) {
        times.add(DURATION, out, (meta >>> RecMeta.Duration) - 1);
      }
      if (out === named) {
        named++;
        writeNames(at, high, batch, out);
      }
      add(words, Slot.Packets, out, records[at + Rec.Packets + high] as number);
      add(words, Slot.Packets + 1, out, records[at + Rec.Packets + 1 - high] as number);
      addFloat(floats, Slot.Bytes, out, records[at + Rec.Bytes + high] as number);
      addFloat(floats, Slot.Bytes + 1, out, records[at + Rec.Bytes + 1 - high] as number);
      const retrans = records[at + Rec.Retrans] as number;
      if (retrans !== 0) {
        add(words, Slot.Retrans + high, out, retrans & Half.Most);
        add(words, Slot.Retrans + 1 - high, out, retrans >>> Half.Bits);
      }
      const ends = records[at + Rec.Ends] as number;
      if (ends !== 0) {
        add(words, Slot.Fins + high, out, ends & Ends.Most);
        add(words, Slot.Fins + 1 - high, out, (ends >>> Ends.Bits) & Ends.Most);
        add(words, Slot.Resets + high, out, (ends >>> Ends.Rst) & Ends.Most);
        add(words, Slot.Resets + 1 - high, out, ends >>> (Ends.Rst + Ends.Bits));
      }
      const opening = records[at + Rec.Opening] as number;
      if (opening !== 0) {
        add(words, Slot.Syns, out, opening & Opening.Most);
        add(words, Slot.SynAcks, out, (opening >>> Opening.SynAck) & Opening.Most);
        add(words, Slot.Attempts, out, (opening >>> Opening.Attempt) & 15);
        add(words, Slot.Handshakes, out, opening >>> Opening.Handshake);
      }
      const verdicts = records[at + Rec.Verdicts] as number;
      if (verdicts !== 0) {
        addVerdicts(words, floats, at, verdicts, high, out);
      }
      const events = records[at + Rec.Events] as number;
      if (events !== 0) {
        addEvents(words, floats, nodes, events, high, out);
      }
    }
  }

  function add(words: Uint32Array, slot: number, row: number, value: number): void {
    const at = ((places[slot] as number) + row) | 0;
    words[at] = (words[at] as number) + value;
  }

  function addFloat(floats: Float64Array, slot: number, row: number, value: number): void {
    const at = ((places[slot] as number) + row) | 0;
    floats[at] = (floats[at] as number) + value;
  }

  function addVerdicts(
    words: Uint32Array,
    floats: Float64Array,
    at: number,
    all: number,
    high: number,
    row: number
  ): void {
    if ((all & Verdict.Timed) !== 0) {
      const time = records[at + Rec.HandshakeTime] as number;
      times.add(HANDSHAKE, row, bucketOf(time));
      addFloat(floats, Slot.TimeSum, row, time);
      const lastSyn = records[at + Rec.LastSyn] as number;
      addFloat(floats, Slot.TimeNet, row, time - synDelay(lastSyn));
      const client = clientRoundTrip(lastSyn);
      if (client >= 0) {
        times.add(CLIENT_TRIP, row, bucketOf(client));
        times.add(SERVER_TRIP, row, bucketOf(time - client));
      }
      const longest = ((places[Slot.TimeMax] as number) + row) | 0;
      if (time > (words[longest] as number)) {
        words[longest] = time;
      }
    }
    for (let verdicts = all & ~Verdict.Timed; verdicts !== 0; verdicts &= verdicts - 1) {
      const bit = 31 - Math.clz32(verdicts & -verdicts);
      const place = ((verdictPlaces[(high << 5) + bit] as number) + row) | 0;
      words[place] = (words[place] as number) + 1;
    }
  }

  function addEvents(
    words: Uint32Array,
    floats: Float64Array,
    nodes: Int32Array,
    first: number,
    high: number,
    row: number
  ): void {
    for (let node = first; node !== 0; node = nodes[node * nodeWords] as number) {
      const kind = nodes[node * nodeWords + 1] as number;
      if (kind === Event.ResetSilence) {
        times.add(RESET_SILENCE, row, nodes[node * nodeWords + 2] as number);
        continue;
      }
      const place = (eventPlaces[high * Event.Kinds + kind] as number) + row;
      const value = nodes[node * nodeWords + 2] as number;
      if (kind < Event.Copy) {
        words[place] = (words[place] as number) + value;
      } else {
        floats[place] = (floats[place] as number) + value;
      }
    }
  }

  function hashConversation(at: number): number {
    const meta = records[at + Rec.Meta] as number;
    const high = (meta & RecMeta.ClientHigh) !== 0 ? 1 : 0;
    let hash = Math.imul(serverPort(records[at + Rec.Ports] as number, high) ^ ((meta & META) << 16), 0x27d4eb2f);
    if ((meta & RecMeta.Ipv6) !== 0) {
      const low = records[at + Rec.Key0] as number;
      // The client's words first, so that both directions of a role give different conversations.
      for (let word = 0; word < 8; word++) {
        hash = Math.imul(hash ^ (wide[low + (word ^ (high << 2))] as number), 0x85ebca6b);
        hash ^= hash >>> 15;
      }
    } else {
      hash ^= Math.imul(records[at + Rec.Key0 + high] as number, 0x85ebca6b);
      hash ^= hash >>> 15;
      hash = Math.imul(hash ^ (records[at + Rec.Key1 - high] as number), 0xc2b2ae35);
    }
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0x2c1b3c6d);
    return hash ^ (hash >>> 16);
  }

  function sameConversation(a: number, b: number): boolean {
    const metaA = records[a + Rec.Meta] as number;
    const metaB = records[b + Rec.Meta] as number;
    const highA = (metaA & RecMeta.ClientHigh) !== 0 ? 1 : 0;
    const highB = (metaB & RecMeta.ClientHigh) !== 0 ? 1 : 0;
    if (
      (metaA & META) !== (metaB & META) ||
      serverPort(records[a + Rec.Ports] as number, highA) !== serverPort(records[b + Rec.Ports] as number, highB)
    ) {
      return false;
    }
    if ((metaA & RecMeta.Ipv6) === 0) {
      return (
        records[a + Rec.Key0 + highA] === records[b + Rec.Key0 + highB] &&
        records[a + Rec.Key1 - highA] === records[b + Rec.Key1 - highB]
      );
    }
    const lowA = records[a + Rec.Key0] as number;
    const lowB = records[b + Rec.Key0] as number;
    for (let word = 0; word < 8; word++) {
      if (wide[lowA + (word ^ (highA << 2))] !== wide[lowB + (word ^ (highB << 2))]) {
        return false;
      }
    }
    return true;
  }

  function writeNames(at: number, high: number, batch: WindowNames, out: number): void {
    const meta = records[at + Rec.Meta] as number;
    if ((meta & RecMeta.Ipv6) !== 0) {
      const low = records[at + Rec.Key0] as number;
      writeAddress6(batch.clientIp, out * 16, wide, low + (high << 2));
      writeAddress6(batch.serverIp, out * 16, wide, low + ((high ^ 1) << 2));
    } else {
      writeAddress4(batch.clientIp, out * 16, records[at + Rec.Key0 + high] as number);
      writeAddress4(batch.serverIp, out * 16, records[at + Rec.Key1 - high] as number);
    }
    batch.serverPort[out] = serverPort(records[at + Rec.Ports] as number, high);
    batch.vlan[out] = meta & RecMeta.Vlan;
  }

  return write;
}

function serverPort(ports: number, clientHigh: number): number {
  return clientHigh !== 0 ? ports >>> 16 : ports & 0xffff;
}
