/**
 * Classic BPF programs (the kernel's Documentation/networking/filter.rst) that are attached to the packet socket, so that
 * packets nobody needs never reach the ring.
 */

/** One instruction: operation, jumps when true and false (instructions to skip), operand. */
export type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, operand: number];

const LOAD_HALF = 0x28;
const LOAD_BYTE = 0x30;
const LOAD_HALF_INDEXED = 0x48;
const LOAD_BYTE_INDEXED = 0x50;
const LOAD_IP_HEADER_LENGTH = 0xb1;
const JUMP = 0x05;
const JUMP_EQUAL = 0x15;
const JUMP_SET = 0x45;
const RETURN = 0x06;

type Step =
  | { readonly code: number; readonly operand: number }
  | { readonly code: number; readonly operand: number; readonly then: string; readonly otherwise: string }
  | { readonly label: string };

/** Writes a program with labels; "next" is the following instruction. Programs stay below 255 instructions. */
export class Assembler {
  private readonly steps: Step[] = [];

  load(code: number, operand: number): this {
    this.steps.push({ code, operand });
    return this;
  }

  /** Goes to `then` when the value has the property, else on (or to `otherwise`). */
  when(code: number, operand: number, then: string, otherwise = 'next'): this {
    this.steps.push({ code, operand, then, otherwise });
    return this;
  }

  equalsAny(operands: readonly number[], then: string): this {
    for (const operand of operands) {
      this.when(JUMP_EQUAL, operand, then);
    }
    return this;
  }

  goto(label: string): this {
    this.steps.push({ code: JUMP, operand: 0, then: label, otherwise: 'next' });
    return this;
  }

  label(label: string): this {
    this.steps.push({ label });
    return this;
  }

  program(): Instruction[] {
    const places = new Map<string, number>();
    let place = 0;
    for (const step of this.steps) {
      if ('label' in step) {
        places.set(step.label, place);
      } else {
        place++;
      }
    }
    const program: Instruction[] = [];
    for (const step of this.steps) {
      if ('label' in step) {
        continue;
      }
      const next = program.length + 1;
      const distance = (label: string) => (label === 'next' ? 0 : (places.get(label) as number) - next);
      if (!('then' in step)) {
        program.push([step.code, 0, 0, step.operand]);
      } else if (step.code === JUMP) {
        program.push([JUMP, 0, 0, distance(step.then)]);
      } else {
        program.push([step.code, distance(step.then), distance(step.otherwise), step.operand]);
      }
    }
    return program;
  }
}

/** EtherTypes that may lead to TCP besides IPv4 and IPv6: VLANs, VN-Tag, E-TAG, FabricPath, MPLS, PPPoE, provider bridges. */
const TAGGED = [0x8100, 0x88a8, 0x9100, 0x9200, 0x8926, 0x893f, 0x8903, 0x8847, 0x8848, 0x8864, 0x88e7];
/** IP protocols that are TCP or may carry it: TCP, IPIP, 6in4, GRE, AH, EtherIP, IPComp, MPLS. */
const CARRIERS = [6, 4, 41, 47, 51, 97, 108, 137];
/** IPv6 extension headers that may lead to TCP. */
const EXTENSIONS = [0, 43, 44, 60, 135, 139, 140];
const UDP = 17;
/** ICMP, and its message that something cannot be reached (RFC 792); the same of IPv6 (RFC 4443). */
export const icmp = { protocol: 1, unreachable: 3 } as const;
export const icmp6 = { protocol: 58, unreachable: 1 } as const;
/** UDP ports of the tunnels that the decoder knows. */
const TUNNEL_PORTS = [4789, 4790, 6081, 2152, 1701, 3544, 5072, 5247, 4754, 6635];

/**
 * The default filter: TCP, VLAN-tagged frames, fragments, the tunnels that are decoded, and ICMP messages that something
 * cannot be reached; nothing else.
 * @param link bytes of the link header: 14 for Ethernet, 0 where packets begin with IP
 * @param snap bytes kept of a packet
 */
export function defaultProgram(link: 14 | 0, snap: number): Instruction[] {
  const assembler = new Assembler();
  if (link === 14) {
    assembler
      .load(LOAD_HALF, 12)
      .when(JUMP_EQUAL, 0x0800, 'ipv4')
      .when(JUMP_EQUAL, 0x86dd, 'ipv6')
      .equalsAny(TAGGED, 'keep')
      // 802.3 with LLC and SNAP begins with AA-AA.
      .load(LOAD_HALF, 14)
      .when(JUMP_EQUAL, 0xaaaa, 'keep', 'drop');
  } else {
    assembler
      .load(LOAD_BYTE, 0)
      .when(JUMP_SET, 0x20, 'ipv6') // version 6 is 0110, version 4 is 0100
      .goto('ipv4');
  }
  return assembler
    .label('ipv4')
    .load(LOAD_HALF, link + 6)
    .when(JUMP_SET, 0x3fff, 'keep')
    .load(LOAD_BYTE, link + 9)
    .equalsAny(CARRIERS, 'keep')
    .when(JUMP_EQUAL, icmp.protocol, 'icmp')
    .when(JUMP_EQUAL, UDP, 'next', 'drop')
    .load(LOAD_IP_HEADER_LENGTH, link)
    .load(LOAD_HALF_INDEXED, link + 2)
    .equalsAny(TUNNEL_PORTS, 'keep')
    .load(LOAD_HALF_INDEXED, link)
    .equalsAny(TUNNEL_PORTS, 'keep')
    .goto('drop')
    .label('icmp')
    .load(LOAD_IP_HEADER_LENGTH, link)
    .load(LOAD_BYTE_INDEXED, link)
    .when(JUMP_EQUAL, icmp.unreachable, 'keep', 'drop')
    .label('ipv6')
    .load(LOAD_BYTE, link + 6)
    .equalsAny(CARRIERS, 'keep')
    .equalsAny(EXTENSIONS, 'keep')
    .when(JUMP_EQUAL, icmp6.protocol, 'icmp6')
    .when(JUMP_EQUAL, UDP, 'next', 'drop')
    .load(LOAD_HALF, link + 42)
    .equalsAny(TUNNEL_PORTS, 'keep')
    .load(LOAD_HALF, link + 40)
    .equalsAny(TUNNEL_PORTS, 'keep')
    .goto('drop')
    .label('icmp6')
    .load(LOAD_BYTE, link + 40)
    .when(JUMP_EQUAL, icmp6.unreachable, 'keep')
    .label('drop')
    .load(RETURN, 0)
    .label('keep')
    .load(RETURN, snap)
    .program();
}

/** Keeps every packet, its first `snap` bytes. */
export function keepAll(snap: number): Instruction[] {
  return [[RETURN, 0, 0, snap]];
}

/** The program as the kernel reads it: `struct sock_filter[]`. */
export function encodeProgram(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, jumpTrue, jumpFalse, operand], i) => {
    bytes.writeUInt16LE(code, i * 8);
    bytes[i * 8 + 2] = jumpTrue;
    bytes[i * 8 + 3] = jumpFalse;
    bytes.writeUInt32LE(operand >>> 0, i * 8 + 4);
  });
  return bytes;
}
