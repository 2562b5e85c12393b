/** Reading that a test watches: beyond the bytes that are there, or without end. */
export class WatchedView extends DataView<ArrayBuffer> {
  /** Reads must lie in [from, to). */
  from = 0;
  to = 0;
  /** Reads that may still be made; a loop that does not end uses them up. */
  budget = 0;

  private watch(at: number, size: number): void {
    if (at < this.from || at + size > this.to) {
      throw new RangeError(`read of ${size} bytes at ${at}, outside ${this.from} to ${this.to}`);
    }
    if (--this.budget < 0) {
      throw new RangeError('too many reads: a loop without end');
    }
  }

  override getUint8(at: number): number {
    this.watch(at, 1);
    return super.getUint8(at);
  }

  override getUint16(at: number, littleEndian?: boolean): number {
    this.watch(at, 2);
    return super.getUint16(at, littleEndian);
  }

  override getUint32(at: number, littleEndian?: boolean): number {
    this.watch(at, 4);
    return super.getUint32(at, littleEndian);
  }

  override getInt32(at: number, littleEndian?: boolean): number {
    this.watch(at, 4);
    return super.getInt32(at, littleEndian);
  }

  override getBigInt64(at: number, littleEndian?: boolean): bigint {
    this.watch(at, 8);
    return super.getBigInt64(at, littleEndian);
  }

  override getBigUint64(at: number, littleEndian?: boolean): bigint {
    this.watch(at, 8);
    return super.getBigUint64(at, littleEndian);
  }
}
