/**
 * Rows of a fixed number of words that few connections need. Row 0 is never used, so that 0 means none. The memory doubles
 * when it is full: `words` is then another array, so it must be read anew after `take`.
 */
export class Pool {
  words: Int32Array;
  /** Rows in use. */
  size = 0;
  private fresh = 1;
  private free = 0;

  /** @param width words of a row, at least 1 */
  constructor(
    private readonly width: number,
    rows = 256
  ) {
    this.words = new Int32Array(width * rows);
  }

  /** A row, all 0. */
  take(): number {
    this.size++;
    const { width } = this;
    let row = this.free;
    if (row !== 0) {
      this.free = this.words[row * width] as number;
      this.words.fill(0, row * width, (row + 1) * width);
      return row;
    }
    row = this.fresh++;
    if ((row + 1) * width > this.words.length) {
      const larger = new Int32Array(this.words.length * 2);
      larger.set(this.words);
      this.words = larger;
    }
    return row;
  }

  give(row: number): void {
    this.size--;
    this.words[row * this.width] = this.free;
    this.free = row;
  }
}
