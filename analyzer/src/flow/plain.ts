import { Both, Facts, Row, State } from './layout.js';
import { hasAckLetter, hasDataLetter } from './zeek.js';

/** Works out which plain segments of this connection may take the short way; returns the connection's state. */
export function settlePlain(rows: Int32Array, at: number): number {
  const state = (rows[at + Row.State] as number) & ~Both.Plain;
  const stands =
    (state & State.Midstream) !== 0 || (state & (State.Handshake | State.Timed)) === (State.Handshake | State.Timed);
  const busy = (state & (Both.Fin | Both.Rst | State.Closed | State.Suspect | State.Candidate)) !== 0;
  let plain = 0;
  if (stands && !busy && rows[at + Row.Rival] === 0 && ((rows[at + Row.Facts] as number) & Facts.AfterIdle) === 0) {
    const zeek = rows[at + Row.Zeek] as number;
    for (let direction = 0; direction < 2; direction++) {
      if ((state & (State.Ack << direction)) !== 0) {
        plain |= (hasAckLetter(zeek, direction) ? 1 : 0) << (direction << 1);
        plain |= (hasDataLetter(zeek, direction) ? 2 : 0) << (direction << 1);
      }
    }
  }
  return (rows[at + Row.State] = state | (plain * State.Plain));
}
