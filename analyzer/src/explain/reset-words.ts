import { Flag } from '../decode/segment.js';
import { bytes } from '../diagnose/words.js';
import type { SequencePacket } from './packet.js';
import { other, type SideTrack } from './side-track.js';

/**
 * What a RST's header tells of the stack that sent it (RFC 9293 3.10.7; docs/diagnosis.md, shapes), and what it leaves
 * undone.
 * @param unanswered nothing but a SYN was there before
 */
export function resetWords(packet: SequencePacket, own: SideTrack, peer: SideTrack, unanswered: boolean): string {
  const words = own.resets > 1 ? [repeated(packet, own)] : [shape(packet, own, peer, unanswered)];
  if (own.ttl !== null && own.ttl !== packet.ttl) {
    words.push(`TTL ${packet.ttl}, its other packets had ${own.ttl}`);
  }
  if (own.resets === 1 && !unanswered) {
    if (own.unackedBytes > 0) {
      words.push(`${bytes(own.unackedBytes)} of its own not acknowledged`);
    }
    const open = unconfirmed(packet, peer);
    if (open > 0) {
      words.push(`${bytes(open)} of the ${other(packet.from)} not acknowledged`);
    }
  }
  return words.join('; ');
}

function shape(packet: SequencePacket, own: SideTrack, peer: SideTrack, unanswered: boolean): string {
  const acknowledges = (packet.flags & Flag.Ack) !== 0;
  if (unanswered && packet.from === 'server' && acknowledges) {
    const answered = peer.relative(packet.acknowledgement);
    if (peer.next !== null && (answered < 1 || answered > peer.relative(peer.next))) {
      return `acknowledges ${answered}, not the SYN: no closed port answers so`;
    }
    return packet.sequence === 0
      ? 'refuses: number 0 and an ACK of the SYN, as a closed port answers'
      : 'refuses: it acknowledges the SYN';
  }
  const ahead = own.next === null ? null : (packet.sequence - own.next) | 0;
  if (!acknowledges) {
    const what = own.fin !== null ? 'its socket is gone, and packets still come in' : 'knows no such connection';
    return `no ACK, the shape of an answer to a stray packet: ${what}${apart(ahead, peer, packet)}`;
  }
  return ahead === 0 || ahead === null
    ? 'ACK and in sequence, the shape of a deliberate abort'
    : `ACK, but its number is ${bytes(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} what it has sent`;
}

/** A RST that answers a packet takes its number from that packet's acknowledgement. */
function apart(ahead: number | null, peer: SideTrack, packet: SequencePacket): string {
  const asked = peer.last !== null && peer.last.acknowledgement === packet.sequence;
  if (ahead === null || ahead === 0 || asked) {
    return '';
  }
  return `; its number is ${bytes(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} what it has sent`;
}

function repeated(packet: SequencePacket, own: SideTrack): string {
  const before = own.lastReset as SequencePacket;
  const moved = (packet.sequence - before.sequence) | 0;
  const alike = (packet.flags & Flag.Ack) === (before.flags & Flag.Ack);
  const change =
    moved === 0
      ? alike
        ? 'like the one before'
        : 'same number, other flags'
      : `number ${moved > 0 ? `${bytes(moved)} higher` : `${bytes(-moved)} lower`}`;
  return `no. ${own.resets} of the ${packet.from}, ${change}`;
}

/** Bytes of the peer that neither the RST nor anything before it acknowledges. */
function unconfirmed(packet: SequencePacket, peer: SideTrack): number {
  if (peer.next === null) {
    return 0;
  }
  const confirmed = (packet.flags & Flag.Ack) !== 0 ? packet.acknowledgement : peer.acked;
  const fin = peer.fin !== null && !peer.finAcked ? 1 : 0;
  return confirmed === null ? 0 : Math.max(0, ((peer.next - confirmed) | 0) - fin);
}
