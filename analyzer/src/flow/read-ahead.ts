import { Flag, Seg } from '../decode/segment.js';
import { Fact } from './facts.js';
import { Both, Fins, Pair, Row, State, Table } from './layout.js';
import type { FlowTable } from './table.js';

/**
 * Reads what will be needed soon, together and level by level.
 *
 * Trade-off: the flow table is far larger than the processor's caches. Reads that do not wait for each other overlap, where
 * the work on one connection after the other would wait for the memory each time. The price is some twenty instructions for
 * each connection, and lines that are read in vain where the work takes another way.
 */

/** Words in a cache line. */
const LINE = 16;

/**
 * For segments: `readAhead(length)` reads what segments number 0 to `length` will need: the index for all, the first line of
 * the rows for all, then the other lines and what lies behind them for those that need more. Leaves the row that the index
 * pointed at in `Seg.Hint`.
 */
export function createSegmentReader(table: FlowTable, segments: Int32Array) {
  const { rows, fins, finsOf, glance, candidate } = table;
  const wide = table.wide.words;
  // Captured by the closure below, and so a constant to the compiler, which what a module declares is not.
  const control = Flag.Syn | Flag.Fin | Flag.Rst;
  /** Sum of what was read ahead: kept so that the reads are not optimised away, never used. */
  const touched = new Int32Array(1);

  return function readAhead(length: number): void {
    const end = (length * Seg.Words) | 0;
    let sum = 0;
    for (let segment = 0; segment < end; segment = (segment + Seg.Words) | 0) {
      sum ^= glance(segments[segment + Seg.Hash] as number);
    }
    for (let segment = 0; segment < end; segment = (segment + Seg.Words) | 0) {
      const row = candidate(segments[segment + Seg.Hash] as number);
      segments[segment + Seg.Hint] = row;
      sum ^= rows[row * Row.Words + Table.Offset + Row.State] as number;
    }
    for (let segment = 0; segment < end; segment = (segment + Seg.Words) | 0) {
      const at = ((segments[segment + Seg.Hint] as number) * Row.Words + Table.Offset) | 0;
      if (
        ((segments[segment + Seg.Flags] as number) & control) !== 0 ||
        ((rows[at + Row.State] as number) & Both.Plain) === 0
      ) {
        sum ^= (rows[at + Row.Opening] as number) ^ (rows[at + Row.TotalOpening] as number);
      } else if (segments[segment + Seg.Family] !== 4) {
        sum ^= rows[at + Row.Wide] as number;
      }
    }
    for (let segment = 0; segment < end; segment = (segment + Seg.Words) | 0) {
      const at = ((segments[segment + Seg.Hint] as number) * Row.Words + Table.Offset) | 0;
      if (segments[segment + Seg.Family] !== 4) {
        sum ^= wide[(rows[at + Row.Wide] as number) * Pair.Words] as number;
      }
      if (((rows[at + Row.State] as number) & (Both.Fin | Both.Rst)) !== 0) {
        sum ^= fins[finsOf(at)] as number;
      }
    }
    touched[0] = sum;
  };
}

/** For connections that end: `readAhead(list, from, count, second)` reads all that their end touches. */
export function createEndReader(table: FlowTable) {
  const { rows, fins, finsOf, glance, hashOf } = table;
  const facts = table.facts.words;
  const touched = new Int32Array(1);

  /**
   * @param list rows, `count` of them from `from` on
   * @param second rows whose timer is set to another second are left alone
   */
  return function readAhead(list: Int32Array, from: number, count: number, second: number): void {
    const end = from + count;
    let sum = 0;
    for (let i = from; i < end; i++) {
      const at = ((list[i] as number) * Row.Words + Table.Offset) | 0;
      sum ^= (rows[at] as number) ^ (rows[at + Row.Timer] as number) ^ (rows[at + Row.Traits] as number);
    }
    for (let i = from; i < end; i++) {
      const at = ((list[i] as number) * Row.Words + Table.Offset) | 0;
      if (rows[at + Row.Timer] === second && ((rows[at + Row.State] as number) & State.Closed) !== 0) {
        sum ^= glance(hashOf(at)) ^ (fins[finsOf(at)] as number);
      }
    }
    for (let i = from; i < end; i++) {
      const at = ((list[i] as number) * Row.Words + Table.Offset) | 0;
      if (rows[at + Row.Timer] === second && ((rows[at + Row.State] as number) & State.Closed) !== 0) {
        const first = (fins[finsOf(at) + Fins.Facts] as number) * Fact.PoolWords;
        for (let word = first; word < first + Fact.PoolWords; word += LINE) {
          sum ^= facts[word] as number;
        }
      }
    }
    touched[0] = sum;
  };
}

/** For windows: `readAhead(list, from, count)` reads the counts and totals of rows. */
export function createCountReader(table: FlowTable) {
  const { rows } = table;
  const touched = new Int32Array(1);

  return function readAhead(list: Int32Array, from: number, count: number): void {
    let sum = 0;
    for (let i = from; i < from + count; i++) {
      const at = ((list[i] as number) * Row.Words + Table.Offset) | 0;
      sum ^= (rows[at] as number) ^ (rows[at + Row.Opening] as number) ^ (rows[at + Row.TotalOpening] as number);
    }
    touched[0] = sum;
  };
}
