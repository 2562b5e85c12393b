import { Quote, Seg } from '../decode/segment.js';
import { obstacleOf, reporterText, unreachableText, type Side } from '../diagnose/index.js';
import type { Frame } from './frame.js';

/** An ICMP message that a segment of the tuple could not be delivered. */
export interface OwnMessage {
  /** As in `OwnPacket`. */
  readonly connection: number;
  /** Whose segment it is about. */
  readonly about: Side;
  /** Who says what, in words. */
  readonly text: string;
  readonly frame: Frame;
}

/** Messages shown of a connection: each says the same as the one before. A slice has all. */
const MOST = 20;

/** What ICMP said of a connection, in order. */
export class Messages {
  readonly shown: OwnMessage[] = [];
  /** How many there are behind these. */
  more = 0;

  add(message: OwnMessage): void {
    if (this.shown.length < MOST) {
      this.shown.push(message);
    } else {
      this.more++;
    }
  }
}

/** @param segments the message as the decoder hands it on, at word 0 */
export function messageOf(segments: Int32Array, frame: Frame, about: Side, connection: number): OwnMessage {
  const family = segments[Seg.Family] === 4 ? 4 : 6;
  const said = {
    obstacle: obstacleOf(segments[Quote.Code] as number, family),
    reporter: reporterText(segments[Quote.Reporter] as number, family),
    fromAddressee: segments[Quote.FromAddressee] !== 0,
    sender: about,
    messages: 1,
  };
  return { connection, about, text: unreachableText(said), frame };
}
