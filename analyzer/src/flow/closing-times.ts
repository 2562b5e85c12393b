import { bucketOf } from '@tcpscope/filter';
import { Verdict } from './events.js';
import { Fact, ResetHead } from './facts.js';
import { Facts, Nanos, Row, State } from './layout.js';
import type { FlowTable } from './table.js';

/** What it says that an established connection has ended, and that a RST has part in it. */
const RESET = Verdict.CloseRst | Verdict.CloseFinRst;
export const CLOSED = RESET | Verdict.CloseFin;

/** Times that are known when a connection has closed, as numbers of their buckets; -1 where there is none. */
export function createClosingTimes(table: FlowTable) {
  const { rows, factsOf } = table;
  const { words } = table.facts;
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);

  /** From the first packet to the last, of a connection that was seen from its handshake on. */
  function duration(at: number): number {
    if (((rows[at + Row.State] as number) & State.Handshake) === 0) {
      return -1;
    }
    const seconds = (rows[at + Row.LastSeconds] as number) - (rows[at + Row.StartSeconds] as number);
    const nanos = ((rows[at + Row.LastNanos] as number) & Nanos.Most) - (rows[at + Row.StartNanos] as number);
    return bucketOf(Math.max(0, Math.round(seconds * 1e6 + nanos / 1e3)));
  }

  /** How long nothing had come when the first RST did. */
  function silence(at: number, verdicts: number): number {
    if ((verdicts & RESET) === 0) {
      return -1;
    }
    const aborter = ((rows[at + Row.Facts] as number) & Facts.Aborter) !== 0 ? 1 : 0;
    const facts = factsOf(at) + aborter;
    return ((words[facts + Fact.ResetHead] as number) & ResetHead.Present) === 0
      ? -1
      : bucketOf(Math.max(0, Math.round(floats[facts + Fact.ResetGap] as number)));
  }

  return { duration, silence };
}
