import { windowCounters } from './batch.js';

/**
 * What happens to a connection at most once in its life, as bits of `Row.Verdicts`: each adds 1 to a counter of the window
 * in which it happened. Of a sided one the second bit is direction 1; it becomes the client's or the server's counter when
 * the window is written, because roles may be learned in between.
 */
export const enum Verdict {
  FinConn = 1 << 0,
  RstConn = 1 << 2,
  RstConnAny = 1 << 4,
  SetupAbort = 1 << 5,
  Closer = 1 << 7,
  UnclosedHalfClosed = 1 << 9,
  Refused = 1 << 11,
  NoAnswer = 1 << 12,
  HalfOpen = 1 << 13,
  Connection = 1 << 14,
  CloseFin = 1 << 15,
  CloseFinRst = 1 << 16,
  CloseRst = 1 << 17,
  UnclosedIdle = 1 << 18,
  UnclosedReused = 1 << 19,
  UnclosedMemory = 1 << 20,
  UnclosedEnd = 1 << 21,
  Midstream = 1 << 22,
  OneWay = 1 << 23,
  RoleGuess = 1 << 24,
  /** The record's handshake times count. */
  Timed = 1 << 25,
  Unreachable = 1 << 26,
}

/** Things that can happen more often: nodes of a list, a kind (plus direction when sided) and a number. */
export const enum Event {
  RstNoConn = 0,
  RstAfterFin = 2,
  RstAfterClose = 4,
  RstAfterIdle = 6,
  Malformed = 8,
  /** What did not fit the packed fields of a row. */
  Syn = 10,
  SynAck = 12,
  Fin = 14,
  Rst = 16,
  Retrans = 18,
  ZeroWindow = 20,
  DupAck = 22,
  /** From here on columns of 64 bits. */
  Copy = 24,
  /** Not counted but timed: the number is the bucket of the silence before the first RST. */
  ResetSilence = 26,
  Kinds = 28,
}

type Names = readonly [string] | readonly [string, string];

const verdictNames: ReadonlyArray<readonly [Verdict, ...Names]> = [
  [Verdict.FinConn, 'fin.conn.clt', 'fin.conn.srv'],
  [Verdict.RstConn, 'rst.conn.clt', 'rst.conn.srv'],
  [Verdict.RstConnAny, 'rst.conn'],
  [Verdict.SetupAbort, 'setupabort.clt', 'setupabort.srv'],
  [Verdict.Closer, 'closer.clt', 'closer.srv'],
  [Verdict.UnclosedHalfClosed, 'unclosed.halfclosed.clt', 'unclosed.halfclosed.srv'],
  [Verdict.Refused, 'refused.count'],
  [Verdict.NoAnswer, 'noanswer.count'],
  [Verdict.HalfOpen, 'halfopen.count'],
  [Verdict.Unreachable, 'unreachable.count'],
  [Verdict.Connection, 'conn.count'],
  [Verdict.CloseFin, 'close.fin'],
  [Verdict.CloseFinRst, 'close.finrst'],
  [Verdict.CloseRst, 'close.rst'],
  [Verdict.UnclosedIdle, 'unclosed.idle'],
  [Verdict.UnclosedReused, 'unclosed.reused'],
  [Verdict.UnclosedMemory, 'unclosed.memory'],
  [Verdict.UnclosedEnd, 'unclosed.end'],
  [Verdict.Midstream, 'midstream.count'],
  [Verdict.OneWay, 'oneway.count'],
  [Verdict.RoleGuess, 'role.guess.count'],
];

const eventNames: ReadonlyArray<readonly [Event, ...Names]> = [
  [Event.RstNoConn, 'rst.noconn.clt', 'rst.noconn.srv'],
  [Event.RstAfterFin, 'rst.afterfin'],
  [Event.RstAfterClose, 'rst.afterclose'],
  [Event.RstAfterIdle, 'rst.afteridle'],
  [Event.Malformed, 'malformed.count'],
  [Event.Syn, 'syn.count'],
  [Event.SynAck, 'synack.count'],
  [Event.Fin, 'fin.count.clt', 'fin.count.srv'],
  [Event.Rst, 'rst.count.clt', 'rst.count.srv'],
  [Event.Retrans, 'retrans.count.clt', 'retrans.count.srv'],
  [Event.ZeroWindow, 'zerowindow.count.clt', 'zerowindow.count.srv'],
  [Event.DupAck, 'dupack.count.clt', 'dupack.count.srv'],
  [Event.Copy, 'dup.count.clt', 'dup.count.srv'],
];

/** Place of a counter in the catalogue, and so in a batch. Throws when the catalogue lacks it: a mistake of ours. */
export function counterIndex(name: string): number {
  const at = windowCounters.findIndex((counter) => counter.name === name);
  if (at < 0) {
    throw new Error(`the catalogue has no counter ${name}`);
  }
  return at;
}

/** Counter of the verdict in bit number `bit`: `verdictCounters[clientHigh * 32 + bit]`; -1 when there is none. */
export const verdictCounters = new Int32Array(64).fill(-1);
/** Counter of an event: `eventCounters[clientHigh * Event.Kinds + kind + direction]`. */
export const eventCounters = new Int32Array(2 * Event.Kinds).fill(-1);

function fill(table: Int32Array, stride: number, first: number, names: readonly string[]): void {
  for (const clientHigh of [0, 1]) {
    names.forEach((_, direction) => {
      const side = names.length === 1 ? 0 : direction ^ clientHigh;
      table[clientHigh * stride + first + direction] = counterIndex(names[side] as string);
    });
  }
}

for (const [verdict, ...names] of verdictNames) {
  fill(verdictCounters, 32, 31 - Math.clz32(verdict), names);
}
for (const [event, ...names] of eventNames) {
  fill(eventCounters, Event.Kinds, event, names);
}
