import { zeekStates } from '@tcpscope/filter';
import { Both, Facts, Row, State, Zeek } from './layout.js';
import { Code, Endpoint, endpoint, LETTERS } from './zeek-codes.js';

const stateIndex = (name: (typeof zeekStates)[number]): number => zeekStates.indexOf(name);
const S0 = stateIndex('S0');
const S1 = stateIndex('S1');
const SF = stateIndex('SF');
const REJ = stateIndex('REJ');
const S2 = stateIndex('S2');
const S3 = stateIndex('S3');
const RSTO = stateIndex('RSTO');
const RSTR = stateIndex('RSTR');
const RSTOS0 = stateIndex('RSTOS0');
const RSTRH = stateIndex('RSTRH');
const SH = stateIndex('SH');
const SHR = stateIndex('SHR');
const OTH = stateIndex('OTH');

/** Zeek's conn_state as an index into `zeekStates`. */
export function zeekState(rows: Int32Array, at: number): number {
  const state = rows[at + Row.State] as number;
  const zeek = rows[at + Row.Zeek] as number;
  const client = (state & State.ClientHigh) !== 0 ? 1 : 0;
  const originator = endpoint(zeek, client);
  const responder = endpoint(zeek, client ^ 1);
  const originatorIdle = originator === Endpoint.Inactive || originator === Endpoint.Partial;
  const responderIdle = responder === Endpoint.Inactive || responder === Endpoint.Partial;
  if (responder === Endpoint.Reset) {
    const noData = originator === Endpoint.Reset && (state & Both.Data) === 0;
    if (originator === Endpoint.SynSent || originator === Endpoint.SynAckSent || noData) {
      return REJ;
    }
    return originatorIdle ? RSTRH : RSTR;
  }
  if (originator === Endpoint.Reset) {
    return responderIdle ? (abortedSyn(rows, at, client) ? RSTOS0 : OTH) : RSTO;
  }
  if (originator === Endpoint.Closed && responder === Endpoint.Closed) {
    return SF;
  }
  if (originator === Endpoint.Closed) {
    return responderIdle ? SH : S2;
  }
  if (responder === Endpoint.Closed) {
    return originatorIdle ? SHR : S3;
  }
  if (originator === Endpoint.SynSent && responder === Endpoint.Inactive) {
    return S0;
  }
  return originator === Endpoint.Established && responder === Endpoint.Established ? S1 : OTH;
}

/** The history is a SYN of the client, then its RST, with no other packet of the client's between (`^?S[^HAFGIQ]*R`). */
function abortedSyn(rows: Int32Array, at: number, client: number): boolean {
  const clientBit = client * Code.Direction;
  const length = ((rows[at + Row.Zeek] as number) >>> Zeek.Length) & 31;
  if (length === 0 || codeAt(rows, at, 0) !== (Code.Syn | clientBit)) {
    return false;
  }
  for (let i = 1; i < length; i++) {
    const code = codeAt(rows, at, i) ^ clientBit;
    switch (code) {
      case Code.Rst:
        return true;
      case Code.SynAck:
      case Code.Ack:
      case Code.Fin:
      case Code.FinRst:
      case Code.Multi:
        return false;
    }
  }
  return false;
}

function codeAt(rows: Int32Array, at: number, i: number): number {
  const word = rows[at + Row.History + ((i / Code.PerWord) | 0)] as number;
  return (word >>> ((i % Code.PerWord) * Code.Bits)) & 31;
}

const LOWER = Uint8Array.from(LETTERS, (letter) => letter.charCodeAt(0));
const CARET = 0x5e;
const UPPER_OFFSET = 32;

/**
 * Writes Zeek's history as ASCII: upper case for the client, `^` in front when the first packet came from the server.
 * @param offset where up to 19 bytes go; those behind the last letter are left alone
 */
export function writeHistory(rows: Int32Array, at: number, to: Uint8Array, offset: number): void {
  const clientBit = ((rows[at + Row.State] as number) & State.ClientHigh) !== 0 ? Code.Direction : 0;
  const firstBit = ((rows[at + Row.Facts] as number) & Facts.FirstSender) !== 0 ? Code.Direction : 0;
  if (firstBit !== clientBit) {
    to[offset++] = CARET;
  }
  const length = ((rows[at + Row.Zeek] as number) >>> Zeek.Length) & 31;
  let word = at + Row.History;
  let letters = rows[word] as number;
  for (let i = 0, left: number = Code.PerWord; i < length; i++, left--) {
    if (left === 0) {
      letters = rows[++word] as number;
      left = Code.PerWord;
    }
    const code = letters & 31;
    letters >>>= Code.Bits;
    const lower = LOWER[code & ~Code.Direction] as number;
    to[offset++] = (code & Code.Direction) === clientBit ? lower - UPPER_OFFSET : lower;
  }
}
