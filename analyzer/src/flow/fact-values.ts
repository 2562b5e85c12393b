import { Half, Nanos, Row, State } from './layout.js';

/** What the facts of a connection are worked out from. */

const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);

/**
 * A number as the bits of a 32-bit float with 12 of its 23 digits: true to 0.02 %, which is more than evidence says, and
 * a third less to store.
 */
export function bitsOf(value: number): number {
  float[0] = value;
  return ((floatBits[0] as number) + 0x400) & ~0x7ff;
}

/** Direction of the last segment that carried data. */
export function lastData(rows: Int32Array, at: number): number {
  return ((rows[at + Row.LastNanos] as number) & Nanos.LastData) !== 0 ? 1 : 0;
}

/** Bytes that a direction has sent and the other has not acknowledged; 0 when either is not known. */
export function unacked(rows: Int32Array, at: number, direction: number): number {
  const state = rows[at + Row.State] as number;
  if ((state & (State.Sequence << direction)) === 0 || (state & (State.Ack << (direction ^ 1))) === 0) {
    return 0;
  }
  return Math.max(
    0,
    ((rows[at + Row.Next + direction] as number) - (rows[at + Row.Acked + (direction ^ 1)] as number)) | 0
  );
}

/** Keeps the first IP id other than 0 of a direction of an IPv4 connection, in the word for IPv6 addresses, which is free. */
export function noteIpId(rows: Int32Array, at: number, direction: number, id: number): void {
  const shift = direction * Half.Bits;
  if ((((rows[at + Row.Wide] as number) >>> shift) & Half.Most) === 0) {
    rows[at + Row.Wide] = (rows[at + Row.Wide] as number) | (id << shift);
  }
}
