import { errorKinds, TcpscopeError } from '../../errors.js';
import { PacketBatch, Pkt, type PacketSink } from '../packet-batch.js';
import { encodeProgram, type Instruction } from './bpf.js';
import { fanoutProgram } from './fanout.js';
import { interfaceNames, isLoopback, isUp, linkLayerOf } from './interfaces.js';
import { addressOf, errno, lastError, libc, viewOf } from './libc.js';

/** linux/if_packet.h, linux/if_ether.h and asm-generic/socket.h. */
const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETH_P_ALL = 0x0003;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_ATTACH_FILTER = 26;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_FANOUT = 18;
const PACKET_FANOUT_DATA = 22;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_PROMISC = 1;
const TPACKET_V3 = 2;
const FANOUT_CBPF = 6;
const FANOUT_FLAG_UNIQUEID = 0x2000;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const POLLIN = 1;
const POLLERR = 8;

/** Block header (struct tpacket_block_desc): status, packets, offset of the first one. Offsets in bytes. */
const BLOCK_STATUS = 8;
const BLOCK_PACKETS = 12;
const BLOCK_FIRST = 16;
const TP_STATUS_USER = 1;
/** Packet header (struct tpacket3_hdr). */
const PACKET_NEXT = 0;
const PACKET_SECONDS = 4;
const PACKET_NANOS = 8;
const PACKET_CAPTURED = 12;
const PACKET_WIRE = 16;
const PACKET_STATUS = 20;
const PACKET_MAC = 24;
const PACKET_VLAN = 32;
const TP_STATUS_VLAN_VALID = 1 << 4;

export interface RingOptions {
  readonly interfaceName: string;
  /** What the kernel lets through. */
  readonly program: readonly Instruction[];
  /** Bytes of the ring, rounded down to whole blocks; at least two blocks. */
  readonly bytes: number;
  readonly promiscuous: boolean;
  /** For workers that share the interface: the number of their group, null for the first, which begins a new one. */
  readonly fanout?: { readonly group: number | null };
}

export interface RingCounts {
  /** Packets that the kernel gave to the socket and that it dropped because the ring was full, since opening. */
  received: number;
  dropped: number;
  /** Times the kernel found the ring full. */
  freezes: number;
  /** Most blocks that waited at once, of `blocks`. */
  highestFill: number;
  readonly blocks: number;
}

/** Size of a block: large enough that the kernel rarely changes blocks, small enough that packets do not wait long. */
const BLOCK = 1 << 20;
/** Milliseconds after which the kernel hands over a block that is not full. */
const RETIRE = 20;
/** Frame size that the kernel asks for; TPACKET_V3 packs frames of any size into a block. */
const FRAME = 1 << 11;

export type RingState = 'capturing' | 'down' | 'gone';

/**
 * A memory-mapped TPACKET_V3 ring (the kernel's Documentation/networking/packet_mmap.rst): the kernel writes packets into
 * blocks of memory that we read in place. One system call when there is nothing to read, none else, and no copy.
 *
 * Not for use by several threads: open one ring a thread, in one fanout group.
 */
export class PacketRing {
  readonly counts: RingCounts;
  private readonly address: bigint;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly words: Int32Array;
  private readonly pollFd = Buffer.alloc(8);
  private readonly batch = new PacketBatch();
  private readonly linkType: number;
  private block = 0;
  private closed = false;

  private constructor(
    private readonly fd: number,
    private readonly interfaceIndex: number,
    private readonly options: RingOptions,
    blocks: number,
    address: bigint,
    /** The group of workers that it belongs to; null for a ring that has the interface for itself. */
    readonly fanoutGroup: number | null
  ) {
    this.address = address;
    const memory = viewOf(address, blocks * BLOCK);
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
    this.words = new Int32Array(memory);
    this.pollFd.writeInt32LE(fd, 0);
    this.pollFd.writeInt16LE(POLLIN | POLLERR, 4);
    this.linkType = linkLayerOf(options.interfaceName).linkType;
    this.counts = { received: 0, dropped: 0, freezes: 0, highestFill: 0, blocks };
  }

  /** Opens a ring. Throws TCPS_E_CAPTURE_… when there is no such interface, no permission, or the kernel refuses. */
  static open(options: RingOptions): PacketRing {
    const c = libc();
    const name = options.interfaceName;
    const link = linkLayerOf(name).header;
    const index = c.if_nametoindex(name);
    if (index === 0) {
      throw new TcpscopeError(errorKinds.captureInterfaceMissing, [name, interfaceNames().join(', ') || 'none']);
    }
    // Protocol 0: no packet arrives before the filter is attached and the ring is ready.
    const fd = c.socket(AF_PACKET, SOCK_RAW, 0);
    if (fd < 0) {
      throw failed(name, 'opening a packet socket');
    }
    let mapped: { address: bigint; length: number } | null = null;
    try {
      set(fd, name, SOL_PACKET, PACKET_VERSION, int32(TPACKET_V3), 'asking for TPACKET_V3');
      const code = encodeProgram(options.program);
      set(fd, name, SOL_SOCKET, SO_ATTACH_FILTER, programOf(code), 'attaching the packet filter');
      if (isLoopback(name)) {
        // On the loopback every packet is seen going out and coming in.
        set(fd, name, SOL_PACKET, PACKET_IGNORE_OUTGOING, int32(1), 'ignoring outgoing packets');
      }
      const blocks = Math.max(2, Math.floor(options.bytes / BLOCK));
      set(fd, name, SOL_PACKET, PACKET_RX_RING, ringRequest(blocks), `reserving a ring of ${blocks} MiB`);
      const address = c.mmap(null, blocks * BLOCK, PROT_READ_WRITE, MAP_SHARED, fd, 0);
      if (BigInt.asIntN(64, BigInt(address)) === -1n) {
        throw failed(name, 'mapping the ring');
      }
      mapped = { address, length: blocks * BLOCK };
      if (options.promiscuous) {
        set(fd, name, SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous(index), 'asking for promiscuous mode');
      }
      if (c.bind(fd, socketAddress(index), 20) < 0) {
        throw failed(name, 'binding the socket');
      }
      const group = options.fanout === undefined ? null : joinGroup(fd, name, link, options.fanout.group);
      return new PacketRing(fd, index, options, blocks, address, group);
    } catch (error) {
      if (mapped !== null) {
        c.munmap(mapped.address, mapped.length);
      }
      c.close(fd);
      throw error;
    }
  }

  /**
   * Hands over all packets that are there, at most one turn of the ring. They lie in the ring's memory and are gone when
   * the call returns.
   * @returns how many
   */
  read(sink: PacketSink): number {
    const { words, counts } = this;
    let packets = 0;
    let blocks = 0;
    this.batch.bytes = this.bytes;
    this.batch.view = this.view;
    while (blocks < counts.blocks) {
      const at = this.block * BLOCK;
      if ((Atomics.load(words, (at + BLOCK_STATUS) >> 2) & TP_STATUS_USER) === 0) {
        break;
      }
      packets += this.readBlock(sink, at);
      Atomics.store(words, (at + BLOCK_STATUS) >> 2, 0);
      this.block = this.block + 1 === counts.blocks ? 0 : this.block + 1;
      blocks++;
    }
    if (blocks > counts.highestFill) {
      counts.highestFill = blocks;
    }
    return packets;
  }

  private readBlock(sink: PacketSink, at: number): number {
    const { view, batch, linkType } = this;
    const { words, limit } = batch;
    const packets = view.getUint32(at + BLOCK_PACKETS, true);
    let packet = at + view.getUint32(at + BLOCK_FIRST, true);
    let length = 0;
    for (let i = 0; i < packets; i++) {
      const status = view.getUint32(packet + PACKET_STATUS, true);
      const to = length * Pkt.Words;
      words[to + Pkt.At] = packet + view.getUint16(packet + PACKET_MAC, true);
      words[to + Pkt.Captured] = view.getUint32(packet + PACKET_CAPTURED, true);
      words[to + Pkt.Wire] = view.getUint32(packet + PACKET_WIRE, true);
      words[to + Pkt.Seconds] = view.getUint32(packet + PACKET_SECONDS, true);
      words[to + Pkt.Nanos] = view.getUint32(packet + PACKET_NANOS, true);
      words[to + Pkt.LinkType] = linkType;
      words[to + Pkt.Interface] = 0;
      words[to + Pkt.Vlan] =
        (status & TP_STATUS_VLAN_VALID) !== 0 ? view.getUint32(packet + PACKET_VLAN, true) & 0xfff : 0;
      packet += view.getUint32(packet + PACKET_NEXT, true);
      if (++length === limit) {
        batch.length = length;
        sink.batch(batch);
        length = 0;
      }
    }
    batch.length = length;
    sink.batch(batch);
    return packets;
  }

  /** Waits until there is something to read, at most `milliseconds`. */
  wait(milliseconds: number): void {
    this.pollFd.writeInt16LE(0, 6);
    libc().poll(this.pollFd, 1, milliseconds);
    if ((this.pollFd.readInt16LE(6) & POLLERR) !== 0) {
      // The interface went down or away. Reading the pending error clears it, so that the next wait waits.
      libc().getsockopt(this.fd, SOL_SOCKET, SO_ERROR, Buffer.alloc(4), int32(4));
    }
  }

  /** What has become of the interface that the socket is bound to. */
  state(): RingState {
    const name = this.options.interfaceName;
    if (libc().if_nametoindex(name) !== this.interfaceIndex) {
      return 'gone';
    }
    return isUp(name) ? 'capturing' : 'down';
  }

  /** Brings `counts` up to date. The kernel's counters start anew at each reading. */
  updateCounts(): RingCounts {
    const value = Buffer.alloc(12);
    if (!this.closed && libc().getsockopt(this.fd, SOL_PACKET, PACKET_STATISTICS, value, int32(12)) === 0) {
      this.counts.received += value.readUInt32LE(0);
      this.counts.dropped += value.readUInt32LE(4);
      this.counts.freezes += value.readUInt32LE(8);
    }
    return this.counts;
  }

  /** Unmaps the ring; nothing may be read afterwards. */
  close(): void {
    if (!this.closed) {
      this.closed = true;
      libc().munmap(this.address, this.counts.blocks * BLOCK);
      libc().close(this.fd);
    }
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function set(fd: number, name: string, level: number, option: number, value: Buffer, what: string): void {
  if (libc().setsockopt(fd, level, option, value, value.length) < 0) {
    throw failed(name, what);
  }
}

/** struct sock_fprog; the code must outlive the call that takes it. */
function programOf(code: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt16LE(code.length / 8, 0);
  header.writeBigUInt64LE(addressOf(code), 8);
  return header;
}

/** Joins a group of sockets that share the packets, or begins one under a number that no other process uses. */
function joinGroup(fd: number, name: string, link: 14 | 0, group: number | null): number {
  const mode = group === null ? FANOUT_CBPF | FANOUT_FLAG_UNIQUEID : FANOUT_CBPF;
  set(fd, name, SOL_PACKET, PACKET_FANOUT, int32((group ?? 0) | (mode << 16)), 'joining the fanout group');
  const code = encodeProgram(fanoutProgram(link));
  set(fd, name, SOL_PACKET, PACKET_FANOUT_DATA, programOf(code), 'sharing packets between workers');
  const joined = Buffer.alloc(4);
  if (libc().getsockopt(fd, SOL_PACKET, PACKET_FANOUT, joined, int32(4)) < 0) {
    throw failed(name, 'asking for the fanout group');
  }
  return joined.readUInt16LE(0);
}

/** struct tpacket_req3 */
function ringRequest(blocks: number): Buffer {
  const bytes = Buffer.alloc(28);
  [BLOCK, blocks, FRAME, (BLOCK / FRAME) * blocks, RETIRE, 0, 0].forEach((value, i) =>
    bytes.writeUInt32LE(value, i * 4)
  );
  return bytes;
}

/** struct packet_mreq */
function promiscuous(index: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(index, 0);
  bytes.writeUInt16LE(PACKET_MR_PROMISC, 4);
  return bytes;
}

/** struct sockaddr_ll; the protocol is in network byte order. */
function socketAddress(index: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt16LE(AF_PACKET, 0);
  bytes.writeUInt16BE(ETH_P_ALL, 2);
  bytes.writeInt32LE(index, 4);
  return bytes;
}

function failed(name: string, what: string): TcpscopeError {
  const { number, text } = lastError();
  if (number === errno.EPERM || number === errno.EACCES) {
    return new TcpscopeError(errorKinds.captureNotPermitted, [name]);
  }
  return new TcpscopeError(errorKinds.captureFailed, [name, `${what}: ${text}`]);
}
