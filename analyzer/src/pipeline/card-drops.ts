import { interfaceDrops } from '../capture/ring/interfaces.js';

/** What the card of an interface dropped since the capture began, whatever became of the interface meanwhile. */
export class CardDrops {
  /** The card's own count when counting began; null when it does not say. */
  private start: number | null;
  /** Dropped by interfaces of the name that are gone; null when none said anything. */
  private former: number | null = null;
  private present: number | null = null;

  constructor(private readonly name: string) {
    this.start = interfaceDrops(name);
  }

  /** Asks the card. */
  update(): number | null {
    const now = interfaceDrops(this.name);
    this.present = this.start === null || now === null ? null : Math.max(0, now - this.start);
    return this.total;
  }

  /** As it was when the card was asked last; null when nobody knows. */
  get total(): number | null {
    return this.present === null ? this.former : (this.former ?? 0) + this.present;
  }

  /** Another interface has come under the name, with a count of its own. */
  anew(): void {
    this.former = this.total;
    this.present = null;
    this.start = interfaceDrops(this.name);
  }
}
