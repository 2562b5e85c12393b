import { Assembler, icmp, icmp6, type Instruction } from './bpf.js';

/** Classic BPF (linux/bpf_common.h, linux/filter.h). */
const LOAD_BYTE = 0x30;
const LOAD_HALF = 0x28;
const LOAD_WORD_AT_X = 0x40;
const LOAD_HALF_AT_X = 0x48;
const LOAD_BYTE_AT_X = 0x50;
const LOAD_MEMORY = 0x60;
const A_IMMEDIATE = 0x00;
const X_IMMEDIATE = 0x01;
const X_MEMORY = 0x61;
const STORE = 0x02;
const STORE_X = 0x03;
const ADD = 0x04;
const ADD_X = 0x0c;
const MULTIPLY = 0x24;
const AND = 0x54;
const SHIFT_RIGHT = 0x74;
const XOR_X = 0xac;
const A_TO_X = 0x07;
const X_TO_A = 0x87;
const JUMP_EQUAL = 0x15;
const JUMP_SET = 0x45;
const RETURN = 0x06;
const RETURN_A = 0x16;
/** What the kernel knows of a packet besides its bytes: SKF_AD_OFF + SKF_AD_PROTOCOL and SKF_AD_PKTTYPE. */
const PROTOCOL = 0xfffff000;
const PACKET_TYPE = 0xfffff004;
const PACKET_OUTGOING = 4;

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const VLAN_TAGS = [0x8100, 0x88a8, 0x9100, 0x9200];
const PPPOE = 0x8864;
const MPLS = [0x8847, 0x8848];

/** Tags that may stand in a packet besides the one that the kernel takes out, and labels in front of IP. */
const MOST_TAGS = 2;
const MOST_LABELS = 4;
/** 2^32 divided by the golden ratio (Knuth, The Art of Computer Programming 3, 6.4): spreads neighbouring addresses. */
const SPREAD = 0x9e3779b1;

/** Memory of the program: the value loaded, the place of the IP header, words of addresses added and XORed. */
const VALUE = 0;
const PLACE = 1;
const SUM = 2;
const DIFFERENCE = 3;

/**
 * Decides which worker gets a packet (PACKET_FANOUT_CBPF): the worker's number is what it returns, modulo the number of
 * workers. It depends on nothing but the outermost pair of IP addresses, whichever comes first, so that a worker sees both
 * directions and all fragments of a connection, and both directions of a tunnel. Of an ICMP message that something cannot be
 * reached, it is the pair of the packet that it quotes. What it cannot read goes to the first worker.
 *
 * The price: what two hosts say to each other is never shared among workers. A hash that includes ports would share it, but
 * tear tunnels apart, whose outer ports differ by direction (RFC 7348 section 5), and fragments, which have none.
 *
 * Where incoming packets begin for a fanout program depends on the direction: behind the link header when they come in, at it
 * when they go out.
 * @param link bytes of the link header
 */
export function fanoutProgram(link: 14 | 0): Instruction[] {
  const assembler = new Assembler();
  if (link === 14) {
    assembler
      .load(LOAD_BYTE, PACKET_TYPE)
      .when(JUMP_EQUAL, PACKET_OUTGOING, 'outgoing')
      .load(X_IMMEDIATE, 0)
      .load(LOAD_HALF, PROTOCOL)
      .goto('type 0')
      .label('outgoing')
      .load(X_IMMEDIATE, link)
      .load(LOAD_HALF, link - 2);
  } else {
    assembler.load(X_IMMEDIATE, 0).load(LOAD_HALF, PROTOCOL);
  }
  for (let tags = 0; tags <= MOST_TAGS; tags++) {
    assembler
      .label(`type ${tags}`)
      .when(JUMP_EQUAL, IPV4, 'ipv4')
      .when(JUMP_EQUAL, IPV6, 'ipv6')
      .when(JUMP_EQUAL, PPPOE, 'pppoe')
      .equalsAny(MPLS, 'mpls');
    if (tags < MOST_TAGS) {
      assembler.equalsAny(VLAN_TAGS, `tag ${tags}`).goto('other').label(`tag ${tags}`);
      step(assembler.load(LOAD_HALF_AT_X, 2), 4);
    }
  }
  assembler.goto('other').label('pppoe');
  step(assembler.load(LOAD_HALF_AT_X, 6), 8)
    .when(JUMP_EQUAL, 0x0021, 'ipv4')
    .when(JUMP_EQUAL, 0x0057, 'ipv6', 'other')
    .label('mpls');
  for (let label = 0; label < MOST_LABELS; label++) {
    // The lowest bit of a label's third byte says that it is the last one.
    step(assembler.load(LOAD_BYTE_AT_X, 2), 4).when(JUMP_SET, 1, 'labelled');
  }
  assembler
    .goto('other')
    .label('labelled')
    .load(LOAD_BYTE_AT_X, 0)
    .load(AND, 0xf0)
    .when(JUMP_EQUAL, 0x40, 'ipv4')
    .when(JUMP_EQUAL, 0x60, 'ipv6', 'other')
    // An ICMP message that something cannot be reached goes where the packets go that it is about: behind the IP header
    // (20 or 40 bytes) and 8 bytes of its own it quotes one.
    .label('ipv4')
    .load(LOAD_BYTE_AT_X, 9)
    .when(JUMP_EQUAL, icmp.protocol, 'next', 'ends 4')
    .load(LOAD_BYTE_AT_X, 0)
    .when(JUMP_EQUAL, 0x45, 'next', 'ends 4')
    .load(LOAD_BYTE_AT_X, 20)
    .when(JUMP_EQUAL, icmp.unreachable, 'next', 'ends 4');
  step(assembler, 28).label('ends 4').load(STORE_X, PLACE);
  add(assembler, [12, 16])
    .goto('spread')
    .label('ipv6')
    .load(LOAD_BYTE_AT_X, 6)
    .when(JUMP_EQUAL, icmp6.protocol, 'next', 'ends 6')
    .load(LOAD_BYTE_AT_X, 40)
    .when(JUMP_EQUAL, icmp6.unreachable, 'next', 'ends 6');
  step(assembler, 48).label('ends 6').load(STORE_X, PLACE);
  add(assembler, [8, 12, 16, 20, 24, 28, 32, 36]);
  return assembler
    .label('spread')
    .load(LOAD_MEMORY, DIFFERENCE)
    .load(MULTIPLY, SPREAD)
    .load(X_MEMORY, SUM)
    .load(ADD_X, 0)
    .load(MULTIPLY, SPREAD)
    .load(SHIFT_RIGHT, 16)
    .load(RETURN_A, 0)
    .label('other')
    .load(RETURN, 0)
    .program();
}

/**
 * Words behind X, all together in SUM and DIFFERENCE, neither of which knows their order. One alone would not do: in
 * 10.1.0.7 and 10.2.0.7, 10.1.0.8 and 10.2.0.8, and so on, as tunnels are often numbered, the difference is always the same.
 */
function add(assembler: Assembler, words: readonly number[]): Assembler {
  assembler.load(A_IMMEDIATE, 0).load(STORE, SUM).load(STORE, DIFFERENCE);
  for (const word of words) {
    assembler
      .load(X_MEMORY, PLACE)
      .load(LOAD_WORD_AT_X, word)
      .load(STORE, VALUE)
      .load(X_MEMORY, SUM)
      .load(ADD_X, 0)
      .load(STORE, SUM)
      .load(LOAD_MEMORY, VALUE)
      .load(X_MEMORY, DIFFERENCE)
      .load(XOR_X, 0)
      .load(STORE, DIFFERENCE);
  }
  return assembler;
}

/** Moves X on by `bytes`; what has been loaded stays loaded. */
function step(assembler: Assembler, bytes: number): Assembler {
  return assembler.load(STORE, VALUE).load(X_TO_A, 0).load(ADD, bytes).load(A_TO_X, 0).load(LOAD_MEMORY, VALUE);
}
