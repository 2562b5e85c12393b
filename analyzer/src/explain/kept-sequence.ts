import { Kept, keptVersion } from '../pipeline/index.js';
import { KeptSteps, type Sequence } from './kept-steps.js';
import type { SequencePacket } from './packet.js';
import { SequenceMarker } from './sequence-marker.js';

/**
 * Packets as they were kept with a connection (`pipeline/kept-packets.ts`).
 * @param six whether the connection's addresses are IPv6, which has no identification
 * @returns none for a layout of another version
 */
export function keptPackets(words: ArrayLike<number>, six: boolean): SequencePacket[] {
  const packets: SequencePacket[] = [];
  if (words[0] !== keptVersion) {
    return packets;
  }
  for (let at = 1; at + Kept.Words <= words.length; at += Kept.Words) {
    const word = (place: number) => words[at + place] as number;
    const header = word(Kept.Header);
    packets.push({
      number: null,
      seconds: word(Kept.Seconds) >>> 0,
      nanos: word(Kept.Nanos) & Kept.MostNanos,
      from: (word(Kept.Nanos) & Kept.FromServer) !== 0 ? 'server' : 'client',
      flags: (header >>> 16) & 0xff,
      sequence: word(Kept.Sequence) >>> 0,
      acknowledgement: word(Kept.Acknowledgement) >>> 0,
      window: (word(Kept.Nanos) & Kept.NoWindow) !== 0 ? null : header & 0xffff,
      windowScale: null,
      payload: word(Kept.Sizes) & 0xffff,
      ttl: header >>> 24,
      ipId: six ? null : word(Kept.Sizes) >>> 16,
    });
  }
  return packets;
}

/** The sequence of kept packets, all of them. */
export function keptSequence(packets: readonly SequencePacket[]): Sequence {
  const marker = new SequenceMarker();
  const kept = new KeptSteps(true);
  packets.forEach((packet) => kept.add(marker.mark(packet), marker.sums));
  return kept.sequence();
}
