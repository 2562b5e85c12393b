import { windowCounters } from './batch.js';

/**
 * The rarer things counted in a window. A kind with sides is booked by direction (kind + direction), and becomes the
 * client's or the server's counter when the window is written, because roles may be learned in between.
 */
export const enum Event {
  RstConnAny = 0,
  RstConn = 2,
  FinConn = 4,
  RstNoConn = 6,
  RstAfterFin = 8,
  RstAfterClose = 10,
  RstAfterIdle = 12,
  Malformed = 14,
  Refused = 16,
  NoAnswer = 18,
  HalfOpen = 20,
  SetupAbort = 22,
  Connection = 24,
  CloseFin = 26,
  CloseFinRst = 28,
  CloseRst = 30,
  Closer = 32,
  UnclosedIdle = 34,
  UnclosedHalfClosed = 36,
  UnclosedReused = 38,
  UnclosedMemory = 40,
  UnclosedEnd = 42,
  Midstream = 44,
  OneWay = 46,
  RoleGuess = 48,
  /** Microseconds of a handshake: adds to ct.sum and ct.net.sum, raises ct.max. */
  HandshakeTime = 50,
  /** Microseconds that lay between the first and the last SYN: taken off ct.net.sum. */
  SynDelay = 52,
  /** Packed counters of a window row that were about to overflow. */
  Syn = 54,
  SynAck = 56,
  Retrans = 58,
  Fin = 60,
  Rst = 62,
  Kinds = 64,
}

/** Names of the counters, by kind; a sided kind names its client's counter, then its server's. */
const counterNames: Readonly<Record<number, readonly [string] | readonly [string, string]>> = {
  [Event.RstConnAny]: ['rst.conn'],
  [Event.RstConn]: ['rst.conn.clt', 'rst.conn.srv'],
  [Event.FinConn]: ['fin.conn.clt', 'fin.conn.srv'],
  [Event.RstNoConn]: ['rst.noconn.clt', 'rst.noconn.srv'],
  [Event.RstAfterFin]: ['rst.afterfin'],
  [Event.RstAfterClose]: ['rst.afterclose'],
  [Event.RstAfterIdle]: ['rst.afteridle'],
  [Event.Malformed]: ['malformed.count'],
  [Event.Refused]: ['refused.count'],
  [Event.NoAnswer]: ['noanswer.count'],
  [Event.HalfOpen]: ['halfopen.count'],
  [Event.SetupAbort]: ['setupabort.clt', 'setupabort.srv'],
  [Event.Connection]: ['conn.count'],
  [Event.CloseFin]: ['close.fin'],
  [Event.CloseFinRst]: ['close.finrst'],
  [Event.CloseRst]: ['close.rst'],
  [Event.Closer]: ['closer.clt', 'closer.srv'],
  [Event.UnclosedIdle]: ['unclosed.idle'],
  [Event.UnclosedHalfClosed]: ['unclosed.halfclosed.clt', 'unclosed.halfclosed.srv'],
  [Event.UnclosedReused]: ['unclosed.reused'],
  [Event.UnclosedMemory]: ['unclosed.memory'],
  [Event.UnclosedEnd]: ['unclosed.end'],
  [Event.Midstream]: ['midstream.count'],
  [Event.OneWay]: ['oneway.count'],
  [Event.RoleGuess]: ['role.guess.count'],
  [Event.HandshakeTime]: ['ct.sum'],
  [Event.SynDelay]: ['ct.net.sum'],
  [Event.Syn]: ['syn.count'],
  [Event.SynAck]: ['synack.count'],
  [Event.Retrans]: ['retrans.count.clt', 'retrans.count.srv'],
  [Event.Fin]: ['fin.count.clt', 'fin.count.srv'],
  [Event.Rst]: ['rst.count.clt', 'rst.count.srv'],
};

/** Place of a counter in the catalogue, and so in a batch. Throws when the catalogue lacks it: a mistake of ours. */
export function counterIndex(name: string): number {
  const at = windowCounters.findIndex((counter) => counter.name === name);
  if (at < 0) {
    throw new Error(`the catalogue has no counter ${name}`);
  }
  return at;
}

/** Counter of an event: `eventCounters[clientHigh * Event.Kinds + kind + direction]`. */
export const eventCounters = new Int32Array(2 * Event.Kinds).fill(-1);
for (const [kind, names] of Object.entries(counterNames)) {
  for (const clientHigh of [0, 1]) {
    for (const direction of [0, 1]) {
      const side = names.length === 1 ? 0 : direction ^ clientHigh;
      eventCounters[clientHigh * Event.Kinds + Number(kind) + direction] = counterIndex(names[side] as string);
    }
  }
}
