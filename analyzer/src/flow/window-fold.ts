import { windowCounters, type CounterColumn, type WindowBatch } from './batch.js';
import { allocateColumns, type BufferSource } from './columns.js';
import { counterIndex, Event, eventCounters } from './events.js';
import { Win, WinMeta } from './layout.js';
import type { WindowMemory } from './window-memory.js';

/** Most conversations in a batch: what the store inserts well at once, and what bounds the memory on the way there. */
const BATCH_ROWS = 65536;

const PACKETS = [counterIndex('packets.clt'), counterIndex('packets.srv')] as const;
const BYTES = [counterIndex('bytes.clt'), counterIndex('bytes.srv')] as const;
const RETRANS = [counterIndex('retrans.count.clt'), counterIndex('retrans.count.srv')] as const;
const FINS = [counterIndex('fin.count.clt'), counterIndex('fin.count.srv')] as const;
const RESETS = [counterIndex('rst.count.clt'), counterIndex('rst.count.srv')] as const;
const SYN = counterIndex('syn.count');
const SYNACK = counterIndex('synack.count');
const ATTEMPTS = counterIndex('attempt.count');
const HANDSHAKES = counterIndex('ct.count');
const TIME_SUM = counterIndex('ct.sum');
const TIME_NET = counterIndex('ct.net.sum');
const TIME_MAX = counterIndex('ct.max');

/**
 * Turns a window's memory into rows of conversations: connections between the same client, server, server port and VLAN
 * are added together, in the order in which conversations first appeared. Destroys the memory's `Win.Connection` words.
 */
export class WindowFold {
  /** Open addressing: 1 + window row that represents a conversation. Grows to the largest window met. */
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
      this.fill(memory, batch, from);
      emit(batch);
    }
  }

  /** Writes each row's conversation number over its `Win.Connection`; returns how many conversations there are. */
  private number(memory: WindowMemory): number {
    const { rows } = memory;
    const used = memory.used;
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
    for (let row = 1; row < used; row++) {
      const at = row * Win.Words;
      let slot = hashConversation(memory, at) & mask;
      for (;;) {
        const other = index[slot] as number;
        if (other === 0) {
          index[slot] = row;
          rows[at + Win.Connection] = conversations++;
          break;
        }
        if (sameConversation(memory, at, other * Win.Words)) {
          rows[at + Win.Connection] = rows[other * Win.Words + Win.Connection] as number;
          break;
        }
        slot = (slot + 1) & mask;
      }
    }
    return conversations;
  }

  private fill(memory: WindowMemory, batch: WindowBatch, from: number): void {
    const { rows, floats } = memory;
    const columns = batch.counters;
    const named = new Uint8Array(batch.rows);
    for (let row = 1; row < memory.used; row++) {
      const at = row * Win.Words;
      const out = (rows[at + Win.Connection] as number) - from;
      if (out < 0 || out >= batch.rows) {
        continue;
      }
      const meta = rows[at + Win.Meta] as number;
      const clientHigh = (meta & WinMeta.ClientHigh) !== 0 ? 1 : 0;
      if (named[out] === 0) {
        named[out] = 1;
        writeNames(memory, at, meta, clientHigh, batch, out);
      }
      const server = clientHigh ^ 1;
      add(columns, PACKETS[clientHigh] as number, out, rows[at + Win.Packets0] as number);
      add(columns, PACKETS[server] as number, out, rows[at + Win.Packets1] as number);
      add(columns, BYTES[clientHigh] as number, out, floats[(at + Win.Bytes0) >> 1] as number);
      add(columns, BYTES[server] as number, out, floats[(at + Win.Bytes1) >> 1] as number);
      addHalves(columns, RETRANS, clientHigh, out, rows[at + Win.Retrans] as number);
      addHalves(columns, FINS, clientHigh, out, rows[at + Win.Fins] as number);
      addHalves(columns, RESETS, clientHigh, out, rows[at + Win.Resets] as number);
      const opening = rows[at + Win.Opening] as number;
      if (opening !== 0) {
        add(columns, SYN, out, opening & 0xfff);
        add(columns, SYNACK, out, (opening >>> 12) & 0xfff);
        add(columns, ATTEMPTS, out, (opening >>> 24) & 0xf);
        add(columns, HANDSHAKES, out, opening >>> 28);
      }
      const events = rows[at + Win.Events] as number;
      if (events !== 0) {
        addEvents(memory.nodes, events, clientHigh, columns, out);
      }
    }
  }
}

function add(columns: readonly CounterColumn[], counter: number, row: number, value: number): void {
  const column = columns[counter] as CounterColumn;
  column[row] = (column[row] as number) + value;
}

function addHalves(
  columns: readonly CounterColumn[],
  counters: readonly [number, number],
  clientHigh: number,
  row: number,
  word: number
): void {
  if (word !== 0) {
    add(columns, counters[clientHigh as 0 | 1], row, word & 0xffff);
    add(columns, counters[(clientHigh ^ 1) as 0 | 1], row, word >>> 16);
  }
}

function addEvents(
  nodes: Int32Array,
  first: number,
  clientHigh: number,
  columns: readonly CounterColumn[],
  row: number
) {
  for (let node = first; node !== 0; node = nodes[node * 3] as number) {
    const kind = nodes[node * 3 + 1] as number;
    const value = nodes[node * 3 + 2] as number;
    if (kind === Event.HandshakeTime) {
      add(columns, TIME_SUM, row, value);
      add(columns, TIME_NET, row, value);
      const longest = columns[TIME_MAX] as CounterColumn;
      longest[row] = Math.max(longest[row] as number, value);
    } else if (kind === Event.SynDelay) {
      add(columns, TIME_NET, row, -value);
    } else {
      add(columns, eventCounters[clientHigh * Event.Kinds + kind] as number, row, value);
    }
  }
}

/** Bits of `Win.Meta` that tell conversations apart. */
const META = WinMeta.Vlan | WinMeta.Ipv6;

function serverPort(ports: number, clientHigh: number): number {
  return clientHigh !== 0 ? ports >>> 16 : ports & 0xffff;
}

function hashConversation(memory: WindowMemory, at: number): number {
  const { rows, wide } = memory;
  const meta = rows[at + Win.Meta] as number;
  const clientHigh = (meta & WinMeta.ClientHigh) !== 0 ? 1 : 0;
  let hash = Math.imul(serverPort(rows[at + Win.Ports] as number, clientHigh) ^ ((meta & META) << 16), 0x27d4eb2f);
  if ((meta & WinMeta.Ipv6) !== 0) {
    const low = rows[at + Win.Key0] as number;
    // The client's words first, so that both directions of a role give different conversations.
    for (let word = 0; word < 8; word++) {
      hash = Math.imul(hash ^ (wide[low + (word ^ (clientHigh << 2))] as number), 0x85ebca6b);
      hash ^= hash >>> 15;
    }
  } else {
    const client = rows[at + Win.Key0 + clientHigh] as number;
    const server = rows[at + Win.Key1 - clientHigh] as number;
    hash ^= Math.imul(client, 0x85ebca6b);
    hash ^= hash >>> 15;
    hash = Math.imul(hash ^ server, 0xc2b2ae35);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 16)) >>> 1;
}

function sameConversation(memory: WindowMemory, a: number, b: number): boolean {
  const { rows, wide } = memory;
  const metaA = rows[a + Win.Meta] as number;
  const metaB = rows[b + Win.Meta] as number;
  const highA = (metaA & WinMeta.ClientHigh) !== 0 ? 1 : 0;
  const highB = (metaB & WinMeta.ClientHigh) !== 0 ? 1 : 0;
  if (
    (metaA & META) !== (metaB & META) ||
    serverPort(rows[a + Win.Ports] as number, highA) !== serverPort(rows[b + Win.Ports] as number, highB)
  ) {
    return false;
  }
  if ((metaA & WinMeta.Ipv6) === 0) {
    return (
      rows[a + Win.Key0 + highA] === rows[b + Win.Key0 + highB] &&
      rows[a + Win.Key1 - highA] === rows[b + Win.Key1 - highB]
    );
  }
  const lowA = rows[a + Win.Key0] as number;
  const lowB = rows[b + Win.Key0] as number;
  for (let word = 0; word < 8; word++) {
    if (wide[lowA + (word ^ (highA << 2))] !== wide[lowB + (word ^ (highB << 2))]) {
      return false;
    }
  }
  return true;
}

function writeNames(
  memory: WindowMemory,
  at: number,
  meta: number,
  clientHigh: number,
  batch: WindowBatch,
  out: number
): void {
  const { rows, wide } = memory;
  if ((meta & WinMeta.Ipv6) !== 0) {
    const low = rows[at + Win.Key0] as number;
    writeAddress6(batch.clientIp, out * 16, wide, low + (clientHigh << 2));
    writeAddress6(batch.serverIp, out * 16, wide, low + ((clientHigh ^ 1) << 2));
  } else {
    writeAddress4(batch.clientIp, out * 16, rows[at + Win.Key0 + clientHigh] as number);
    writeAddress4(batch.serverIp, out * 16, rows[at + Win.Key1 - clientHigh] as number);
  }
  batch.serverPort[out] = serverPort(rows[at + Win.Ports] as number, clientHigh);
  batch.vlan[out] = meta & WinMeta.Vlan;
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
