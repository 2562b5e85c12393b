/**
 * Rows of a fixed number of words that few connections need. Row 0 is never used, so that 0 means none.
 *
 * Trade-offs. Memory for the most rows there can be is reserved at once: pages that were never touched cost nothing, and
 * `words` stays the same array for ever, which lets the compiler treat it as a constant. Rows that were given back are
 * listed beside the rows, 4 bytes each: linked through the rows themselves, each `take` would wait for a row that is in no
 * cache any more to learn which one is next. For the same reason a row is cleared when it is given back, just used, and not
 * when it is taken.
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
 * @param offset words in front of row 0, so that rows begin where cache lines do (`Table.Offset`)
 */
export function createPool(width: number, most: number, offset = 0): Pool {
  const words = new Int32Array(width * (most + 1) + offset);
  const given = new Int32Array(most + 1);
  let size = 0;
  let fresh = 1;
  let free = 0;

  function take(): number {
    size++;
    if (free === 0) {
      return fresh++;
    }
    return given[--free] as number;
  }

  function give(row: number): void {
    size--;
    given[free++] = row;
    const first = row * width + offset;
    for (let word = first; word < first + width; word++) {
      words[word] = 0;
    }
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
