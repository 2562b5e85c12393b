import assert from 'node:assert/strict';
import type { Instruction } from './bpf.js';

/** A packet as a program sees it. For a fanout program `bytes` begin at the link header when it goes out, behind it when it comes in. */
export interface Seen {
  readonly bytes: Uint8Array;
  readonly protocol?: number;
  readonly outgoing?: boolean;
}

/** Classic BPF as the kernel runs it, as far as the programs need it; loads beyond the packet end it with 0. */
export function run(program: readonly Instruction[], { bytes, protocol = 0, outgoing = false }: Seen): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const memory = new Uint32Array(16);
  let a = 0;
  let x = 0;
  const loads: Readonly<Record<number, (at: number) => number>> = {
    0x30: (at) => view.getUint8(at),
    0x28: (at) => view.getUint16(at),
    0x50: (at) => view.getUint8(x + at),
    0x48: (at) => view.getUint16(x + at),
    0x40: (at) => view.getUint32(x + at),
  };
  for (let at = 0; ; at++) {
    const [code, yes, no, k] = program[at]!;
    const load = loads[code];
    if (k === 0xfffff000) {
      a = protocol;
    } else if (k === 0xfffff004) {
      a = outgoing ? 4 : 0;
    } else if (load !== undefined) {
      try {
        a = load(k);
      } catch {
        return 0;
      }
    } else {
      switch (code) {
        case 0x00: a = k; break;
        case 0x01: x = k; break;
        case 0x02: memory[k] = a; break;
        case 0x03: memory[k] = x; break;
        case 0x04: a = (a + k) >>> 0; break;
        case 0x05: at += k; break;
        case 0x06: return k;
        case 0x07: x = a; break;
        case 0x0c: a = (a + x) >>> 0; break;
        case 0x15: at += a === k ? yes : no; break;
        case 0x16: return a;
        case 0x24: a = Math.imul(a, k) >>> 0; break;
        case 0x45: at += (a & k) !== 0 ? yes : no; break;
        case 0x54: a = (a & k) >>> 0; break;
        case 0x60: a = memory[k]!; break;
        case 0x61: x = memory[k]!; break;
        case 0x74: a >>>= k; break;
        case 0x87: a = x; break;
        case 0xb1: x = (view.getUint8(k) & 15) << 2; break;
        case 0xac: a = (a ^ x) >>> 0; break;
        default: assert.fail(`no such instruction: ${code.toString(16)}`);
      } // prettier-ignore
    }
  }
}
