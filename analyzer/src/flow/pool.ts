/**
 * Rows of a fixed number of words that few connections need. Row 0 is never used, so that 0 means none.
 *
 * Trade-off: memory for the most rows there can be is reserved at once. Pages that were never touched cost nothing, and
 * `words` stays the same array for ever, which lets the compiler treat it as a constant.
 */
export interface Pool {
  readonly words: Int32Array;
  /** Rows in use. */
  readonly size: number;
  /** A row, all 0. */
  take(): number;
  give(row: number): void;
}

/**
 * @param width words of a row, at least 1
 * @param most rows in use at once
 */
export function createPool(width: number, most: number): Pool {
  const words = new Int32Array(width * (most + 1));
  let size = 0;
  let fresh = 1;
  let free = 0;

  function take(): number {
    size++;
    const row = free;
    if (row === 0) {
      return fresh++;
    }
    const first = row * width;
    free = words[first] as number;
    for (let word = first; word < first + width; word++) {
      words[word] = 0;
    }
    return row;
  }

  function give(row: number): void {
    size--;
    words[row * width] = free;
    free = row;
  }

  return {
    words,
    get size() {
      return size;
    },
    take,
    give,
  };
}
