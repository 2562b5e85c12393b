import { Quote, Seg } from '../decode/segment.js';
import type { Connections } from './connections.js';
import { Verdict } from './events.js';
import { Fact, Unreachable } from './facts.js';
import { Both, Row, State, Table } from './layout.js';

/**
 * Notes ICMP messages that a segment could not be delivered. They are hints (RFC 5461): whoever forges one needs no more
 * than the ports, so a message is believed only if it quotes a sequence number that its sender has in use (RFC 5927 4.1);
 * and it changes nothing of how the connection is followed, for TCP itself goes on after most of them.
 */
export function createUnreachable(connections: Connections, segments: Int32Array) {
  const { table, enterWindow } = connections;
  const { rows, factsAt } = table;
  const { words } = table.facts;

  /**
   * @param row of the connection whose segment the message at `segment` quotes; 0 when there is none
   */
  return function noteUnreachable(row: number, segment: number): void {
    const direction = segments[segment + Seg.Direction] as number;
    const sequence = segments[segment + Seg.Sequence] as number;
    // Row 0 has sent nothing.
    const rival = rows[rowAt(row) + Row.Rival] as number;
    if (hasSent(rows, rowAt(row), direction, sequence)) {
      note(row, segment, direction, sequence);
    } else if (hasSent(rows, rowAt(rival), direction, sequence)) {
      note(rival, segment, direction, sequence);
    }
  };

  function note(row: number, segment: number, direction: number, sequence: number): void {
    const at = rowAt(row);
    const facts = factsAt(at);
    const noted = words[facts + Fact.Unreachable] as number;
    if (noted !== 0) {
      if (noted >>> Unreachable.Count < Unreachable.Most) {
        words[facts + Fact.Unreachable] = noted + (1 << Unreachable.Count);
      }
      return;
    }
    const state = rows[at + Row.State] as number;
    const answered = (state & ((State.Sequence | State.Ack) << (direction ^ 1))) !== 0;
    words[facts + Fact.Unreachable] =
      (segments[segment + Quote.Code] as number) |
      Unreachable.Present |
      (segments[segment + Quote.FromAddressee] !== 0 ? Unreachable.FromAddressee : 0) |
      (direction !== 0 ? Unreachable.Server : 0) |
      (answered ? Unreachable.Answered : 0) |
      (1 << Unreachable.Count);
    words[facts + Fact.Reporter] = segments[segment + Quote.Reporter] as number;
    const isAttempt = (state & (State.Syn << direction)) !== 0 && (state & (Both.SynAck | State.Handshake)) === 0;
    if (isAttempt && !answered && rows[at + Row.First + direction] === sequence) {
      enterWindow(row);
      rows[at + Row.Verdicts] = (rows[at + Row.Verdicts] as number) | Verdict.Unreachable;
    }
  }
}

function rowAt(row: number): number {
  return row * Row.Words + Table.Offset;
}

/**
 * Whether the connection at `at` is open, and a direction of it has used the sequence number: what a message must quote to
 * be believed.
 */
export function hasSent(rows: Int32Array, at: number, direction: number, sequence: number): boolean {
  const state = rows[at + Row.State] as number;
  return (
    (state & State.Closed) === 0 &&
    (state & (State.Sequence << direction)) !== 0 &&
    ((sequence - (rows[at + Row.First + direction] as number)) | 0) >= 0 &&
    ((sequence - (rows[at + Row.Next + direction] as number)) | 0) <= 0
  );
}
