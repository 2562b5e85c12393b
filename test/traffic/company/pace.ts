import { SECOND } from '../play/connection.js';
import type { Script, Stage } from '../play/stage.js';

/** Seconds over which a difference between what was written and what should have been is made up. */
const RECOVERY = 60;

/**
 * How much traffic there is when: a working day with its lunch break in UTC, and some unrest of minutes. The mean over
 * the range is the rate asked for; ordinary traffic gives way to stories so that it stays so.
 */
export class Pace {
  private correction = 1;

  /**
   * @param average packets a second over the range
   * @param epoch time 0, seconds since 1970
   * @param seconds length of the range over which the average holds; a day when it has no end
   */
  constructor(
    average: number,
    private readonly epoch: number,
    seconds: number
  ) {
    const steps = 1440;
    let sum = 0;
    for (let step = 0; step < steps; step++) {
      sum += this.shape((seconds * (step + 0.5)) / steps);
    }
    this.scale = (average * steps) / sum;
  }

  private readonly scale: number;

  /** Packets a second of ordinary traffic to make now. */
  rate(now: number): number {
    return this.scale * this.shape(now / SECOND) * this.correction;
  }

  /** Keeps the rate by what was written so far. */
  *keep(stage: Stage): Script {
    let target = 0;
    let last = 0;
    for (;;) {
      if (stage.now >= 0) {
        const rate = this.scale * this.shape(stage.now / SECOND);
        target += (rate * (stage.now - last)) / SECOND;
        last = stage.now;
        this.correction = Math.min(4, Math.max(0.1, 1 + (target - stage.packets) / (rate * RECOVERY)));
      }
      yield stage.now + SECOND;
    }
  }

  /** Of a second after time 0; about 1 in working hours. */
  private shape(second: number): number {
    const hour = (((this.epoch + second) / 3600) % 24) + 0.0;
    const bump = (at: number, width: number) => Math.exp(-(((hour - at) / width) ** 2));
    const day = 0.35 + 0.6 * bump(10.5, 2.2) + 0.6 * bump(15.5, 2.4) + 0.15 * bump(21, 1.5);
    return day * (1 + 0.12 * Math.sin(second / 97) + 0.08 * Math.sin(second / 31));
  }
}
