import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Row } from './layout.js';
import { createSequenceSpace, Place } from './sequence.js';
import { createFlowTable } from './table.js';

/** The sequence space of one direction; counts bytes as the packet path does. */
function side(first: number) {
  const table = createFlowTable(4);
  const at = table.at(table.allocate(1, 2, 3));
  const space = createSequenceSpace(table);
  let next = first;
  const add = (sequence: number, length: number) => {
    const place = space.add(at, 0, sequence | 0, length, length);
    const bytes = (at + Row.TotalBytes) >> 1;
    table.doubles[bytes] = (table.doubles[bytes] as number) + length;
    return place;
  };
  return {
    add,
    /** Sends so many bytes in order, in pieces that a segment could not have, to be quick. */
    send(bytes: number) {
      for (let left = bytes; left > 0; left -= 1 << 27) {
        const length = Math.min(left, 1 << 27);
        assert.equal(add(next, length), Place.Next);
        next = (next + length) | 0;
      }
    },
    get next() {
      return next;
    },
  };
}

const GIB = 2 ** 30;

describe('the sequence space of long connections', () => {
  for (const gib of [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 9]) {
    test(`after ${gib} GiB a segment sent before is a retransmission`, () => {
      const one = side(0x7000_0000);
      one.send(gib * GIB);
      assert.equal(one.add(one.next - 1000, 500), Place.Retransmission);
      assert.equal(one.add(one.next - 100_000_000, 1460), Place.Retransmission);
    });

    test(`after ${gib} GiB a segment that fills a gap is out of order`, () => {
      const one = side(0x7000_0000);
      one.send(gib * GIB);
      assert.equal(one.add(one.next + 1460, 1460), Place.Gap);
      assert.equal(one.add(one.next, 1460), Place.OutOfOrder);
      assert.equal(one.add(one.next, 1460), Place.Retransmission);
    });
  }

  test('a number half the space away does not make what follows look new', () => {
    const one = side(4_058_832_554 | 0);
    one.send(400);
    assert.equal(one.add(one.next + 100, 12), Place.Gap);
    assert.equal(one.add(one.next - 0x7fff_0000, 12), Place.OutOfOrder);
    assert.equal(one.add(one.next - 0x7fff_0000, 12), Place.Retransmission);
    assert.equal(one.add(one.next + 104, 12), Place.Retransmission);
    assert.equal(one.add(one.next - 200, 12), Place.Retransmission);
  });
});
