import { windowCounters, type CounterColumn, type WindowBatch } from './batch.js';
import { allocateColumns, type BufferSource } from './columns.js';
import { counterIndex, Event, eventCounters, Verdict, verdictCounters } from './events.js';
import { Ends, Half, Opening, Rec, RecMeta } from './layout.js';
import type { WindowMemory } from './window-memory.js';

/** Most conversations in a batch: what the store inserts well at once, and what bounds the memory on the way there. */
const BATCH_ROWS = 65536;

const PACKETS = sided('packets');
const BYTES = sided('bytes');
const RETRANS = sided('retrans.count');
const FINS = sided('fin.count');
const RESETS = sided('rst.count');
const SYN = counterIndex('syn.count');
const SYNACK = counterIndex('synack.count');
const ATTEMPTS = counterIndex('attempt.count');
const HANDSHAKES = counterIndex('ct.count');
const TIME_SUM = counterIndex('ct.sum');
const TIME_NET = counterIndex('ct.net.sum');
const TIME_MAX = counterIndex('ct.max');

/** The client's and the server's counter. */
function sided(name: string): readonly [number, number] {
  return [counterIndex(`${name}.clt`), counterIndex(`${name}.srv`)];
}

/**
 * Turns the records of a window into rows of conversations: connections between the same client, server, server port and
 * VLAN are added together, in the order in which conversations first appear.
 */
export class WindowFold {
  /** Open addressing: 1 + record that represents a conversation. As large as the largest window met needs. */
  private index = new Int32Array(1 << 12);

  constructor(private readonly buffers: BufferSource) {}

  /** @param window start of the window, seconds since 1970 */
  write(memory: WindowMemory, window: number, emit: (batch: WindowBatch) => void): void {
    const conversations = this.number(memory);
    for (let from = 0; from < conversations; from += BATCH_ROWS) {
      const rows = Math.min(BATCH_ROWS, conversations - from);
      const columns = allocateColumns(this.buffers, rows, windowCounters);
      const batch: WindowBatch = {
        kind: 'windows',
        window,
        rows,
        clientIp: columns.bytes(16),
        serverIp: columns.bytes(16),
        serverPort: columns.shorts(),
        vlan: columns.shorts(),
        counters: columns.counters,
      };
      fill(memory, batch, from);
      emit(batch);
    }
  }

  /** Numbers the conversations of the records in `Rec.Conversation`; returns how many there are. */
  private number(memory: WindowMemory): number {
    const { records, used } = memory;
    let slots = this.index.length;
    while (slots < used * 2) {
      slots *= 2;
    }
    if (slots > this.index.length) {
      this.index = new Int32Array(slots);
    }
    const { index } = this;
    const mask = slots - 1;
    index.fill(0);
    let conversations = 0;
    for (let record = 0; record < used; record++) {
      const at = record * Rec.Words;
      let slot = hashConversation(memory, at) & mask;
      for (;;) {
        const other = index[slot] as number;
        if (other === 0) {
          index[slot] = record + 1;
          records[at + Rec.Conversation] = conversations++;
          break;
        }
        const otherAt = (other - 1) * Rec.Words;
        if (sameConversation(memory, at, otherAt)) {
          records[at + Rec.Conversation] = records[otherAt + Rec.Conversation] as number;
          break;
        }
        slot = (slot + 1) & mask;
      }
    }
    return conversations;
  }
}

/** Adds the records of conversations [from, from + batch.rows) into a batch. */
function fill(memory: WindowMemory, batch: WindowBatch, from: number): void {
  const { records } = memory;
  const columns = batch.counters;
  // Records of a conversation follow its first one: a row without a name yet is met for the first time.
  let named = 0;
  for (let record = 0; record < memory.used; record++) {
    const at = record * Rec.Words;
    const out = (records[at + Rec.Conversation] as number) - from;
    if (out < 0 || out >= batch.rows) {
      continue;
    }
    const clientHigh = ((records[at + Rec.Meta] as number) & RecMeta.ClientHigh) !== 0 ? 1 : 0;
    if (out === named) {
      named++;
      writeNames(memory, at, clientHigh, batch, out);
    }
    addSides(
      columns,
      PACKETS,
      clientHigh,
      out,
      records[at + Rec.Packets] as number,
      records[at + Rec.Packets + 1] as number
    );
    addSides(columns, BYTES, clientHigh, out, records[at + Rec.Bytes] as number, records[at + Rec.Bytes + 1] as number);
    const retrans = records[at + Rec.Retrans] as number;
    if (retrans !== 0) {
      addSides(columns, RETRANS, clientHigh, out, retrans & Half.Most, retrans >>> Half.Bits);
    }
    const ends = records[at + Rec.Ends] as number;
    if (ends !== 0) {
      const bits = Ends.Bits;
      addSides(columns, FINS, clientHigh, out, ends & Ends.Most, (ends >>> bits) & Ends.Most);
      addSides(columns, RESETS, clientHigh, out, (ends >>> Ends.Rst) & Ends.Most, ends >>> (Ends.Rst + bits));
    }
    const opening = records[at + Rec.Opening] as number;
    if (opening !== 0) {
      add(columns, SYN, out, opening & Opening.Most);
      add(columns, SYNACK, out, (opening >>> Opening.SynAck) & Opening.Most);
      add(columns, ATTEMPTS, out, (opening >>> Opening.Attempt) & 15);
      add(columns, HANDSHAKES, out, opening >>> Opening.Handshake);
    }
    addVerdicts(records, at, clientHigh, columns, out);
    const events = records[at + Rec.Events] as number;
    if (events !== 0) {
      addEvents(memory.nodes, events, clientHigh, columns, out);
    }
  }
}

function add(columns: readonly CounterColumn[], counter: number, row: number, value: number): void {
  const column = columns[counter] as CounterColumn;
  column[row] = (column[row] as number) + value;
}

function addSides(
  columns: readonly CounterColumn[],
  counters: readonly [number, number],
  clientHigh: number,
  row: number,
  value0: number,
  value1: number
): void {
  add(columns, counters[0], row, clientHigh === 0 ? value0 : value1);
  add(columns, counters[1], row, clientHigh === 0 ? value1 : value0);
}

function addVerdicts(
  records: Int32Array,
  at: number,
  clientHigh: number,
  columns: readonly CounterColumn[],
  row: number
): void {
  let verdicts = records[at + Rec.Verdicts] as number;
  if ((verdicts & Verdict.Timed) !== 0) {
    const time = records[at + Rec.HandshakeTime] as number;
    add(columns, TIME_SUM, row, time);
    add(columns, TIME_NET, row, time - (records[at + Rec.SynDelay] as number));
    const longest = columns[TIME_MAX] as CounterColumn;
    if (time > (longest[row] as number)) {
      longest[row] = time;
    }
    verdicts &= ~Verdict.Timed;
  }
  const first = clientHigh << 5;
  while (verdicts !== 0) {
    const bit = 31 - Math.clz32(verdicts);
    verdicts ^= 1 << bit;
    add(columns, verdictCounters[first + bit] as number, row, 1);
  }
}

function addEvents(
  nodes: Int32Array,
  first: number,
  clientHigh: number,
  columns: readonly CounterColumn[],
  row: number
): void {
  for (let node = first; node !== 0; node = nodes[node * 3] as number) {
    const kind = nodes[node * 3 + 1] as number;
    add(columns, eventCounters[clientHigh * Event.Kinds + kind] as number, row, nodes[node * 3 + 2] as number);
  }
}

/** Bits of `Rec.Meta` that tell conversations apart. */
const META = RecMeta.Vlan | RecMeta.Ipv6;

function serverPort(ports: number, clientHigh: number): number {
  return clientHigh !== 0 ? ports >>> 16 : ports & 0xffff;
}

function hashConversation(memory: WindowMemory, at: number): number {
  const { records, wide } = memory;
  const meta = records[at + Rec.Meta] as number;
  const clientHigh = (meta & RecMeta.ClientHigh) !== 0 ? 1 : 0;
  let hash = Math.imul(serverPort(records[at + Rec.Ports] as number, clientHigh) ^ ((meta & META) << 16), 0x27d4eb2f);
  if ((meta & RecMeta.Ipv6) !== 0) {
    const low = records[at + Rec.Key0] as number;
    // The client's words first, so that both directions of a role give different conversations.
    for (let word = 0; word < 8; word++) {
      hash = Math.imul(hash ^ (wide[low + (word ^ (clientHigh << 2))] as number), 0x85ebca6b);
      hash ^= hash >>> 15;
    }
  } else {
    const client = records[at + Rec.Key0 + clientHigh] as number;
    const server = records[at + Rec.Key1 - clientHigh] as number;
    hash ^= Math.imul(client, 0x85ebca6b);
    hash ^= hash >>> 15;
    hash = Math.imul(hash ^ server, 0xc2b2ae35);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 16);
}

function sameConversation(memory: WindowMemory, a: number, b: number): boolean {
  const { records, wide } = memory;
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

function writeNames(memory: WindowMemory, at: number, clientHigh: number, batch: WindowBatch, out: number): void {
  const { records, wide } = memory;
  const meta = records[at + Rec.Meta] as number;
  if ((meta & RecMeta.Ipv6) !== 0) {
    const low = records[at + Rec.Key0] as number;
    writeAddress6(batch.clientIp, out * 16, wide, low + (clientHigh << 2));
    writeAddress6(batch.serverIp, out * 16, wide, low + ((clientHigh ^ 1) << 2));
  } else {
    writeAddress4(batch.clientIp, out * 16, records[at + Rec.Key0 + clientHigh] as number);
    writeAddress4(batch.serverIp, out * 16, records[at + Rec.Key1 - clientHigh] as number);
  }
  batch.serverPort[out] = serverPort(records[at + Rec.Ports] as number, clientHigh);
  batch.vlan[out] = meta & RecMeta.Vlan;
}

/** An IPv4 address as ::ffff:a.b.c.d. */
export function writeAddress4(to: Uint8Array, at: number, address: number): void {
  to[at + 10] = 0xff;
  to[at + 11] = 0xff;
  to[at + 12] = address >>> 24;
  to[at + 13] = (address >>> 16) & 0xff;
  to[at + 14] = (address >>> 8) & 0xff;
  to[at + 15] = address & 0xff;
}

export function writeAddress6(to: Uint8Array, at: number, words: Int32Array, from: number): void {
  for (let word = 0; word < 4; word++) {
    const value = words[from + word] as number;
    to[at + word * 4] = value >>> 24;
    to[at + word * 4 + 1] = (value >>> 16) & 0xff;
    to[at + word * 4 + 2] = (value >>> 8) & 0xff;
    to[at + word * 4 + 3] = value & 0xff;
  }
}
