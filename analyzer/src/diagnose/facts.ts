import { closeClasses, resetStages, type CloseClass, type ResetStage } from '@tcpscope/filter';
import { connectionCounters, connectionFlags, type ConnectionBatch } from '../flow/index.js';
import { EndFact, Fact, FinHead, PauseHead, ResetHead } from '../flow/facts.js';
import { Ending } from '../flow/verdict.js';
import { readUnreachable, type UnreachableFacts } from './unreachable.js';

export type Side = 'client' | 'server';

/** A side's first RST. Sequence distances are in bytes and signed; times in microseconds as the capture point saw them. */
export interface ResetFacts {
  /** It carries ACK: a host that knows the connection sets it, one that answers a stray segment does not (RFC 9293 3.10.7). */
  readonly acknowledges: boolean;
  /** Its sequence number is 0: the answer to a SYN that nobody expected. */
  readonly zeroSequence: boolean;
  /** Announced window, unscaled, 0 to 65535. */
  readonly window: number;
  /** Time to live or hop limit, 0 to 255. */
  readonly ttl: number;
  /** IPv4 identification; null for IPv6. */
  readonly ipId: number | null;
  /** First identification other than 0 that the side had sent; null when there was none, or for IPv6. */
  readonly firstIpId: number | null;
  /** Its sequence number, from the highest the side had sent. */
  readonly ahead: number;
  /** Its sequence number, from the highest that the peer had acknowledged: what the side had sent unconfirmed. */
  readonly unacked: number;
  /** Its acknowledgement, from the highest the peer had sent: below 0 when the peer's data were still arriving. */
  readonly ackAhead: number;
  /** Bytes that the peer had sent and this side had not acknowledged before. */
  readonly peerUnacked: number;
  /** Since the connection's packet before it, and since the first one. */
  readonly gap: number;
  readonly time: number;
  readonly afterOwnFin: boolean;
  readonly afterPeerFin: boolean;
  /** Whose data came last before it; null when nobody had sent any. */
  readonly lastData: 'own' | 'peer' | null;
}

/** A side's first FIN. Units as in `ResetFacts`. */
export interface FinFacts {
  readonly gap: number;
  readonly time: number;
  /** Bytes before it that the peer had not acknowledged, and the peer's that it does not acknowledge. */
  readonly unacked: number;
  readonly peerUnacked: number;
  readonly afterPeerFin: boolean;
  readonly withData: boolean;
  readonly lastData: 'own' | 'peer' | null;
}

/** What one side did. */
export interface SideFacts {
  readonly packets: number;
  /** Payload bytes. */
  readonly bytes: number;
  readonly retransmissions: number;
  readonly fins: number;
  readonly resets: number;
  /** Of its first packet; null when it sent nothing but RSTs. */
  readonly ttl: number | null;
  /** Bytes that the peer never acknowledged. */
  readonly unacked: number;
  /** Segments that announced a window of next to nothing. */
  readonly tinyWindows: number;
  /** Those of them that announced 0, a FIN apart; 0 also for connections that were stored before this was counted. */
  readonly zeroWindows: number;
  /** Retransmissions that nothing ever answered, and over how many whole seconds. */
  readonly retries: number;
  readonly retrySeconds: number;
  readonly finAcked: boolean;
  /** New data that it sent after the peer's FIN: bytes, how long after it (microseconds), and whether it knew of the FIN. */
  readonly lateBytes: number;
  readonly lateDelay: number;
  readonly lateKnew: boolean;
  /** Segments with which it went on after its own RST. */
  readonly afterReset: number;
  /** New bytes that it sent after the peer's RST. */
  readonly afterPeerReset: number;
  /** Its RSTs whose sequence number lay above that of the one before. */
  readonly resetRises: number;
  readonly reset: ResetFacts | null;
  readonly fin: FinFacts | null;
}

/** Everything that a diagnosis knows of one connection. */
export interface ConnectionFacts {
  readonly close: CloseClass;
  /** Side of the first FIN or valid RST, and of the first RST. */
  readonly closer: Side | null;
  readonly aborter: Side | null;
  readonly stage: ResetStage | null;
  /** Client and server are known, not guessed. */
  readonly certain: boolean;
  readonly midstream: boolean;
  /** Only one direction was captured. */
  readonly oneway: boolean;
  /** Handshake time in microseconds, and the part of it between the SYN+ACK and the client's answer; null when unknown. */
  readonly handshake: number | null;
  readonly clientLeg: number | null;
  /** The capture ended before a timer had decided on it. */
  readonly cutOff: boolean;
  /** From the first packet to the last, microseconds. */
  readonly duration: number;
  /** Time after the last packet in which none came, as far as is sure (whole seconds), microseconds. */
  readonly watched: number;
  readonly syns: number;
  readonly synAcks: number;
  /** Who sent the last data of all. */
  readonly lastData: Side | null;
  /** The last pause of two seconds or more that new data ended: who spoke, and whether the peer never reacted to it. */
  readonly pause: { readonly micros: number; readonly speaker: Side; readonly fresh: boolean } | null;
  /** The RSTs seen did not end it. */
  readonly resetVoid: boolean;
  /** Both FINs were acknowledged before the first RST. */
  readonly finsFirst: boolean;
  /** What ICMP said of it; null when nothing. */
  readonly unreachable: UnreachableFacts | null;
  readonly client: SideFacts;
  readonly server: SideFacts;
}

const place = (name: string): number => connectionCounters.findIndex((counter) => counter.name === name);
const sided = (name: string) => [place(`${name}.clt`), place(`${name}.srv`)] as const;
const PACKETS = sided('packets');
const BYTES = sided('bytes');
const RETRANS = sided('retrans.count');
const ZERO_WINDOWS = sided('zerowindow.count');
const FINS = sided('fin.count');
const RESETS = sided('rst.count');
const SYNS = place('syn.count');
const SYNACKS = place('synack.count');
const sides = [null, 'client', 'server'] as const;

const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);

/** Reads the facts of one row. */
export function readFacts(batch: ConnectionBatch, row: number): ConnectionFacts {
  const word = (fact: number) => batch.facts[row * Fact.Words + fact] as number;
  const micros = (fact: number) => {
    floatBits[0] = word(fact);
    return float[0] as number;
  };
  const counter = (at: number) => batch.counters[at]?.[row] as number;
  const flags = batch.flags[row] as number;
  const stage = batch.stage[row] as number;
  const ct = batch.ct[row] as number;
  const end = word(Fact.End);
  const handshake = Number.isNaN(ct) ? null : ct;
  const pause = word(Fact.PauseHead);
  const wide = isWide(batch.serverIp, row * 16);
  const side = (at: 0 | 1): SideFacts => {
    const packets = counter(PACKETS[at]);
    const resets = counter(RESETS[at]);
    const ttl = (word(Fact.Ttl) >>> (8 * at)) & 0xff;
    const fin = word(Fact.FinHead + at);
    return {
      packets,
      bytes: counter(BYTES[at]),
      retransmissions: counter(RETRANS[at]),
      fins: counter(FINS[at]),
      resets,
      ttl: packets > resets && ttl !== 0 ? ttl : null,
      unacked: word(Fact.Unacked + at),
      tinyWindows: word(Fact.TinyWindows + at),
      zeroWindows: counter(ZERO_WINDOWS[at]),
      retries: word(Fact.Retries + at),
      retrySeconds: word(Fact.RetrySeconds + at),
      finAcked: (end & (EndFact.ClientFinAcked << at)) !== 0,
      lateBytes: word(Fact.LateBytes + at),
      lateDelay: micros(Fact.LateDelay + at),
      lateKnew: (fin & FinHead.LateKnew) !== 0,
      afterReset: word(Fact.AfterReset + at),
      afterPeerReset: word(Fact.AfterPeerReset + at),
      resetRises: word(Fact.ResetRises + at),
      reset: resetOf(at),
      fin:
        (fin & FinHead.Present) === 0
          ? null
          : {
              gap: micros(Fact.FinGap + at),
              time: micros(Fact.FinSeconds + at),
              unacked: word(Fact.FinUnacked + at),
              peerUnacked: word(Fact.FinPeerUnacked + at),
              afterPeerFin: (fin & FinHead.AfterPeerFin) !== 0,
              withData: (fin & FinHead.WithData) !== 0,
              lastData: (fin & FinHead.AfterData) === 0 ? null : (fin & FinHead.OwnDataLast) !== 0 ? 'own' : 'peer',
            },
    };
  };
  const resetOf = (at: 0 | 1): ResetFacts | null => {
    const head = word(Fact.ResetHead + at);
    if ((head & ResetHead.Present) === 0) {
      return null;
    }
    const ids = word(Fact.ResetIds + at);
    return {
      acknowledges: (head & ResetHead.Ack) !== 0,
      zeroSequence: (head & ResetHead.ZeroSequence) !== 0,
      window: (head >>> ResetHead.Window) & 0xffff,
      ttl: (head >>> ResetHead.Ttl) & 0xff,
      ipId: wide ? null : ids & 0xffff,
      firstIpId: wide || ids >>> 16 === 0 ? null : ids >>> 16,
      ahead: word(Fact.ResetAhead + at),
      unacked: word(Fact.ResetUnacked + at),
      ackAhead: word(Fact.ResetAckAhead + at),
      peerUnacked: word(Fact.ResetPeerUnacked + at),
      gap: micros(Fact.ResetGap + at),
      time: micros(Fact.ResetTime + at),
      afterOwnFin: (head & ResetHead.AfterOwnFin) !== 0,
      afterPeerFin: (head & ResetHead.AfterPeerFin) !== 0,
      lastData: (head & ResetHead.AfterData) === 0 ? null : (head & ResetHead.OwnDataLast) !== 0 ? 'own' : 'peer',
    };
  };
  return {
    close: closeClasses[batch.close[row] as number] as CloseClass,
    closer: sides[batch.closer[row] as number] ?? null,
    aborter: sides[batch.aborter[row] as number] ?? null,
    stage: stage === 0 ? null : (resetStages[stage - 1] as ResetStage),
    certain: (flags & connectionFlags.roleCertain) !== 0,
    midstream: (flags & connectionFlags.midstream) !== 0,
    oneway: (flags & connectionFlags.oneway) !== 0,
    handshake,
    clientLeg: handshake === null ? null : (handshake * ((end >>> EndFact.Share) & 15)) / 15,
    cutOff: ((end >>> EndFact.Ending) & 3) === Ending.End,
    duration: Math.max(
      0,
      ((batch.endSeconds[row] as number) - (batch.startSeconds[row] as number)) * 1e6 +
        ((batch.endNanos[row] as number) - (batch.startNanos[row] as number)) / 1e3
    ),
    watched: (end >>> EndFact.Watched) * 1e6,
    syns: counter(SYNS),
    synAcks: counter(SYNACKS),
    lastData:
      (end & (EndFact.ClientData | EndFact.ServerData)) === 0
        ? null
        : (end & EndFact.ServerDataLast) !== 0
          ? 'server'
          : 'client',
    pause:
      (pause & PauseHead.Present) === 0
        ? null
        : {
            micros: micros(Fact.Pause),
            speaker: (pause & PauseHead.Server) !== 0 ? 'server' : 'client',
            fresh: (pause & PauseHead.Fresh) !== 0,
          },
    resetVoid: (end & EndFact.ResetVoid) !== 0,
    finsFirst: (end & EndFact.FinsFirst) !== 0,
    unreachable: readUnreachable(word(Fact.Unreachable), word(Fact.Reporter), wide ? 6 : 4),
    client: side(0),
    server: side(1),
  };
}

/** Not an IPv4 address in IPv6's clothes (::ffff:a.b.c.d). */
function isWide(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) {
    if (bytes[at + i] !== 0) {
      return true;
    }
  }
  return bytes[at + 10] !== 0xff || bytes[at + 11] !== 0xff;
}
