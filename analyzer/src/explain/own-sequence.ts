import { nanosBetween } from './packet.js';
import { KeptSteps, type Sequence } from './kept-steps.js';
import { Messages, type OwnMessage } from './message.js';
import { SequenceMarker } from './sequence-marker.js';
import { SliceFormat } from './slice.js';
import { Span, type Moment } from './span.js';
import type { OwnPacket } from './tuple-replay.js';

/** The connection that is looked for, as its row tells: first and last packet, packets of each side. */
export interface Wanted {
  readonly first: Moment;
  readonly last: Moment;
  readonly packets: { readonly client: number; readonly server: number };
}

interface Candidate {
  readonly connection: number;
  readonly messages: Messages;
  readonly marker: SequenceMarker;
  readonly kept: KeptSteps;
  readonly format: SliceFormat;
  readonly span: Span;
}

/** Nanoseconds after which a router has surely given up looking for a host (RFC 4861, three tries of a second). */
const MESSAGE_DELAY = 4e9;

/** Which packets of the tuple are the connection's. */
export type Selection = (own: OwnPacket | OwnMessage) => boolean;

export interface OwnSequence {
  readonly sequence: Sequence;
  readonly messages: Messages;
  readonly format: SliceFormat;
  readonly selection: Selection;
  /** Times of its packets. */
  readonly span: Span;
}

/**
 * Finds a connection among those of its tuple and gathers its sequence: the one that begins with the right packet and has
 * as many as its row says.
 */
export class SequenceCollector {
  private readonly candidates: Candidate[] = [];
  private readonly begun = new Set<number>();

  constructor(
    private readonly wanted: Wanted,
    private readonly all: boolean
  ) {}

  add(own: OwnPacket): void {
    const isFirst = !this.begun.has(own.connection);
    this.begun.add(own.connection);
    if (isFirst && nanosBetween(this.wanted.first, own.packet) === 0) {
      this.candidates.push({ connection: own.connection, ...gatherer(this.wanted, this.all) });
    }
    const candidate = this.candidates.find(({ connection }) => connection === own.connection);
    if (candidate !== undefined) {
      gather(candidate, own);
    }
  }

  addMessage(message: OwnMessage): void {
    const candidate = this.candidates.find(({ connection }) => connection === message.connection);
    if (candidate !== undefined) {
      gatherMessage(candidate, message);
    }
  }

  /** Null when no connection has the packets that the row counts. */
  found(): OwnSequence | null {
    const { packets } = this.wanted;
    for (const { connection, kept, messages, format, span } of this.candidates) {
      const sequence = kept.sequence();
      const { client, server } = sequence.counts.packets;
      if (client === packets.client && server === packets.server) {
        return { sequence, messages, format, span, selection: (own) => own.connection === connection };
      }
    }
    return null;
  }
}

/** The same by time alone, where packets cannot be led to their connections once more (the table was full, clocks jumped). */
export class TimeCollector {
  private readonly gathered;
  private readonly selection: Selection;

  constructor({ first, last }: Wanted, all: boolean) {
    this.gathered = gatherer({ first, last }, all);
    // A message comes behind the packet that it is about, which may be the last.
    this.selection = (own) =>
      'packet' in own
        ? nanosBetween(first, own.packet) >= 0 && nanosBetween(own.packet, last) >= 0
        : nanosBetween(first, own.frame) >= 0 && nanosBetween(last, own.frame) <= MESSAGE_DELAY;
  }

  add(own: OwnPacket): void {
    if (this.selection(own)) {
      gather(this.gathered, own);
    }
  }

  addMessage(message: OwnMessage): void {
    if (this.selection(message)) {
      gatherMessage(this.gathered, message);
    }
  }

  found(): OwnSequence {
    const { kept, messages, format, span } = this.gathered;
    return { sequence: kept.sequence(), messages, format, span, selection: this.selection };
  }
}

function gatherer({ first, last }: Omit<Wanted, 'packets'>, all: boolean): Omit<Candidate, 'connection'> {
  return {
    marker: new SequenceMarker(),
    kept: new KeptSteps(all),
    messages: new Messages(),
    format: new SliceFormat(),
    span: new Span(first, last),
  };
}

function gatherMessage({ messages, format }: Omit<Candidate, 'connection'>, message: OwnMessage): void {
  format.note(message.frame);
  messages.add(message);
}

function gather({ marker, kept, format, span }: Omit<Candidate, 'connection'>, { packet, frames }: OwnPacket): void {
  kept.add(marker.mark(packet), marker.sums);
  span.add(packet);
  frames.forEach((frame) => format.note(frame));
}
