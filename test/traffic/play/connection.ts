import { ACK, FIN, PSH, RST, SYN } from '../frame.js';
import { Direction } from './frame-writer.js';
import type { Host, Service } from './host.js';
import type { Random } from './random.js';
import type { Script, Stage } from './stage.js';
import { Tally } from './tally.js';

export type Side = 'client' | 'server';

/** One second and one millisecond in nanoseconds, the unit of all times of a scenario. */
export const SECOND = 1e9;
export const MILLISECOND = 1e6;

/** Segments a sender may have under way at first (RFC 6928), and at most. */
const FIRST_BURST = 10;
const LARGEST_BURST = 44;
/** Least time before a sender repeats what was not acknowledged (Linux), nanoseconds. */
const RETRANSMIT = 200 * MILLISECOND;

/** Differences of one segment from what its side would send next. */
export interface Change {
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly window?: number;
  readonly ttl?: number;
  /** Sent before. */
  readonly again?: boolean;
  /** Neither options nor IP identification. */
  readonly bare?: boolean;
}

interface End {
  readonly host: Host;
  readonly direction: Direction;
  /** Round trip between the capture point and this end, nanoseconds. */
  readonly rtt: number;
  readonly isn: number;
  /** Next sequence number. */
  next: number;
}

/**
 * A TCP connection as its script plays it. Methods plan packets at `at`, the script's place in time, and move it on as the
 * packets would take their time past the capture point; nothing is written before its time has come. Between steps that lie
 * far apart a script yields `at`, so that little is planned ahead.
 */
export class Connection {
  /** Time of what is planned next, nanoseconds. */
  at: number;
  tally = new Tally();
  /** Planned packets that are not written yet, and whether the script is over. */
  pending = 0;
  ended = false;
  /** Not written: it began before the capture and would show only its end. */
  muted = false;
  /** It began before the capture, and none of its packets has come since. */
  behindCurtain: boolean;
  readonly client: End;
  readonly server: End;
  readonly mss: number;
  readonly loss: number;

  constructor(
    private readonly stage: Stage,
    /** Number by which its packets refer to it. */
    readonly number: number,
    client: Host,
    readonly clientPort: number,
    readonly service: Service,
    public story: string,
    readonly random: Random,
    /** Seen from the middle when it began before the capture. */
    readonly lasting: boolean
  ) {
    const { host, port, vlan } = service;
    this.behindCurtain = stage.now < 0;
    this.at = stage.now;
    this.client = this.end(client, new Direction(client, host, clientPort, port, vlan, false));
    this.server = this.end(host, new Direction(host, client, port, clientPort, vlan, true));
    const headers = client.bytes.length === 16 ? 20 : 0;
    const stamps = client.stack.timestamps && host.stack.timestamps ? 12 : 0;
    this.mss = Math.min(client.site.mss, host.site.mss) - headers - stamps;
    // Before the capture nothing is lost: the copy that was not captured would make the other one no repetition.
    this.loss = stage.now < 0 ? 0 : client.site.loss + host.site.loss;
  }

  private end(host: Host, direction: Direction): End {
    const isn = this.random.word() | 0;
    return { host, direction, isn, next: isn, rtt: Math.round(host.rtt * (1 + this.random.exponential(0.1))) };
  }

  /** The service was taken down, by a story that the connection belongs to from now on. */
  get isDown(): boolean {
    if (this.service.outage !== null) {
      this.story = this.service.outage;
      return true;
    }
    return false;
  }

  wait(nanoseconds: number): this {
    this.at += Math.round(nanoseconds);
    return this;
  }

  /** Lets a packet reach that side and its answer come back to the capture point. */
  reach(side: Side): this {
    return this.wait(this[side].rtt);
  }

  /** Plans one segment. */
  segment(side: Side, flags: number, length = 0, change: Change = {}): this {
    const from = this[side];
    const { stack } = from.host;
    const to = this[other(side)];
    const sequence = change.sequence ?? from.next;
    const stateless = change.bare === true;
    const window = change.window ?? ((flags & SYN) !== 0 ? stack.synWindow : (flags & RST) !== 0 ? 0 : stack.window);
    const acknowledgement = change.acknowledgement ?? ((flags & ACK) !== 0 ? to.next : 0);
    const bits =
      flags |
      (side === 'server' ? 256 : 0) |
      (change.again === true ? 512 : 0) |
      (stateless ? 1024 : 0) |
      ((change.ttl ?? 0) << 16);
    this.stage.plan(this, this.at, bits, sequence, acknowledgement, length, window);
    if ((flags & RST) === 0 && change.sequence === undefined) {
      from.next = (sequence + length + ((flags & SYN) >> 1) + (flags & FIN)) | 0;
    }
    return this;
  }

  syn(again = false): this {
    return this.segment('client', SYN, 0, { sequence: this.client.isn, again }).started('client');
  }

  synAck(again = false): this {
    return this.segment('server', SYN | ACK, 0, { sequence: this.server.isn, again }).started('server');
  }

  private started(side: Side): this {
    this[side].next = (this[side].isn + 1) | 0;
    return this;
  }

  ack(side: Side, change: Change = {}): this {
    return this.segment(side, ACK, 0, change);
  }

  /** SYN, SYN+ACK, ACK; or the refusal when nothing listens. Returns whether it stands. */
  open(): boolean {
    this.syn();
    if (this.isDown) {
      this.reach('server').refuse();
      return false;
    }
    if (this.loss > 0 && this.random.chance(this.loss)) {
      this.wait((this.client.host.stack.synWaits[0] ?? 1) * SECOND).syn(true);
    }
    this.reach('server').synAck().reach('client').ack('client').wait(this.random.between(20e3, 200e3));
    return true;
  }

  /** A closed port's answer to a SYN (RFC 9293 3.10.7.1), and the attempts that some clients repeat. */
  refuse(ttl = 0): this {
    const { isn, host } = this.client;
    const answer = { sequence: 0, acknowledgement: (isn + 1) | 0, bare: true, ttl };
    this.segment('server', RST | ACK, 0, answer);
    for (let retry = 0; retry < host.stack.retriesRefused; retry++) {
      this.wait(500 * MILLISECOND)
        .syn(true)
        .reach('server')
        .segment('server', RST | ACK, 0, answer);
    }
    return this;
  }

  /** Data in as many segments as it takes, sent at once and not acknowledged by itself; for up to ten or so segments. */
  message(side: Side, length: number): this {
    for (let left = length; left > 0; left -= this.mss) {
      this.segment(side, left <= this.mss ? PSH | ACK : ACK, Math.min(left, this.mss));
      if (left > this.mss) {
        this.wait(12e3);
      }
    }
    return this;
  }

  /** A request that reaches the server, is acknowledged when the answer takes its time, and is worked on for so long. */
  request(length: number, thinking: number): this {
    this.message('client', length).reach('server');
    if (thinking > 40 * MILLISECOND) {
      this.ack('server');
    }
    return this.wait(thinking);
  }

  /** Sends data the way congestion control does: bursts that grow, each acknowledged, what is lost sent again. */
  *transfer(side: Side, length: number): Script {
    let burst = FIRST_BURST;
    let left = length;
    while (left > 0) {
      const sent = Math.min(left, burst * this.mss);
      const lost = this.burst(side, sent, left === sent);
      left -= sent;
      burst = lost ? Math.max(2, burst >> 1) : Math.min(LARGEST_BURST, burst * 2);
      if (left > 0) {
        yield this.at;
      }
    }
  }

  /** A request and its answer, which may be large. */
  *exchange(request: number, thinking: number, answer: number): Script {
    this.request(request, thinking);
    yield* this.transfer('server', answer);
  }

  /** Returns whether something was lost. */
  private burst(side: Side, length: number, last: boolean): boolean {
    const receiver = other(side);
    const { rtt } = this[receiver];
    const segments = Math.ceil(length / this.mss);
    const start = this.at;
    // At a tenth of a gigabit, or as fast as fits into half a round trip.
    const gap = Math.min(120e3, Math.round((this.client.rtt + this.server.rtt) / 2 / segments) + 1);
    const first = this[side].next;
    const lost = this.loss > 0 && this.random.chance(this.loss * segments) ? this.random.whole(0, segments - 1) : -1;
    const afterCapture = this.random.chance(0.6);
    for (let i = 0; i < segments; i++) {
      this.at = start + i * gap;
      const size = Math.min(this.mss, length - i * this.mss);
      const end = i === segments - 1;
      if (i === lost && !afterCapture) {
        this[side].next = (this[side].next + size) | 0;
      } else {
        this.segment(side, end && last ? PSH | ACK : ACK, size);
      }
      if (lost >= 0 && i >= lost) {
        // The receiver can only say again what it waits for.
        if (i > lost) {
          this.wait(rtt).ack(receiver, { acknowledgement: (first + lost * this.mss) | 0 });
        }
      } else if (i % 2 === 1 || end) {
        this.wait(rtt).ack(receiver, { acknowledgement: this[side].next });
      }
    }
    this.at = start + (segments - 1) * gap + rtt;
    if (lost >= 0) {
      const following = segments - 1 - lost;
      const fast = start + (lost + 3) * gap + rtt + this[side].rtt;
      this.at = following >= 3 ? Math.max(this.at, fast) : Math.max(this.at, start + lost * gap + RETRANSMIT) + rtt;
      const sequence = (first + lost * this.mss) | 0;
      const size = Math.min(this.mss, length - lost * this.mss);
      const push = last && lost === segments - 1;
      this.segment(side, push ? PSH | ACK : ACK, size, { sequence, again: afterCapture });
      this.wait(rtt).ack(receiver, { acknowledgement: this[side].next });
    }
    this.reach(side);
    return lost >= 0;
  }

  fin(side: Side): this {
    return this.segment(side, FIN | ACK);
  }

  /** FIN and FIN, each acknowledged; `side` begins. */
  close(side: Side): this {
    const peer = other(side);
    this.fin(side).reach(peer);
    if (this.random.chance(0.5)) {
      this.ack(peer).wait(this.random.exponential(MILLISECOND));
    }
    return this.fin(peer).reach(side).ack(side);
  }

  /** A deliberate reset, in sequence. */
  reset(side: Side, ttl = 0): this {
    return this.segment(side, RST | ACK, 0, { ttl });
  }

  /** What a host answers to a segment of a connection that it does not have: the sequence number is what was acknowledged. */
  stateless(side: Side, sequence = this[side].next): this {
    return this.segment(side, RST, 0, { sequence, acknowledgement: 0, bare: true });
  }
}

export function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}
