import type { Copies } from '../decode/duplicates.js';
import { Seg } from '../decode/segment.js';
import type { Connections } from './connections.js';
import { Event } from './events.js';
import { Cold, Row, Table } from './layout.js';

/**
 * Counts copies of segments at the connections that follow their originals (`dup.count`). A copy is no packet of its
 * connection: it moves no clock, begins nothing and keeps nothing alive.
 *
 * Trade-off: segments that are no copies pay nothing, because copies come in a list of their own; the follower is called once
 * more for each copy, so that it finds the connection as it was. A copy whose connection is not followed any more (the table
 * was full) counts for the capture alone.
 * @param most copies that wait at once
 */
export function createCopyCounter(connections: Connections, most: number) {
  const { table, book, enterWindow } = connections;
  const { coldAt, find } = table;
  const cold = table.cold.words;
  const kept = new Int32Array(most * Seg.Words);
  const counter = {
    /** Copies that wait for the segment before them, whose time is doubtful. */
    waiting: 0,
    count,
    wait,
    countWaiting,
  };

  /** Counts copies number `first` to `end`. */
  function count({ segments }: Copies, first: number, end: number): void {
    for (let number = first; number < end; number++) {
      add(segments, number * Seg.Words);
    }
  }

  function add(segments: Int32Array, segment: number): void {
    const row = find(segments, segment);
    if (row !== 0) {
      const at = row * Row.Words + Table.Offset;
      const direction = segments[segment + Seg.Direction] as number;
      enterWindow(row);
      const word = coldAt(at) + Cold.Copies + direction;
      cold[word] = (cold[word] as number) + 1;
      book(at, Event.Copy + direction, 1);
    }
  }

  /** Keeps copies number `first` to `end` until `countWaiting`. */
  function wait({ segments }: Copies, first: number, end: number): void {
    for (let number = first; number < end; number++) {
      if (counter.waiting === most) {
        add(segments, number * Seg.Words);
        continue;
      }
      const to = counter.waiting++ * Seg.Words;
      for (let word = 0; word < Seg.Words; word++) {
        kept[to + word] = segments[number * Seg.Words + word] as number;
      }
    }
  }

  function countWaiting(): void {
    for (let number = 0; number < counter.waiting; number++) {
      add(kept, number * Seg.Words);
    }
    counter.waiting = 0;
  }

  return counter;
}
