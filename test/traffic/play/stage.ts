import { Connection } from './connection.js';
import { EventQueue, PACKET_WORDS } from './event-queue.js';
import type { FrameWriter } from './frame-writer.js';
import type { Host, Service } from './host.js';
import type { Random } from './random.js';
import { Tally } from './tally.js';

/** Something that goes on for a while: yields the time at which to go on, nanoseconds. */
export type Script = Generator<number, void, void>;

export interface Cast {
  readonly client: Host;
  readonly service: Service;
  /** Name under which the truth counts the connection. */
  readonly story: string;
  readonly random: Random;
  /** The client's port; a free one by default. */
  readonly clientPort?: number;
  /** Whether to show it from the middle when it begins before time 0; otherwise it is then left out. */
  readonly lasting?: boolean;
}

/** Takes what is true of a connection when it is over. */
export type Witness = (connection: Connection) => void;

export interface StageOptions {
  /** Time at which the play begins, nanoseconds; packets before time 0 are not written. */
  readonly begin: number;
  /** Time at which it ends; Infinity when it goes on. */
  readonly end: number;
  /** Packets after which it ends. */
  readonly packets: number;
  readonly witness?: Witness;
}

/**
 * Plays scripts and writes the packets that they plan, in order of time. It holds what is going on now and nothing of what
 * was: memory depends on the rate of traffic, not on its length.
 */
export class Stage {
  /** Nanoseconds since time 0. */
  now: number;
  /** Packets written. */
  packets = 0;
  private readonly queue = new EventQueue();
  private readonly scripts: Array<{ script: Script; connection: Connection | null } | null> = [];
  private readonly freeScripts: number[] = [];
  private readonly connections: Array<Connection | null> = [];
  private readonly freeConnections: number[] = [];

  constructor(private readonly options: StageOptions) {
    this.now = options.begin;
  }

  /** Connections that are going on. */
  get live(): number {
    return this.connections.length - this.freeConnections.length;
  }

  /** Starts a script of no connection: one that starts others. */
  start(script: Script, connection: Connection | null = null): void {
    const number = this.freeScripts.pop() ?? this.scripts.length;
    this.scripts[number] = { script, connection };
    this.resume(number);
  }

  /** Starts a connection and the script that plays it. */
  connect(cast: Cast, script: (connection: Connection) => Script): void {
    const number = this.freeConnections.pop() ?? this.connections.length;
    const connection = new Connection(
      this,
      number,
      cast.client,
      cast.clientPort ?? cast.client.takePort(),
      cast.service,
      cast.story,
      cast.random,
      cast.lasting === true
    );
    this.connections[number] = connection;
    this.start(script(connection), connection);
  }

  /** Plans a packet. `bits`: flags, 256 server's, 512 sent before, 1024 bare, time to live from bit 16. */
  plan(
    connection: Connection,
    time: number,
    bits: number,
    sequence: number,
    acknowledgement: number,
    length: number,
    window: number
  ): void {
    const { queue } = this;
    const packet = queue.takePacket();
    const { packets } = queue;
    const at = packet * PACKET_WORDS;
    packets[at] = connection.number;
    packets[at + 1] = bits;
    packets[at + 2] = sequence;
    packets[at + 3] = acknowledgement;
    packets[at + 4] = length;
    packets[at + 5] = window;
    connection.pending++;
    queue.push(time, packet);
  }

  /**
   * Writes packets up to a time.
   * @returns why it stopped: the buffer is full, the time is reached, or the play is over
   */
  play(writer: FrameWriter, until: number): 'full' | 'reached' | 'over' {
    const { queue, options } = this;
    while (this.packets < options.packets && queue.size > 0) {
      const time = queue.first;
      if (time >= options.end) {
        return 'over';
      }
      if (time > until) {
        return 'reached';
      }
      if (writer.full) {
        return 'full';
      }
      const event = queue.pop();
      this.now = time;
      if (event < 0) {
        this.resume(~event);
      } else {
        this.write(writer, event);
      }
    }
    return 'over';
  }

  /** Tells the witness of the connections that are still going on. */
  finish(): void {
    for (const connection of this.connections) {
      if (connection !== null) {
        this.witness(connection);
      }
    }
  }

  private resume(number: number): void {
    const entry = this.scripts[number];
    if (entry === null || entry === undefined) {
      return;
    }
    const step = entry.script.next();
    if (step.done !== true) {
      this.queue.push(Math.max(this.now, step.value), ~number);
      return;
    }
    this.scripts[number] = null;
    this.freeScripts.push(number);
    if (entry.connection !== null) {
      entry.connection.ended = true;
      this.release(entry.connection);
    }
  }

  private release(connection: Connection): void {
    if (connection.ended && connection.pending === 0) {
      this.witness(connection);
      connection.client.host.givePort(connection.clientPort);
      this.connections[connection.number] = null;
      this.freeConnections.push(connection.number);
    }
  }

  private witness(connection: Connection): void {
    if (connection.tally.packets > 0 && !connection.muted && !connection.behindCurtain) {
      this.options.witness?.(connection);
    }
  }

  private write(writer: FrameWriter, packet: number): void {
    const { queue } = this;
    const { packets } = queue;
    const at = packet * PACKET_WORDS;
    const connection = this.connections[packets[at] as number] as Connection;
    const bits = packets[at + 1] as number;
    const sequence = packets[at + 2] as number;
    const acknowledgement = packets[at + 3] as number;
    const length = packets[at + 4] as number;
    queue.givePacket(packet);
    if (connection.behindCurtain && this.now >= 0) {
      this.raiseCurtain(connection);
    }
    const flags = bits & 255;
    const server = (bits & 256) !== 0;
    const window = packets[at + 5] as number;
    connection.tally.packet(server ? 1 : 0, flags, sequence, acknowledgement, length, window, (bits & 512) !== 0);
    if (this.now >= 0 && !connection.muted) {
      const { direction } = server ? connection.server : connection.client;
      const bare = (bits & 1024) !== 0;
      writer.packet(this.now, direction, flags, sequence, acknowledgement, length, window, bits >>> 16, bare);
      this.packets++;
    }
    connection.pending--;
    this.release(connection);
  }

  /** Time 0 has come for a connection that began before: it is shown from here on, or not at all. */
  private raiseCurtain(connection: Connection): void {
    const { tally } = connection;
    if (connection.lasting && tally.handshake > 0 && tally.close === 'open') {
      connection.tally = new Tally();
    } else {
      connection.muted = true;
    }
    connection.behindCurtain = false;
  }
}
