import { ACK, FIN, RST, SYN, URG, type Segment } from '../decode/segment.js';
import type { Batch } from './batch.js';
import { onAcknowledged, onFin, onReset, onSegmentAfterReset } from './closing.js';
import { Connections, type FlowOptions } from './connections.js';
import { Event } from './events.js';
import { Both, Dir, Facts, Row, State, Traits, Win } from './layout.js';
import { resolve } from './opening.js';
import { Place } from './sequence.js';
import { clientDirection } from './verdict.js';
import { windowSeconds } from './window-book.js';
import { advanceZeek, noteHistory, noteRetransmission, noteZeroWindow, plainIsNew } from './zeek.js';

/** A gap this long before a packet makes a RST that follows a sign of expired state on the path, seconds. */
const LONG_IDLE = 30;
/** Longest handshake time that is booked, microseconds: what a signed 32-bit word holds (35 minutes). */
const LONGEST = 0x7fffffff;
const CONTROL = SYN | FIN | RST;
const ANY_FLAG = 0x1f | URG;
/** One attempt and one handshake in `Win.Opening`. */
const ATTEMPT = 1 << 24;
const HANDSHAKE = 1 << 28;
/** Bits of the state that change how long the connection is kept. */
const TIMED = State.Closed | State.Suspect | State.Refused | State.Handshake | State.Midstream | Both.Fin;

/**
 * Follows every TCP connection: takes segments in the order of capture, gives closed windows and finished connections.
 *
 * `packet` is the packet path: most segments are data or acknowledgements of a connection that stands, and for them it
 * finds the row, counts into the window's row and moves the sequence numbers on: two or three cache lines, no call that is
 * not inlined, no allocation. Everything else goes through `special`, which is written for clarity.
 */
export class FlowTracker {
  readonly connections: Connections;
  /** Packets whose window was already written; counted in the oldest that is open. */
  late = 0;
  /** Segments taken. */
  packets = 0;

  /** Packet second that the fields below are worked out for. */
  private second = -1;
  private event = 0;
  private isLate = 0;
  /** Addresses of an IPv6 packet, the lower end first. */
  private readonly pair = new Int32Array(8);

  constructor(emit: (batch: Batch) => void, options?: FlowOptions) {
    this.connections = new Connections(emit, options);
  }

  /**
   * Takes one segment.
   * @param seconds, nanos capture time since 1970
   * @param interfaceId which interface captured it (0 to 255)
   */
  packet(segment: Segment, seconds: number, nanos: number, interfaceId: number): void {
    const connections = this.connections;
    if (seconds !== this.second) {
      this.enterSecond(seconds);
    }
    this.packets++;
    this.late += this.isLate;
    const { table } = connections;
    const { rows } = table;
    const sourcePort = segment.sourcePort;
    const destinationPort = segment.destinationPort;
    let direction: number;
    let key0: number;
    let key1: number;
    let ports: number;
    let hash: number;
    let row: number;
    if (segment.family === 4) {
      const source = segment.source0;
      const destination = segment.destination0;
      if (source < destination || (source === destination && sourcePort <= destinationPort)) {
        direction = 0;
        key0 = source;
        key1 = destination;
        ports = (sourcePort << 16) | destinationPort;
      } else {
        direction = 1;
        key0 = destination;
        key1 = source;
        ports = (destinationPort << 16) | sourcePort;
      }
      hash = table.hash(key0, key1, ports);
      row = table.find4(hash, key0, key1, ports);
    } else {
      direction = this.orderPair(segment);
      ports = direction === 0 ? (sourcePort << 16) | destinationPort : (destinationPort << 16) | sourcePort;
      key0 = this.fingerprint(0x85ebca6b);
      key1 = this.fingerprint(0xc2b2ae35);
      hash = table.hash(key0, key1, ports);
      row = table.find6(hash, key0, key1, ports, this.pair);
    }
    if (row === 0) {
      row = connections.begin(key0, key1, ports, segment.family === 4 ? null : this.pair);
      table.insert(hash, row);
      this.first(row, direction, segment, nanos, interfaceId);
      this.special(row, direction, segment, nanos);
      return;
    }
    const flags = segment.flags;
    const payload = segment.payload;
    const at = row * Row.Words;
    if (
      (flags & (CONTROL | ACK)) !== ACK ||
      ((rows[at + Row.State] as number) & State.Plain) === 0 ||
      segment.window === 0 ||
      plainIsNew(rows, at, direction, payload) ||
      this.event - (rows[at + Row.LastSeconds] as number) >= LONG_IDLE
    ) {
      let target = resolve(connections, row, direction, flags, segment.sequence, segment.acknowledgement);
      if (target === 0) {
        target = connections.begin(key0, key1, ports, segment.family === 4 ? null : this.pair);
        table.insert(hash, target);
      }
      if (!hasPackets(rows, target * Row.Words)) {
        this.first(target, direction, segment, nanos, interfaceId);
      }
      this.special(target, direction, segment, nanos);
      return;
    }
    const dir = at + Row.Direction0 + direction * Dir.Words;
    const windowRow = connections.windowRow(row);
    const { memory } = connections;
    const win = windowRow * Win.Words;
    memory.rows[win + Win.Packets0 + direction] = (memory.rows[win + Win.Packets0 + direction] as number) + 1;
    if (payload > 0) {
      const bytes = (win + Win.Bytes0 + direction * 2) >> 1;
      memory.floats[bytes] = (memory.floats[bytes] as number) + payload;
      const sequence = segment.sequence;
      if (rows[dir + Dir.Next] === sequence) {
        rows[dir + Dir.Next] = (sequence + payload) | 0;
      } else {
        this.outOfOrder(at, windowRow, direction, sequence, payload, payload);
      }
    }
    const acknowledgement = segment.acknowledgement;
    if (((acknowledgement - (rows[dir + Dir.Acked] as number)) | 0) > 0) {
      rows[dir + Dir.Acked] = acknowledgement;
    }
    rows[at + Row.LastSeconds] = this.event;
    rows[at + Row.LastNanos] = nanos;
  }

  /** Says that the packets' clock has come to this second, though no packet says so. For live capture. */
  tick(seconds: number): void {
    const { clock } = this.connections;
    if (this.second >= 0 && seconds + clock.adjust > clock.now) {
      this.enterSecond(seconds);
    }
  }

  /** The capture has ended: every timer is let run out at the last packet's time. */
  finish(): void {
    this.connections.finish();
    this.second = -1;
  }

  private enterSecond(seconds: number): void {
    const { connections } = this;
    const { clock, windows } = connections;
    let event = clock.read(seconds);
    if (clock.isStep(event)) {
      connections.stepBack(seconds);
      event = clock.now;
    } else if (event > clock.now || windows.current < 0) {
      connections.advance(event);
    }
    this.second = seconds;
    this.event = event;
    let window = Math.floor(seconds / windowSeconds);
    this.isLate = 0;
    if (window !== windows.current && !(windows.previousOpen && window === windows.current - 1)) {
      window = windows.previousOpen ? windows.current - 1 : windows.current;
      this.isLate = 1;
    }
    connections.window = window;
    connections.memory = windows.memory(window);
  }

  /** Puts the addresses of an IPv6 segment into `pair`, the lower end first; returns the segment's direction. */
  private orderPair(segment: Segment): number {
    const difference =
      segment.source0 - segment.destination0 ||
      segment.source1 - segment.destination1 ||
      segment.source2 - segment.destination2 ||
      segment.source3 - segment.destination3 ||
      segment.sourcePort - segment.destinationPort;
    const direction = difference <= 0 ? 0 : 1;
    const { pair } = this;
    const source = direction << 2;
    const destination = source ^ 4;
    pair[source] = segment.source0;
    pair[source + 1] = segment.source1;
    pair[source + 2] = segment.source2;
    pair[source + 3] = segment.source3;
    pair[destination] = segment.destination0;
    pair[destination + 1] = segment.destination1;
    pair[destination + 2] = segment.destination2;
    pair[destination + 3] = segment.destination3;
    return direction;
  }

  /** 32 bits of an IPv6 pair; the whole addresses are compared when two fingerprints of them are equal. */
  private fingerprint(seed: number): number {
    const { pair } = this;
    let hash = seed;
    for (let word = 0; word < 8; word++) {
      hash = Math.imul(hash ^ (pair[word] as number), 0x27d4eb2f);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  /** Fills in what a connection's first packet tells. */
  private first(row: number, direction: number, segment: Segment, nanos: number, interfaceId: number): void {
    const { connections } = this;
    const { rows } = connections.table;
    const at = row * Row.Words;
    rows[at + Row.StartSeconds] = this.event;
    rows[at + Row.StartNanos] = nanos;
    rows[at + Row.LastSeconds] = this.event;
    const count = segment.vlanCount;
    if (count > 0) {
      rows[at + Row.Vlans0] =
        segment.vlan0 | (count > 1 ? segment.vlan1 << 12 : 0) | ((count > 255 ? 255 : count) << 24);
      rows[at + Row.Vlans1] = (count > 2 ? segment.vlan2 : 0) | (count > 3 ? segment.vlan3 << 12 : 0);
    }
    rows[at + Row.Facts] = (interfaceId & 0xff) << Facts.Interface;
    let state = (rows[at + Row.State] as number) | (direction !== 0 ? State.FirstSender : 0);
    const flags = segment.flags;
    if ((flags & SYN) !== 0) {
      const client = (flags & ACK) === 0 ? direction : direction ^ 1;
      state |= State.RoleCertain | (client !== 0 ? State.ClientHigh : 0);
      rows[at + Row.State] = state;
      return;
    }
    rows[at + Row.State] = state;
    // A RST+ACK of sequence number 0 is what a closed port answers to a SYN (RFC 9293 3.10.7.1): it comes from the server.
    const closedPort = (flags & (RST | ACK)) === (RST | ACK) && segment.sequence === 0;
    const client = closedPort ? direction ^ 1 : connections.roles.guessClient(at, direction);
    rows[at + Row.State] = client !== 0 ? state | State.ClientHigh : state;
    rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.GuessBooked;
    connections.makeRoom();
    connections.book(row, Event.RoleGuess);
  }

  /** Any segment that is not plain: opens, closes, resets, or is the first of its kind. */
  private special(row: number, direction: number, segment: Segment, nanos: number): void {
    const { connections } = this;
    const { rows } = connections.table;
    const at = row * Row.Words;
    const dir = at + Row.Direction0 + direction * Dir.Words;
    const { flags, payload, sequence } = segment;
    const reset = (flags & RST) !== 0;
    const before = rows[at + Row.State] as number;

    connections.makeRoom();
    const windowRow = connections.windowRow(row);
    const { memory } = connections;
    const win = windowRow * Win.Words;
    memory.rows[win + Win.Packets0 + direction] = (memory.rows[win + Win.Packets0 + direction] as number) + 1;
    const bytes = (win + Win.Bytes0 + direction * 2) >> 1;
    memory.floats[bytes] = (memory.floats[bytes] as number) + payload;
    if ((flags & SYN && flags & (FIN | RST)) || (flags & ANY_FLAG) === 0) {
      rows[at + Row.Malformed] = (rows[at + Row.Malformed] as number) + 1;
      memory.book(windowRow, Event.Malformed, 1);
    }
    if ((((rows[dir + Dir.Traits] as number) >>> Traits.Ttl) & 0xff) === 0) {
      rows[dir + Dir.Traits] =
        (rows[dir + Dir.Traits] as number) | ((segment.ttl === 0 ? 1 : segment.ttl) << Traits.Ttl);
    }

    noteHistory(rows, at, direction, flags, sequence, payload);
    if (segment.window === 0 && !reset) {
      noteZeroWindow(rows, at, direction);
    }
    advanceZeek(rows, at, direction, direction === clientDirection(before), flags, payload);

    const idle = this.event - (rows[at + Row.LastSeconds] as number) >= LONG_IDLE;
    const length = payload + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
    let place = Place.Next;
    if (length > 0 && !reset) {
      place = this.outOfOrder(at, windowRow, direction, sequence, length, payload);
    }
    if (!reset) {
      const probe = length === 0 && (flags & CONTROL) === 0 && isKeepAlive(rows, at, dir, direction, sequence);
      const afterIdle = (idle && (payload > 0 || probe)) || probe || place === Place.KeepAlive;
      const facts = rows[at + Row.Facts] as number;
      rows[at + Row.Facts] = afterIdle ? facts | Facts.AfterIdle : facts & ~Facts.AfterIdle;
    }

    if ((flags & SYN) !== 0) {
      if ((flags & ACK) === 0) {
        this.syn(row, windowRow, direction, segment, nanos);
      } else {
        this.synAck(row, windowRow, direction, segment);
      }
    } else if (!reset && ((flags & ACK) !== 0 || payload > 0)) {
      this.withoutSyn(row, direction, payload);
    }
    let advances = false;
    if ((flags & ACK) !== 0 && !reset) {
      advances = this.acknowledge(row, windowRow, direction, flags, segment.acknowledgement, nanos);
    }
    if ((before & Both.Rst) !== 0 && !reset) {
      const beyond = ((sequence + payload - (rows[dir + Dir.LastReset] as number)) | 0) > 0;
      const ownReset = (before & (State.Rst << direction)) !== 0;
      onSegmentAfterReset(rows, at, direction, advances || (payload > 0 && ownReset && beyond));
    }
    if ((flags & FIN) !== 0) {
      memory.countHalf(windowRow, Win.Fins, direction, Event.Fin);
      onFin(connections, row, direction, (sequence + length) | 0);
      onAcknowledged(rows, at, direction ^ 1);
    }
    if (!reset) {
      onAcknowledged(rows, at, direction);
    } else {
      memory.countHalf(windowRow, Win.Resets, direction, Event.Rst);
      onReset(connections, row, direction, flags, sequence, segment.acknowledgement);
    }

    rows[at + Row.LastSeconds] = this.event;
    rows[at + Row.LastNanos] = nanos;
    const after = this.settlePlain(at);
    if (((before ^ after) & TIMED) !== 0 || rows[at + Row.Timer] === 0) {
      connections.arm(row);
    }
  }

  /** Books a segment in the sequence space; counts it when it is a retransmission. */
  private outOfOrder(
    at: number,
    windowRow: number,
    direction: number,
    sequence: number,
    length: number,
    payload: number
  ): Place {
    const { connections } = this;
    const place = connections.sequences.add(at, direction, sequence, length, payload);
    if (place === Place.Retransmission) {
      connections.memory.countHalf(windowRow, Win.Retrans, direction, Event.Retrans);
    }
    if (place >= Place.OutOfOrder && payload > 0) {
      noteRetransmission(connections.table.rows, at, direction);
    }
    return place;
  }

  private syn(row: number, windowRow: number, direction: number, segment: Segment, nanos: number): void {
    const { connections } = this;
    const { rows } = connections.table;
    const at = row * Row.Words;
    const state = rows[at + Row.State] as number;
    connections.memory.countOpening(windowRow, 0, Event.Syn);
    const sinceStart = this.sinceStart(at, nanos);
    if (((rows[at + Row.Facts] as number) & Facts.Timed) === 0) {
      if ((state & Both.Syn) === 0) {
        connections.table.wordsAsFloats[at + Row.HandshakeTime] = sinceStart;
      }
      if ((state & (State.Syn << (direction ^ 1))) === 0) {
        rows[at + Row.LastSyn] = Math.min(LONGEST, sinceStart);
      }
    }
    if ((state & (State.Syn << direction)) !== 0) {
      return;
    }
    const word = windowRow * Win.Words + Win.Opening;
    connections.memory.rows[word] = (connections.memory.rows[word] as number) + ATTEMPT;
    this.noteWindowScale(at, direction, segment.windowScale);
    rows[at + Row.State] = (rows[at + Row.State] as number) | (State.Syn << direction);
    if ((state & Both.Syn) === 0) {
      this.learnClient(row, direction);
      connections.roles.aimedAt(at, direction ^ 1, this.event);
    }
    if ((state & State.Midstream) !== 0) {
      // Captured behind packets that it precedes: the start was seen after all.
      rows[at + Row.State] = (rows[at + Row.State] as number) & ~State.Midstream;
      connections.book(row, Event.Midstream, -1);
    }
  }

  private synAck(row: number, windowRow: number, direction: number, segment: Segment): void {
    const { connections } = this;
    const { rows } = connections.table;
    const at = row * Row.Words;
    const state = rows[at + Row.State] as number;
    connections.memory.countOpening(windowRow, 12, Event.SynAck);
    this.noteWindowScale(at, direction, segment.windowScale);
    // A SYN+ACK after a refusal: the RST was not the server's, or not its last word.
    const reopened = (state & State.Refused) !== 0 ? state & ~(State.Refused | State.Closed) : state;
    rows[at + Row.State] = reopened | (State.SynAck << direction);
    if ((state & State.Refused) !== 0) {
      rows[at + Row.Facts] = (rows[at + Row.Facts] as number) | Facts.ResetVoid;
    }
    if ((state & Both.Syn) === 0) {
      this.learnClient(row, direction ^ 1);
    }
    if ((state & (State.SynAck << direction)) === 0) {
      connections.roles.accepted(at, direction, this.event);
    }
  }

  /** The client is certain now; takes back what was booked for the guess. */
  private learnClient(row: number, client: number): void {
    const { connections } = this;
    const { rows } = connections.table;
    const at = row * Row.Words;
    const state = rows[at + Row.State] as number;
    if ((state & State.RoleCertain) !== 0) {
      return;
    }
    if (client !== clientDirection(state)) {
      connections.setClient(row, client);
    }
    rows[at + Row.State] = (rows[at + Row.State] as number) | State.RoleCertain;
    const facts = rows[at + Row.Facts] as number;
    if ((facts & Facts.GuessBooked) !== 0) {
      rows[at + Row.Facts] = facts & ~Facts.GuessBooked;
      connections.book(row, Event.RoleGuess, -1);
    }
  }

  /** A segment with data or an acknowledgement: mid-stream when no SYN announced it. */
  private withoutSyn(row: number, direction: number, payload: number): void {
    const { connections } = this;
    const { rows } = connections.table;
    const at = row * Row.Words;
    let state = rows[at + Row.State] as number;
    if (payload > 0) {
      state |= State.Data << direction;
    }
    if ((state & (State.Midstream | Both.Syn)) === 0) {
      state |= State.Midstream;
      connections.book(row, Event.Midstream);
    }
    rows[at + Row.State] = state;
  }

  /** Returns whether something was acknowledged for the first time. */
  private acknowledge(
    row: number,
    windowRow: number,
    direction: number,
    flags: number,
    acknowledgement: number,
    nanos: number
  ): boolean {
    const { rows } = this.connections.table;
    const at = row * Row.Words;
    const word = at + Row.Direction0 + direction * Dir.Words + Dir.Acked;
    const state = rows[at + Row.State] as number;
    const known = (state & (State.Ack << direction)) !== 0;
    const advances = !known || ((acknowledgement - (rows[word] as number)) | 0) > 0;
    if (advances) {
      rows[word] = acknowledgement;
      rows[at + Row.State] = state | (State.Ack << direction);
    }
    if ((state & State.Handshake) === 0) {
      this.handshake(row, windowRow);
    }
    if ((flags & SYN) === 0) {
      this.time(row, windowRow, direction, nanos);
    }
    return advances;
  }

  /** Both sides sent a SYN and each acknowledged the other's, in whatever order they were captured. */
  private handshake(row: number, windowRow: number): void {
    const { memory, table } = this.connections;
    const { rows } = table;
    const at = row * Row.Words;
    const state = rows[at + Row.State] as number;
    for (let direction = 0; direction < 2; direction++) {
      const synSeen = (state & ((State.Syn | State.SynAck) << direction)) !== 0;
      if (!synSeen || (state & (State.Ack << direction)) === 0) {
        return;
      }
    }
    const dir0 = at + Row.Direction0;
    const dir1 = at + Row.Direction1;
    if (
      (state & Both.Syn) === 0 ||
      (((rows[dir0 + Dir.Acked] as number) - (rows[dir1 + Dir.First] as number) - 1) | 0) < 0 ||
      (((rows[dir1 + Dir.Acked] as number) - (rows[dir0 + Dir.First] as number) - 1) | 0) < 0
    ) {
      return;
    }
    rows[at + Row.State] = state | State.Handshake;
    const word = windowRow * Win.Words + Win.Opening;
    memory.rows[word] = (memory.rows[word] as number) + HANDSHAKE;
  }

  /** Times the handshake at the client's first acknowledgement of the server's SYN. */
  private time(row: number, windowRow: number, direction: number, nanos: number): void {
    const { memory, table } = this.connections;
    const { rows } = table;
    const at = row * Row.Words;
    const state = rows[at + Row.State] as number;
    const facts = rows[at + Row.Facts] as number;
    if ((facts & Facts.Timed) !== 0 || (state & State.Handshake) === 0 || direction !== clientDirection(state)) {
      return;
    }
    const sinceStart = this.sinceStart(at, nanos);
    const first = table.wordsAsFloats[at + Row.HandshakeTime] as number;
    const last = rows[at + Row.LastSyn] as number;
    table.wordsAsFloats[at + Row.HandshakeTime] = Math.max(0, sinceStart - first);
    rows[at + Row.Facts] = facts | Facts.Timed;
    memory.book(windowRow, Event.HandshakeTime, Math.min(LONGEST, Math.max(0, Math.round(sinceStart - first))));
    const delay = Math.round(last - first);
    if (delay > 0) {
      memory.book(windowRow, Event.SynDelay, Math.min(LONGEST, delay));
    }
  }

  /** Microseconds since the connection's first packet. */
  private sinceStart(at: number, nanos: number): number {
    const { rows } = this.connections.table;
    return (
      (this.event - (rows[at + Row.StartSeconds] as number)) * 1e6 +
      (nanos - (rows[at + Row.StartNanos] as number)) / 1e3
    );
  }

  private noteWindowScale(at: number, direction: number, scale: number): void {
    const { rows } = this.connections.table;
    const word = at + Row.Direction0 + direction * Dir.Words + Dir.Traits;
    rows[word] = ((rows[word] as number) & ~(0xf << Traits.WindowScale)) | ((scale + 1) << Traits.WindowScale);
  }

  /** Works out whether plain segments of this connection may take the short way; returns the connection's state. */
  private settlePlain(at: number): number {
    const { rows } = this.connections.table;
    const state = rows[at + Row.State] as number;
    const facts = rows[at + Row.Facts] as number;
    const stands = (state & State.Midstream) !== 0 || ((state & State.Handshake) !== 0 && (facts & Facts.Timed) !== 0);
    const busy = (state & (Both.Fin | Both.Rst | State.Closed | State.Suspect | State.Candidate)) !== 0;
    const plain =
      stands &&
      !busy &&
      (facts & Facts.AfterIdle) === 0 &&
      rows[at + Row.Rival] === 0 &&
      acknowledges(rows, at, 0) &&
      acknowledges(rows, at, 1);
    return (rows[at + Row.State] = plain ? state | State.Plain : state & ~State.Plain);
  }
}

/** A direction that sends, sends acknowledgements. */
function acknowledges(rows: Int32Array, at: number, direction: number): boolean {
  const silent = ((rows[at + Row.Direction0 + direction * Dir.Words + Dir.Traits] as number) & Traits.Letters) === 0;
  return silent || ((rows[at + Row.State] as number) & (State.Ack << direction)) !== 0;
}

/** An empty segment one below the next sequence number: Linux's keep-alive probe. */
function isKeepAlive(rows: Int32Array, at: number, dir: number, direction: number, sequence: number): boolean {
  return (
    ((rows[at + Row.State] as number) & (State.Sequence << direction)) !== 0 &&
    ((sequence - (rows[dir + Dir.Next] as number)) | 0) === -1
  );
}

function hasPackets(rows: Int32Array, at: number): boolean {
  const traits =
    (rows[at + Row.Direction0 + Dir.Traits] as number) | (rows[at + Row.Direction1 + Dir.Traits] as number);
  return traits >>> Traits.Ttl !== 0;
}
