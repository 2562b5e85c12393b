import { ACK, etherTypeOf, ethernet, FIN, ip, PSH, RST, SYN, synOptions, tcp } from './frame.js';
import type { Packet } from './capture-file.js';
import { icmpError } from './layers.js';

export type Side = 'client' | 'server';

export interface TalkOptions {
  /** "10.0.0.1:40000" or "[2001:db8::1]:40000". */
  readonly client?: string;
  readonly server?: string;
  /** Time of the first packet, seconds since 1970. */
  readonly start?: number;
  /** Seconds between a packet and the next one. */
  readonly step?: number;
  readonly clientIsn?: number;
  readonly serverIsn?: number;
  readonly vlans?: readonly number[];
  readonly clientTtl?: number;
  readonly serverTtl?: number;
}

/** Differences of one segment from what its side would send next. */
export interface Change {
  readonly flags?: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly window?: number;
  readonly ttl?: number;
  readonly id?: number;
  readonly vlans?: readonly number[];
}

interface End {
  readonly ip: string;
  readonly port: number;
  readonly ttl: number;
  next: number;
  isn: number;
}

function endOf(text: string, isn: number, ttl: number): End {
  const colon = text.lastIndexOf(':');
  const ipText = text.slice(0, colon).replace(/[[\]]/g, '');
  return { ip: ipText, port: Number(text.slice(colon + 1)), next: isn, isn, ttl };
}

/**
 * A TCP conversation written down as a test tells it: `talk().open().send('client', 100).fin('client').fin('server')`. Sequence
 * and acknowledgement numbers follow by themselves; each packet comes one step after the one before. `packets` has the frames.
 */
export class Talk {
  readonly packets: Packet[] = [];
  private readonly ends: Record<Side, End>;
  private readonly step: bigint;
  private readonly vlans: readonly number[];
  private time: bigint;

  constructor(options: TalkOptions = {}) {
    this.ends = {
      client: endOf(options.client ?? '10.0.0.1:40000', options.clientIsn ?? 1000, options.clientTtl ?? 64),
      server: endOf(options.server ?? '10.0.0.2:80', options.serverIsn ?? 9000, options.serverTtl ?? 60),
    };
    this.time = nanoseconds(options.start ?? 1_700_000_000);
    this.step = nanoseconds(options.step ?? 0.001);
    this.vlans = options.vlans ?? [];
  }

  /** Lets time pass. */
  wait(seconds: number): this {
    this.time += nanoseconds(seconds);
    return this;
  }

  /** Sets the clock. */
  at(seconds: number): this {
    this.time = nanoseconds(seconds);
    return this;
  }

  /** The next connection on the same ports begins with these initial sequence numbers. */
  again(clientIsn: number, serverIsn: number): this {
    Object.assign(this.ends.client, { next: clientIsn, isn: clientIsn });
    Object.assign(this.ends.server, { next: serverIsn, isn: serverIsn });
    return this;
  }

  syn(change: Change = {}): this {
    this.ends.client.next = this.ends.client.isn;
    return this.segment('client', SYN, 0, change);
  }

  synAck(change: Change = {}): this {
    this.ends.server.next = this.ends.server.isn;
    return this.segment('server', SYN | ACK, 0, change);
  }

  ack(side: Side, change: Change = {}): this {
    return this.segment(side, ACK, 0, change);
  }

  /** SYN, SYN+ACK, ACK. */
  open(): this {
    return this.syn().synAck().ack('client');
  }

  /** Data of a side; not acknowledged by itself. */
  send(side: Side, length: number, change: Change = {}): this {
    return this.segment(side, PSH | ACK, length, change);
  }

  /** A request and its answer, each acknowledged. */
  exchange(request = 100, answer = 1000): this {
    return this.send('client', request).ack('server').send('server', answer).ack('client');
  }

  fin(side: Side, change: Change = {}): this {
    return this.segment(side, FIN | ACK, 0, change);
  }

  /** FIN, FIN, ACK: `side` first. */
  close(side: Side): this {
    const other: Side = side === 'client' ? 'server' : 'client';
    return this.fin(side).fin(other).ack(side);
  }

  /** A deliberate reset (RST+ACK, in sequence). */
  rst(side: Side, change: Change = {}): this {
    return this.segment(side, RST | ACK, 0, change);
  }

  /** What a host without the connection answers to a segment: RST without ACK, sequence number as acknowledged. */
  stateless(side: Side): this {
    return this.segment(side, RST, 0, { acknowledgement: 0, window: 0 });
  }

  /** A closed port's answer to the SYN. */
  refuse(): this {
    const { client } = this.ends;
    return this.segment('server', RST | ACK, 0, { sequence: 0, acknowledgement: client.isn + 1, window: 0 });
  }

  /**
   * Somebody, by default the server, says by ICMP that the last packet could not be delivered.
   * @param code of "destination unreachable", of IPv4 or IPv6 as the conversation is
   */
  unreachable(code: number, from = this.ends.server.ip): this {
    const { frame } = this.packets.at(-1)!;
    const packet = frame.subarray(14 + 4 * this.vlans.length);
    const six = (packet[0] ?? 0) >> 4 === 6;
    const fields = { source: from, destination: this.ends.client.ip, protocol: six ? 58 : 1, ttl: 250 };
    const message = ip(fields, icmpError(six ? 1 : 3, code, packet));
    return this.push(ethernet(etherTypeOf(message), message, this.vlans));
  }

  /** The last packet once more. */
  repeat(): this {
    const last = this.packets.at(-1);
    if (last === undefined) {
      throw new Error('nothing to repeat');
    }
    return this.push(last.frame);
  }

  segment(side: Side, flags: number, length: number, change: Change = {}): this {
    const from = this.ends[side];
    const to = this.ends[side === 'client' ? 'server' : 'client'];
    const actual = change.flags ?? flags;
    const sequence = change.sequence ?? from.next;
    const payload = new Uint8Array(length).fill(0x61);
    const body = tcp({
      sourcePort: from.port,
      destinationPort: to.port,
      sequence,
      acknowledgement: change.acknowledgement ?? ((actual & ACK) !== 0 ? to.next : 0),
      flags: actual,
      ...(change.window === undefined ? {} : { window: change.window }),
      ...((actual & SYN) !== 0 ? { options: synOptions } : {}),
      payload,
    });
    const fields = {
      source: from.ip,
      destination: to.ip,
      protocol: 6,
      ttl: change.ttl ?? from.ttl,
      id: change.id ?? this.packets.length + 1,
    };
    const packet = ip(fields, body);
    this.push(ethernet(etherTypeOf(packet), packet, change.vlans ?? this.vlans));
    if ((actual & RST) === 0 && change.sequence === undefined) {
      from.next = (sequence + length + ((actual & SYN) >> 1) + (actual & FIN)) >>> 0;
    }
    return this;
  }

  private push(frame: Uint8Array): this {
    this.packets.push({ time: this.time, frame });
    this.time += this.step;
    return this;
  }
}

export function talk(options?: TalkOptions): Talk {
  return new Talk(options);
}

function nanoseconds(seconds: number): bigint {
  const whole = Math.floor(seconds);
  return BigInt(whole) * 1_000_000_000n + BigInt(Math.round((seconds - whole) * 1e9));
}

/** Packets of several talks in order of time; equal times keep the order of the talks. */
export function together(...talks: readonly Talk[]): Packet[] {
  return talks
    .flatMap((one) => one.packets)
    .map((packet, i) => ({ packet, i }))
    .sort((a, b) => (a.packet.time < b.packet.time ? -1 : a.packet.time > b.packet.time ? 1 : a.i - b.i))
    .map(({ packet }) => packet);
}
