import { Flag } from '../decode/segment.js';
import { bytes, time } from '../diagnose/words.js';
import type { Side } from '../diagnose/index.js';
import { pauseSeconds, tinyWindow } from '../flow/facts.js';
import { Row, State } from '../flow/layout.js';
import { answersAnother, createSequenceSpace, Place } from '../flow/sequence.js';
import { createFlowTable } from '../flow/table.js';
import { markWeights, type Mark, type MarkKind, type Weight } from './mark.js';
import { nanosBetween, type SequencePacket } from './packet.js';
import { resetWords } from './reset-words.js';
import { other, SideTrack } from './side-track.js';
import { Sums, type Step } from './step.js';

const ANY_FLAG = 0x3f;
/** A retransmission this long after its side's last packet came from a timer (RFC 6298 allows 200 ms as Linux does). */
const TIMER = 0.15e9;
/** So many duplicate ACKs make a sender repeat a segment at once (RFC 5681 3.2). */
const FAST = 3;

/**
 * Goes through the packets of one connection in the order of capture and says what is remarkable about each. The sequence
 * space is the flow room's own, so that every retransmission that is counted is marked, and none other.
 */
export class SequenceMarker {
  /** What the packets so far add up to. */
  readonly sums = new Sums();
  private readonly table = createFlowTable(1);
  private readonly space = createSequenceSpace(this.table);
  private readonly at = this.table.at(this.table.allocate(0, 0, 0));
  private readonly sides: Record<Side, SideTrack> = { client: new SideTrack(), server: new SideTrack() };
  private first: SequencePacket | null = null;
  private last: SequencePacket | null = null;
  /** The first SYN and SYN+ACK, until the handshake is complete. */
  private syn: SequencePacket | null = null;
  private synAck: SequencePacket | null = null;
  private stands = false;
  private closed = false;
  private marks: Mark[] = [];
  private weight: Weight = 0;

  /** The next packet; the step holds for as long as the caller keeps it. */
  mark(packet: SequencePacket): Step {
    const { from, flags } = packet;
    const own = this.sides[from];
    const peer = this.sides[other(from)];
    this.first ??= packet;
    const sinceLast = this.last === null ? 0 : nanosBetween(this.last, packet);
    this.marks = [];
    this.weight = (flags & (Flag.Syn | Flag.Fin | Flag.Rst)) !== 0 ? 3 : 0;

    const direction = from === 'client' ? 0 : 1;
    const foreign = answersAnother(this.table.rows, this.at, direction, flags, packet.acknowledgement | 0);
    if (!foreign) {
      own.begin(packet, peer);
    }
    const relative = {
      sequence: own.relative(packet.sequence),
      acknowledgement: (flags & Flag.Ack) === 0 ? null : peer.relative(packet.acknowledgement),
    };
    this.timing(sinceLast);
    if ((flags & ANY_FLAG) === 0 || ((flags & Flag.Syn) !== 0 && (flags & (Flag.Fin | Flag.Rst)) !== 0)) {
      this.say('malformed', 'flags that contradict each other');
    }
    if ((flags & Flag.Rst) !== 0) {
      this.reset(packet, own, peer);
    } else if (foreign) {
      this.ofAnother(packet, own, peer, direction);
    } else {
      this.place(packet, own, peer, sinceLast);
      this.handshake(packet);
      this.windows(packet, own, peer);
      this.acknowledge(packet, own, peer);
      if ((flags & Flag.Fin) !== 0) {
        this.fin(packet, own, peer);
      }
      this.close(own, peer);
    }
    own.last = packet;
    own.ttl ??= packet.ttl;
    this.last = packet;
    this.sums.add(packet, this.marks);
    return {
      index: this.sums.packets.client + this.sums.packets.server - 1,
      packet,
      ...relative,
      offset: nanosBetween(this.first, packet),
      delta: sinceLast,
      inFlight: own.unacked,
      marks: this.marks,
      weight: this.weight,
    };
  }

  private say(kind: MarkKind, text: string, weight: Weight = markWeights[kind]): void {
    this.marks.push({ kind, text });
    this.weight = Math.max(this.weight, weight) as Weight;
  }

  private timing(sinceLast: number): void {
    if (sinceLast >= pauseSeconds * 1e9) {
      this.say('silence', `${time(sinceLast / 1e3)} of silence`);
    } else if (sinceLast < 0) {
      this.say('clock-back', `captured behind a packet that is ${time(-sinceLast / 1e3)} younger`);
    }
  }

  /** Where the segment lies in what its sender has sent. */
  private place(packet: SequencePacket, own: SideTrack, peer: SideTrack, sinceLast: number): void {
    const { rows } = this.table;
    const { flags, payload, sequence, from } = packet;
    const direction = from === 'client' ? 0 : 1;
    const length = payload + ((flags & Flag.Syn) >> 1) + (flags & Flag.Fin);
    const before = own.next;
    if (length === 0) {
      if (((rows[this.at + Row.State] as number) & (State.Sequence << direction)) === 0) {
        rows[this.at + Row.State] = (rows[this.at + Row.State] as number) | (State.Sequence << direction);
        rows[this.at + Row.First + direction] = sequence | 0;
        rows[this.at + Row.Next + direction] = sequence | 0;
        own.next = sequence;
      } else if ((flags & (Flag.Syn | Flag.Fin)) === 0 && before !== null && ((sequence - before) | 0) === -1) {
        this.keepAlive(own);
      }
      return;
    }
    if ((flags & Flag.Syn) !== 0) {
      const bit = ((flags & Flag.Ack) === 0 ? State.Syn : State.SynAck) << direction;
      const state = rows[this.at + Row.State] as number;
      rows[this.at + Row.State] = state | bit;
    }
    const place = this.space.add(this.at, direction, sequence | 0, length, payload);
    own.next = (rows[this.at + Row.Next + direction] as number) >>> 0;
    switch (place) {
      case Place.Gap:
        this.say('gap', `${bytes((sequence - (before ?? sequence)) >>> 0)} before it were not captured, or come later`);
        break;
      case Place.OutOfOrder:
        this.say('out-of-order', 'fills a hole in what came before it');
        break;
      case Place.KeepAlive:
        this.keepAlive(own);
        break;
      case Place.Retransmission:
        this.again(packet, own, peer);
        break;
    }
    if (payload > 0 && place !== Place.Retransmission && place !== Place.KeepAlive) {
      this.data(packet, own, peer, sinceLast);
    }
  }

  /** An answer of the connection before: its numbers are not those of this one. */
  private ofAnother(packet: SequencePacket, own: SideTrack, peer: SideTrack, direction: number): void {
    const { sequence, flags, payload } = packet;
    const length = payload + (flags & Flag.Fin);
    if (length > 0 && this.space.stray(this.at, direction, sequence | 0) === Place.Retransmission) {
      this.again(packet, own, peer);
    }
    if ((flags & Flag.Fin) !== 0) {
      this.fin(packet, own, peer);
    }
    this.close(own, peer);
  }

  private keepAlive(own: SideTrack): void {
    own.probing = true;
    this.say('keep-alive', 'asks whether the peer still lives');
  }

  private again(packet: SequencePacket, own: SideTrack, peer: SideTrack): void {
    const { flags, payload, sequence } = packet;
    const since = own.last === null ? 0 : nanosBetween(own.last, packet);
    if ((flags & Flag.Syn) !== 0) {
      own.syns++;
      const what = (flags & Flag.Ack) === 0 ? 'SYN' : 'SYN+ACK';
      const after = since < 0 ? '' : `, ${time(since / 1e3)} after the one before`;
      this.say('syn-again', `${what} no. ${own.syns}${after}`);
      return;
    }
    const what = payload === 0 ? 'the FIN again' : `${bytes(payload)} again`;
    const end = sequence + payload + (flags & Flag.Fin);
    if (own.acked !== null && ((end - own.acked) | 0) <= 0) {
      this.say('retransmission', `${what}, though acknowledged`);
    } else if (peer.duplicates >= FAST) {
      this.say('retransmission', `${what}, asked for by ${peer.duplicates} duplicate ACKs`);
    } else if (since >= TIMER) {
      this.say('retransmission', `${what}, no acknowledgement for ${time(since / 1e3)}`);
    } else {
      this.say('retransmission', what);
    }
  }

  /** New data. */
  private data(packet: SequencePacket, own: SideTrack, peer: SideTrack, sinceLast: number): void {
    const { from, payload } = packet;
    const turn = this.sums.lastData !== null && this.sums.lastData.from !== from;
    if (!own.hasData) {
      own.hasData = true;
      const request = turn ? this.sums.lastData : null;
      const after = request === null ? '' : timeFrom(request, packet);
      const answer = request === null || after === '' ? '' : `, ${after}after the ${request.from}'s`;
      this.say('first-data', `first data of the ${from}${answer}`);
    }
    this.sums.lastData = packet;
    if (peer.reset !== null) {
      const after = timeFrom(peer.reset, packet);
      this.say('late-data', `${bytes(payload)} of new data ${after}after the ${other(from)}'s RST`, own.late ? 1 : 2);
      own.late = true;
    } else if (peer.fin !== null && sinceLast >= 0) {
      const after = timeFrom(peer.fin, packet);
      this.say('late-data', `${bytes(payload)} of new data ${after}after the ${other(from)}'s FIN`, own.late ? 1 : 2);
      own.late = true;
    }
  }

  private handshake(packet: SequencePacket): void {
    const { flags, from, acknowledgement } = packet;
    if ((flags & Flag.Syn) !== 0) {
      if ((flags & Flag.Ack) === 0) {
        this.syn ??= packet;
      } else {
        this.synAck ??= packet;
      }
      return;
    }
    const { syn, synAck } = this;
    if (this.stands || syn === null || synAck === null || from !== syn.from || (flags & Flag.Ack) === 0) {
      return;
    }
    if (((acknowledgement - synAck.sequence) | 0) >= 1) {
      this.stands = true;
      const whole = nanosBetween(syn, packet);
      const leg = nanosBetween(syn, synAck);
      const legs =
        leg >= 0 && whole >= leg
          ? `: ${time(leg / 1e3)} to the server, ${time((whole - leg) / 1e3)} to the client`
          : '';
      this.say(
        'handshake',
        whole < 0 ? 'handshake, captured out of order' : `handshake in ${time(whole / 1e3)}${legs}`
      );
    }
  }

  private windows(packet: SequencePacket, own: SideTrack, peer: SideTrack): void {
    const { flags, window } = packet;
    if (window === null || (flags & Flag.Syn) !== 0) {
      return;
    }
    if (window <= tinyWindow) {
      const room = window === 0 ? 'zero window' : `window of ${window}, next to nothing`;
      const waiting = peer.unacked > 0 ? `, ${bytes(peer.unacked)} of the ${other(packet.from)} not acknowledged` : '';
      const text =
        own.zeroSince === null ? `${room}: the ${packet.from} has stopped reading${waiting}` : `${room}, still`;
      this.say('zero-window', text, own.zeroSince === null ? 2 : 1);
      own.zeroSince ??= packet;
    } else if (own.zeroSince !== null) {
      const after = timeFrom(own.zeroSince, packet);
      this.say('window-open', after === '' ? 'room again' : `room again after ${after.trimEnd()}`);
      own.zeroSince = null;
    }
  }

  private acknowledge(packet: SequencePacket, own: SideTrack, peer: SideTrack): void {
    const { flags, acknowledgement, payload, window } = packet;
    if ((flags & Flag.Ack) === 0) {
      return;
    }
    const before = peer.acked;
    if (before === null || ((acknowledgement - before) | 0) > 0) {
      peer.acked = acknowledgement;
      own.duplicates = 0;
      peer.probing = false;
      return;
    }
    const same =
      acknowledgement === before && payload === 0 && (flags & (Flag.Syn | Flag.Fin)) === 0 && own.last !== null;
    if (same && peer.probing) {
      peer.probing = false;
      this.say('keep-alive-answer', 'it does');
    } else if (same && peer.unacked > 0 && window === own.last?.window) {
      own.duplicates++;
      this.say('duplicate-ack', `no. ${own.duplicates}, asks for ${peer.relative(acknowledgement)} again`);
    }
  }

  private fin(packet: SequencePacket, own: SideTrack, peer: SideTrack): void {
    if (own.fin !== null) {
      return;
    }
    own.fin = packet;
    own.finEnd = (packet.sequence + packet.payload + 1) >>> 0;
    const who = peer.fin === null ? `the ${packet.from} closes first` : `the ${packet.from} closes too`;
    const facts = [
      ...(own.unackedBytes > packet.payload ? [`${bytes(own.unackedBytes)} of its own not acknowledged yet`] : []),
      ...(peer.fin === null && peer.unacked > 0
        ? [`${bytes(peer.unacked)} of the ${other(packet.from)} not acknowledged`]
        : []),
    ];
    this.say('fin', [who, ...facts].join('; '));
  }

  private close(own: SideTrack, peer: SideTrack): void {
    if (!this.closed && own.finAcked && peer.finAcked && own.reset === null && peer.reset === null) {
      this.closed = true;
      this.say('closed', 'closed on both sides');
    }
  }

  private reset(packet: SequencePacket, own: SideTrack, peer: SideTrack): void {
    own.resets++;
    this.say('reset', resetWords(packet, own, peer, this.syn !== null && this.synAck === null));
    own.reset ??= packet;
    own.lastReset = packet;
  }
}

/** The time from one packet to another, with a blank behind it; nothing when the capture has the other one before. */
function timeFrom(one: SequencePacket, packet: SequencePacket): string {
  const nanos = nanosBetween(one, packet);
  return nanos < 0 ? '' : `${time(nanos / 1e3)} `;
}
