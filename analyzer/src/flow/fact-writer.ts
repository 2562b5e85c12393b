import { bitsOf, lastData, unacked } from './fact-values.js';
import { EndFact, Fact, PauseHead, Unreachable } from './facts.js';
import { Facts, Fins, Nanos, Row, State, Traits } from './layout.js';
import type { FlowTable } from './table.js';
import { clientDirection, type Ending } from './verdict.js';

/** @param into the column of facts of a batch; 0 wherever a connection has nothing to tell */
export function createFactWriter(table: FlowTable, into: Int32Array) {
  const { rows, fins, finsOf } = table;
  const { words } = table.facts;

  /**
   * Writes the facts of a connection into a batch, client first.
   * @param now second that event time has come to
   * @param out first word of the row there, whose words are all 0
   */
  function write(at: number, ending: Ending, now: number, out: number): void {
    const state = rows[at + Row.State] as number;
    const client = clientDirection(state);
    const server = client ^ 1;
    const first = finsOf(at);
    const facts = (fins[first + Fins.Facts] as number) * Fact.PoolWords;
    if (facts !== 0) {
      writeNoted(at, facts, client, out);
    }
    writeFin(at, first + client, out);
    writeFin(at, first + server, out + 1);
    const noted = rows[at + Row.Facts] as number;
    into[out + Fact.End] =
      ((state & (State.Data << client)) !== 0 ? EndFact.ClientData : 0) |
      ((state & (State.Data << server)) !== 0 ? EndFact.ServerData : 0) |
      (lastData(rows, at) === server ? EndFact.ServerDataLast : 0) |
      ((state & (State.FinAcked << client)) !== 0 ? EndFact.ClientFinAcked : 0) |
      ((state & (State.FinAcked << server)) !== 0 ? EndFact.ServerFinAcked : 0) |
      ((noted & Facts.ResetVoid) !== 0 ? EndFact.ResetVoid : 0) |
      ((noted & Facts.FinsFirst) !== 0 ? EndFact.FinsFirst : 0) |
      ((state & State.Handshake) !== 0 ? EndFact.HandshakeDone : 0) |
      (ending << EndFact.Ending) |
      (((noted >>> Facts.Share) & 15) << EndFact.Share) |
      (watched(at, now) << EndFact.Watched);
    const traits = rows[at + Row.Traits] as number;
    into[out + Fact.Ttl] = ttl(traits, client) | (ttl(traits, server) << 8);
    into[out + Fact.Unacked] = unacked(rows, at, client);
    into[out + Fact.Unacked + 1] = unacked(rows, at, server);
  }

  /** What is kept in the pool of facts. */
  function writeNoted(at: number, facts: number, client: number, out: number): void {
    const state = rows[at + Row.State] as number;
    const server = client ^ 1;
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
    }
    const unreachable = words[facts + Fact.Unreachable] as number;
    if (unreachable !== 0) {
      const sender = (unreachable & Unreachable.Server) !== 0 ? 1 : 0;
      into[out + Fact.Unreachable] = (unreachable & ~Unreachable.Server) | (sender === server ? Unreachable.Server : 0);
      into[out + Fact.Reporter] = words[facts + Fact.Reporter] as number;
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

  /** The first FIN of a side, whose words begin at `fin` and go to `out`. */
  function writeFin(at: number, fin: number, out: number): void {
    into[out + Fact.FinHead] = fins[fin + Fins.Head] as number;
    if (fins[fin + Fins.Seconds] !== 0) {
      into[out + Fact.FinUnacked] = fins[fin + Fins.Unacked] as number;
      into[out + Fact.FinPeerUnacked] = fins[fin + Fins.PeerUnacked] as number;
      into[out + Fact.FinGap] = fins[fin + Fins.Gap] as number;
      into[out + Fact.FinSeconds] = microsSinceStart(at, fin);
    }
  }

  /** Of the second that event time has come to, only its beginning has surely passed. */
  function watched(at: number, now: number): number {
    const fraction = ((rows[at + Row.LastNanos] as number) & Nanos.Most) > 0 ? 1 : 0;
    return Math.max(0, Math.min(EndFact.MostWatched, now - (rows[at + Row.LastSeconds] as number) - fraction));
  }

  /** Time of a FIN since the connection's first packet. */
  function microsSinceStart(at: number, fin: number): number {
    const seconds = (fins[fin + Fins.Seconds] as number) - (rows[at + Row.StartSeconds] as number);
    const nanos = (fins[fin + Fins.Nanos] as number) - (rows[at + Row.StartNanos] as number);
    return bitsOf(Math.max(0, seconds * 1e6 + nanos / 1e3));
  }

  return write;
}

/** Time to live of a direction's first packet. */
function ttl(traits: number, direction: number): number {
  return (traits >>> (Traits.Ttl + direction * Traits.TtlBits)) & 0xff;
}
