import type { Connections } from './connections.js';
import { Event } from './events.js';
import { Cold, Row, State } from './layout.js';

/**
 * Signs of a receiver that is in trouble, each counted at the side that sends it, in the window of its packet.
 *
 * `zerowindow.count`: segments without SYN, FIN and RST whose window field is 0: the side cannot take any more (RFC 9293
 * 3.8.6). Every such segment counts, not each time that the window closes, so that an answer to a window probe says how
 * long it lasts. A RST's window means nothing, a SYN's is not yet scaled, and one that closes has stopped reading anyway.
 * tshark's `tcp.analysis.zero_window` is the same; Zeek's letter `w` includes SYN and FIN.
 *
 * `dupack.count`: duplicate acknowledgements as RFC 5681 section 2 defines them: (a) the peer has data outstanding, (b) the
 * segment carries none, (c) SYN and FIN are off, (d) it acknowledges what the side's greatest acknowledgement did, and
 * (e) announces the window of the side's segment before, as fields, unscaled. Left out are segments that cannot speak of
 * loss: RSTs, probes one below the side's next sequence number, and windows of 0, which answer window probes. What is
 * outstanding is known only where both directions are captured. tshark's `tcp.analysis.duplicate_ack` does not ask for
 * (a), and compares with the side's last acknowledgement, not with its greatest.
 *
 * Trade-off: windows are compared with the one before, which costs every plain segment a 16-bit store into the line of the
 * row that it writes to anyway. Zero windows go the long way (`tinyWindow`), and counts lie in the rarer facts.
 */
export function createSignals(connections: Connections) {
  const { table, book } = connections;
  const { rows, coldAt } = table;
  const cold = table.cold.words;

  /** A segment without SYN, FIN and RST announces a window of 0. */
  function zeroWindow(at: number, direction: number): void {
    count(at, Cold.ZeroWindows + direction, Event.ZeroWindow + direction);
  }

  /**
   * A segment with ACK, without SYN, FIN, RST and data, that announces the same window as its side's segment before, other
   * than 0. Call before the row learns of it.
   */
  function sameWindow(at: number, direction: number, sequence: number, acknowledgement: number): void {
    const peer = direction ^ 1;
    const known = (State.Ack << direction) | (State.Sequence << peer);
    if (
      ((rows[at + Row.State] as number) & known) === known &&
      rows[at + Row.Acked + direction] === acknowledgement &&
      (((rows[at + Row.Next + peer] as number) - acknowledgement) | 0) > 0 &&
      ((sequence - (rows[at + Row.Next + direction] as number)) | 0) !== -1
    ) {
      count(at, Cold.DupAcks + direction, Event.DupAck + direction);
    }
  }

  function count(at: number, place: number, event: number): void {
    const word = coldAt(at) + place;
    cold[word] = (cold[word] as number) + 1;
    book(at, event, 1);
  }

  return { zeroWindow, sameWindow };
}

export type Signals = ReturnType<typeof createSignals>;
