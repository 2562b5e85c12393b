import { Zeek } from './layout.js';

/**
 * Zeek's connection states and history, kept as a compatibility column so that our rows can be compared with Zeek's
 * conn.log. The definitions follow Zeek's documentation and its TCP session adapter: each endpoint has a state, the
 * history notes the first of each kind of packet from each side, and conn_state is read off both states at the end.
 */
export const enum Endpoint {
  Inactive = 0,
  SynSent = 1,
  SynAckSent = 2,
  Partial = 3,
  Established = 4,
  Closed = 5,
  Reset = 6,
}

/** Letters of the history, in the order of their codes (1 to 10); lower case here, upper case for the client. */
export const LETTERS = ' shadfrtwiq';
export const enum Code {
  Syn = 1,
  SynAck = 2,
  Ack = 3,
  Data = 4,
  Fin = 5,
  Rst = 6,
  Retransmission = 7,
  ZeroWindow = 8,
  FinRst = 9,
  Multi = 10,
  /** The direction is kept beside the letter: who is the client may change. */
  Direction = 16,
  Bits = 5,
  PerWord = 6,
  /** Most letters kept; 3 words of 6. */
  Most = 18,
}

/** State of the end that sends in a direction. */
export function endpoint(zeek: number, direction: number): number {
  return (zeek >>> (Zeek.States + direction * 3)) & 7;
}
