import { ACK, FIN, RST, SYN } from '../frame.js';

/** How a connection ended, as the contract of `tcpscope report` names it. */
export type CloseClass =
  | 'refused'
  | 'setupabort'
  | 'noanswer'
  | 'halfopen'
  | 'finrst'
  | 'rst'
  | 'fin'
  | 'halfclosed'
  | 'orphan'
  | 'midstream'
  | 'open';

/**
 * What is true of one connection, counted while its packets are written. It knows what the packets are meant to be, so it
 * needs none of the analyzer's care: the sequence numbers are right, and a repeated segment says that it is one.
 */
export class Tally {
  packets = 0;
  syn = 0;
  synAck = 0;
  handshake = 0;
  finClient = 0;
  finServer = 0;
  rstClient = 0;
  rstServer = 0;
  retransClient = 0;
  retransServer = 0;
  zeroWindowsClient = 0;
  zeroWindowsServer = 0;
  /** A RST answered the SYN in place of a SYN+ACK. */
  private refused = false;
  /** Both FINs were acknowledged when the first RST came. */
  private finsFirst = false;
  private finAcked = 0;
  private serverStart = 0;
  private readonly finEnds = [0, 0];

  /** @param side 0 is the client */
  packet(
    side: number,
    flags: number,
    sequence: number,
    acknowledgement: number,
    length: number,
    window: number,
    again: boolean
  ): void {
    this.packets++;
    if (again) {
      this[side === 0 ? 'retransClient' : 'retransServer']++;
    }
    if (window === 0 && (flags & (SYN | FIN | RST)) === 0) {
      this[side === 0 ? 'zeroWindowsClient' : 'zeroWindowsServer']++;
    }
    if ((flags & (SYN | FIN | RST)) !== 0) {
      this.control(side, flags, sequence + length);
    } else if (side === 0 && this.handshake === 0 && this.synAck > 0 && this.syn > 0) {
      this.handshake = ((acknowledgement - this.serverStart) | 0) > 0 ? 1 : 0;
    }
    const other = side ^ 1;
    const fins = other === 0 ? this.finClient : this.finServer;
    if (fins > 0 && (flags & ACK) !== 0 && ((acknowledgement - (this.finEnds[other] as number)) | 0) >= 0) {
      this.finAcked |= 1 << other;
    }
  }

  private control(side: number, flags: number, end: number): void {
    if ((flags & SYN) !== 0) {
      if ((flags & ACK) === 0) {
        this.syn++;
      } else {
        this.synAck++;
        this.serverStart = end;
      }
    }
    if ((flags & FIN) !== 0) {
      this[side === 0 ? 'finClient' : 'finServer']++;
      this.finEnds[side] = end + 1;
    }
    if ((flags & RST) !== 0) {
      if (this.rstClient + this.rstServer === 0) {
        this.refused = side === 1 && this.syn > 0 && this.synAck === 0;
        this.finsFirst = this.finAcked === 3;
      }
      this[side === 0 ? 'rstClient' : 'rstServer']++;
    }
  }

  get midstream(): boolean {
    return this.syn + this.synAck === 0 && this.packets > this.rstClient + this.rstServer;
  }

  get close(): CloseClass {
    const fins = (this.finClient > 0 ? 1 : 0) + (this.finServer > 0 ? 1 : 0);
    if (this.rstClient + this.rstServer > 0) {
      if (this.refused) {
        return 'refused';
      }
      if (fins > 0) {
        return this.finsFirst ? 'fin' : 'finrst';
      }
      if (this.handshake > 0 || this.midstream) {
        return 'rst';
      }
      return this.syn + this.synAck > 0 ? 'setupabort' : 'orphan';
    }
    if (fins > 0) {
      return fins === 2 ? 'fin' : 'halfclosed';
    }
    if (this.handshake > 0) {
      return 'open';
    }
    return this.synAck > 0 ? 'halfopen' : this.syn > 0 ? 'noanswer' : 'midstream';
  }
}
