import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeOne } from '../../../test/traffic/decode.js';
import { cases, found4 } from './layers-fixture.js';

for (const [group, members] of Object.entries(cases)) {
  describe(`TCP is found: ${group}`, () => {
    for (const [name, [packet, difference]] of Object.entries(members)) {
      test(name, () => {
        assert.deepEqual(decodeOne(packet), { ...found4, ...difference });
      });
    }
  });
}

describe('cut at any byte, a packet gives its segment or a reason, and nothing behind the cut matters', () => {
  for (const [group, members] of Object.entries(cases)) {
    test(group, () => {
      for (const [name, [packet, difference]] of Object.entries(members)) {
        if (packet.wire !== undefined) {
          continue; // cut already
        }
        const wire = packet.frame.length;
        const expected = { ...found4, ...difference };
        let decoded = false;
        for (let captured = 0; captured <= packet.frame.length; captured++) {
          const found = decodeOne({ ...packet, captured, wire });
          assert.deepEqual(decodeOne({ ...packet, captured, wire, around: 0x60 }), found, `${name} cut at ${captured}`);
          assert.deepEqual(decodeOne({ ...packet, captured, wire, around: 0x00 }), found, `${name} cut at ${captured}`);
          if (typeof found === 'string') {
            assert.ok(!decoded, `${name}: decoded with fewer bytes than ${captured}, then ${found}`);
            assert.ok(found === 'truncated' || found === 'not_tcp', `${name} cut at ${captured}: ${found}`);
          } else {
            decoded = true;
            const { window, windowScale } = found; // may not have been captured
            assert.deepEqual(
              { ...found, window, windowScale },
              { ...expected, window, windowScale },
              `${name} ${captured}`
            );
          }
        }
      }
    });
  }
});
