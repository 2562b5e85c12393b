import { nanosBetween, type SequencePacket } from './packet.js';

/** A moment: whole seconds since 1970, and nanoseconds. */
export type Moment = Pick<SequencePacket, 'seconds' | 'nanos'>;

/** From the oldest of some moments to the youngest; packets that were captured out of order begin and end elsewhere. */
export class Span {
  first: Moment;
  last: Moment;

  constructor(first: Moment, last: Moment) {
    this.first = first;
    this.last = first;
    this.add(last);
  }

  add(moment: Moment): void {
    if (nanosBetween(this.first, moment) < 0) {
      this.first = moment;
    }
    if (nanosBetween(this.last, moment) > 0) {
      this.last = moment;
    }
  }
}
