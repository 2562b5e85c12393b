import { bitsOf, lastData, unacked } from './fact-values.js';
import { EndFact, Fact, PauseHead } from './facts.js';
import { Facts, Nanos, Row, State, Traits } from './layout.js';
import type { FlowTable } from './table.js';
import { clientDirection, type Ending } from './verdict.js';

/** @param into the column of facts of a batch */
export function createFactWriter(table: FlowTable, into: Int32Array) {
  const { rows, factsOf } = table;
  const { words } = table.facts;

  /**
   * Writes the facts of a connection into a batch, client first.
   * @param now second that event time has come to
   * @param out first word of the row there
   */
  function write(at: number, ending: Ending, now: number, out: number): void {
    const state = rows[at + Row.State] as number;
    const client = clientDirection(state);
    const server = client ^ 1;
    const facts = factsOf(at);
    for (let word = out; word < out + Fact.Words; word++) {
      into[word] = 0;
    }
    if (facts !== 0) {
      for (let pair = 0; pair < Fact.Pause; pair += 2) {
        into[out + pair] = words[facts + pair + client] as number;
        into[out + pair + 1] = words[facts + pair + server] as number;
      }
      for (let side = 0; side < 2; side++) {
        const retries = out + Fact.Retries + side;
        const direction = side ^ client;
        // Tries that were answered in the end were not in vain.
        if (words[facts + Fact.RetryAcked + direction] !== rows[at + Row.Acked + (direction ^ 1)]) {
          into[retries] = 0;
        }
        into[out + Fact.RetrySeconds + side] =
          into[retries] === 0
            ? 0
            : (rows[at + Row.LastSeconds] as number) - (words[facts + Fact.RetrySeconds + direction] as number);
        into[out + Fact.FinSeconds + side] = microsBetween(at, facts + direction);
      }
      const head = words[facts + Fact.PauseHead] as number;
      if (head !== 0) {
        const speaker = (head & PauseHead.Server) !== 0 ? 1 : 0;
        const fresh =
          ((state & (State.Ack << (speaker ^ 1))) === 0 ||
            (((rows[at + Row.Acked + (speaker ^ 1)] as number) - (words[facts + Fact.PauseNext] as number)) | 0) < 0) &&
          rows[at + Row.Next + (speaker ^ 1)] === words[facts + Fact.PauseOther];
        into[out + Fact.Pause] = words[facts + Fact.Pause] as number;
        into[out + Fact.PauseHead] =
          PauseHead.Present | (speaker === server ? PauseHead.Server : 0) | (fresh ? PauseHead.Fresh : 0);
      }
    }
    const noted = rows[at + Row.Facts] as number;
    const bit = (flag: number, place: number, direction: number) => ((state & (flag << direction)) !== 0 ? place : 0);
    into[out + Fact.End] =
      bit(State.Data, EndFact.ClientData, client) |
      bit(State.Data, EndFact.ServerData, server) |
      (lastData(rows, at) === server ? EndFact.ServerDataLast : 0) |
      bit(State.FinAcked, EndFact.ClientFinAcked, client) |
      bit(State.FinAcked, EndFact.ServerFinAcked, server) |
      ((noted & Facts.ResetVoid) !== 0 ? EndFact.ResetVoid : 0) |
      ((noted & Facts.FinsFirst) !== 0 ? EndFact.FinsFirst : 0) |
      bit(State.Handshake, EndFact.HandshakeDone, 0) |
      (ending << EndFact.Ending) |
      (((noted >>> Facts.Share) & 15) << EndFact.Share) |
      (watched(at, now) << EndFact.Watched);
    const traits = rows[at + Row.Traits] as number;
    const ttl = (direction: number) => (traits >>> (Traits.Ttl + direction * Traits.TtlBits)) & 0xff;
    into[out + Fact.Ttl] = ttl(client) | (ttl(server) << 8);
    into[out + Fact.Unacked] = unacked(rows, at, client);
    into[out + Fact.Unacked + 1] = unacked(rows, at, server);
  }

  /** Of the second that event time has come to, only its beginning has surely passed. */
  function watched(at: number, now: number): number {
    const fraction = ((rows[at + Row.LastNanos] as number) & Nanos.Most) > 0 ? 1 : 0;
    return Math.max(0, Math.min(EndFact.MostWatched, now - (rows[at + Row.LastSeconds] as number) - fraction));
  }

  /** Time of a FIN since the connection's first packet. */
  function microsBetween(at: number, facts: number): number {
    const seconds = words[facts + Fact.FinSeconds] as number;
    const nanos = words[facts + Fact.FinNanos] as number;
    return seconds === 0
      ? 0
      : bitsOf(
          Math.max(
            0,
            (seconds - (rows[at + Row.StartSeconds] as number)) * 1e6 +
              (nanos - (rows[at + Row.StartNanos] as number)) / 1e3
          )
        );
  }

  return write;
}
