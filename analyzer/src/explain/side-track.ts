import { Flag } from '../decode/segment.js';
import type { Side } from '../diagnose/index.js';
import type { SequencePacket } from './packet.js';

export function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

/** What is known of one side of a connection while its packets go by. Sequence numbers are 0 to 2^32 - 1. */
export class SideTrack {
  /** Counts as 0 in relative numbers; null until known. */
  private base: number | null = null;
  /** One past the highest number sent, and the highest that the peer has acknowledged. */
  next: number | null = null;
  acked: number | null = null;
  last: SequencePacket | null = null;
  /** SYNs (or SYN+ACKs) of the same number. */
  syns = 1;
  hasData = false;
  /** It has sent new data after the peer's FIN or RST. */
  late = false;
  /** Duplicate ACKs that it has sent since it last acknowledged something new. */
  duplicates = 0;
  /** Its keep-alive probe waits for an answer. */
  probing = false;
  /** The packet since which it has had no room; null when it has. */
  zeroSince: SequencePacket | null = null;
  fin: SequencePacket | null = null;
  finEnd = 0;
  /** Its first and its last RST, and how many there were. */
  reset: SequencePacket | null = null;
  lastReset: SequencePacket | null = null;
  resets = 0;
  /** Of its first packet. */
  ttl: number | null = null;

  /** Fixes what relative numbers are counted from, as Wireshark does: the SYN is 0, the first byte is 1. */
  begin({ flags, sequence, acknowledgement }: SequencePacket, peer: SideTrack): void {
    const syn = (flags & Flag.Syn) !== 0;
    this.base ??= syn ? sequence : (sequence - 1) >>> 0;
    if ((flags & Flag.Ack) !== 0) {
      peer.base ??= (acknowledgement - 1) >>> 0;
    }
  }

  /** Counted from the side's SYN; below 0 for what lies before it. */
  relative(sequence: number): number {
    const distance = (sequence - (this.base ?? sequence)) >>> 0;
    // Far beyond what can be in flight it is a number from before the beginning.
    return distance > 0xf000_0000 ? distance - 0x1_0000_0000 : distance;
  }

  /**
   * Bytes sent and not acknowledged, SYN and FIN counted as one each; 0 when nothing is known, as when the peer acknowledges
   * numbers from before the SYN.
   */
  get unacked(): number {
    if (this.next === null || this.acked === null || ((this.acked - (this.base ?? this.acked)) | 0) < 0) {
      return 0;
    }
    return Math.max(0, (this.next - this.acked) | 0);
  }

  /** The same without its FIN. */
  get unackedBytes(): number {
    return this.fin !== null && !this.finAcked ? Math.max(0, this.unacked - 1) : this.unacked;
  }

  get finAcked(): boolean {
    return this.fin !== null && this.acked !== null && ((this.acked - this.finEnd) | 0) >= 0;
  }
}
